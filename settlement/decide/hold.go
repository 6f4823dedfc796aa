package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// What a hold rests on.
const (
	heldByScreen = "screen"
	heldByPerson = "person"
)

// maxCommandText bounds the texts of a command on one transfer, in bytes.
const maxCommandText = 500

// defaultRefusal is why a held transfer is refused where nobody says: regulatory reason.
const defaultRefusal = "RR04"

// queuedTransfer finds a transfer that a command may hold.
func (d *decision) queuedTransfer(text string) (t *transfer, fault string) {
	id, err := settlement.ParseTransferID(text)
	if err != nil {
		return nil, err.Error()
	}
	if t = d.open[id]; t == nil || t.original != nil || t.state != messaging.StateQueued {
		return nil, fmt.Sprintf("transfer %s does not wait in the queue", id)
	}
	return t, ""
}

func (d *decision) hold(h settlement.Hold) (string, error) {
	t, fault := d.queuedTransfer(h.Transfer)
	switch {
	case fault != "":
		return fault, nil
	case h.By == "" || h.Reason == "" || len(h.By)+len(h.Reason) > maxCommandText:
		return "a hold names who asks, and why", nil
	case t.life != nil && t.life.held:
		return fmt.Sprintf("transfer %s is held already", t.ID), nil
	}
	d.takeOut(t)
	d.note(t, ledger.LifeEvent{Kind: ledger.LifeHeld, About: heldByPerson})
	d.putAside(t)
	return "", nil
}

// heldTransfer finds the transfer that a verdict is about.
func (d *decision) heldTransfer(v settlement.Verdict) (t *transfer, fault string) {
	t, fault = d.queuedTransfer(v.Transfer)
	switch {
	case fault != "":
		return nil, fault
	case v.AskedBy == "" || v.ApprovedBy == "" || v.AskedBy == v.ApprovedBy || v.Reason == "",
		len(v.AskedBy)+len(v.ApprovedBy)+len(v.Reason) > maxCommandText:
		return nil, "a verdict names two people, and why"
	case t.life == nil || !t.life.held:
		return nil, fmt.Sprintf("transfer %s is not held", t.ID)
	}
	return t, ""
}

func (d *decision) release(v settlement.Verdict) (string, error) {
	t, fault := d.heldTransfer(v)
	if fault != "" {
		return fault, nil
	}
	if v.Code != "" {
		return "a release has no reason code", nil
	}
	d.note(t, ledger.LifeEvent{Kind: ledger.LifeReleased})
	d.proceed(t)
	return "", nil
}

// refuse ends a held transfer. It has been accepted, so it cannot be rejected any more: it expires before
// its time, with the reason.
func (d *decision) refuse(v settlement.Verdict) (string, error) {
	t, fault := d.heldTransfer(v)
	if fault != "" {
		return fault, nil
	}
	if v.Code == "" {
		v.Code = defaultRefusal
	}
	if !messaging.ValidReason(v.Code) {
		return "the code is no ISO 20022 status reason code", nil
	}
	d.dismiss(t, v.Code)
	return "", nil
}
