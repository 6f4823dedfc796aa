package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// takeOutcome takes what a rail said about a payout or a refund. Only the participant that was told to
// pay may speak, and only final words about what it was told move anything: unknown is not failed.
func (d *decision) takeOutcome(m Message, place int32, o messaging.Outcome) {
	id, err := settlement.ParseTransferID(o.Transfer)
	if err != nil {
		d.bury(m, place, &messaging.FaultError{Fault: messaging.FaultUnknownTransfer, Detail: err.Error()})
		return
	}
	if !answers(o.Kind, o.State) {
		d.bury(m, place, &messaging.FaultError{Fault: messaging.FaultSchema, Detail: fmt.Sprintf("no %s is ever %s", o.Kind, o.State)})
		return
	}
	t := d.open[id]
	finished, isFinished := d.ended(id)
	if t != nil {
		finished = ledger.FinishedTransfer{Debtor: t.Debtor, Creditor: t.Creditor}
	}
	payer := finished.Creditor
	if o.Kind == messaging.KindRefund {
		payer = finished.Debtor
	}
	if (t == nil && !isFinished) || payer != m.participant.ID || (t != nil && t.original != nil) {
		d.bury(m, place, &messaging.FaultError{
			Fault: messaging.FaultUnknownTransfer, Detail: fmt.Sprintf("%s was not told to %s %s", m.participant.Name, o.Kind, id),
		})
		return
	}
	if mutant.Unknown && o.State == messaging.OutcomeUnknown {
		o.State = messaging.OutcomeFailed
	}
	var verdict ledger.Verdict
	switch {
	case t == nil:
		verdict = repeats(finished.State, o)
	case o.State == messaging.OutcomeUnknown:
		verdict = ledger.VerdictNoted
	case o.Kind == messaging.KindPayout:
		verdict = d.payoutOutcome(t, o)
	case o.Kind == messaging.KindRecall:
		verdict = d.recallOutcome(t)
	case o.Kind == messaging.KindReserve:
		verdict = d.reserveOutcome(t, o)
	case o.Kind == messaging.KindRelease:
		verdict = ledger.VerdictNoted
	default:
		verdict = d.refundOutcome(t, o)
	}
	d.batch.Outcomes = append(d.batch.Outcomes, ledger.Outcome{
		Participant: m.participant.ID, Sequence: m.Sequence, Transfer: id, Outcome: o, Verdict: verdict,
	})
}

// answers tells whether an instruction of that kind can end so.
func answers(kind messaging.Kind, state messaging.OutcomeState) bool {
	switch kind {
	case messaging.KindPayout, messaging.KindRefund:
		return state == messaging.OutcomePaid || state == messaging.OutcomeFailed || state == messaging.OutcomeUnknown
	case messaging.KindReserve:
		return state == messaging.OutcomeReserved || state == messaging.OutcomeFailed || state == messaging.OutcomeUnknown
	case messaging.KindRelease:
		return state == messaging.OutcomeReleased || state == messaging.OutcomeFailed || state == messaging.OutcomeUnknown
	case messaging.KindRecall:
		return state == messaging.OutcomeRefused || state == messaging.OutcomeUnknown
	default: // a query is answered by the outcome of what it asks about
		return false
	}
}

// repeats judges an outcome of a transfer that has ended: the same final again, or a contradiction.
func repeats(final messaging.State, o messaging.Outcome) ledger.Verdict {
	var said messaging.Kind // to have been paid
	switch final {
	case messaging.StatePaid:
		said = messaging.KindPayout
	case messaging.StateReturned:
		said = messaging.KindRefund
	default:
	}
	switch {
	case o.Kind == said && o.State == messaging.OutcomePaid:
		return ledger.VerdictRepeated
	case final == messaging.StateReturned && o.Kind == messaging.KindPayout && o.State == messaging.OutcomeFailed:
		return ledger.VerdictRepeated
	case o.State == messaging.OutcomeUnknown, o.Kind != messaging.KindPayout && o.Kind != messaging.KindRefund:
		return ledger.VerdictNoted
	default:
		return ledger.VerdictException
	}
}

func (d *decision) payoutOutcome(t *transfer, o messaging.Outcome) ledger.Verdict {
	switch {
	case t.state == messaging.StateReturnPending && o.State == messaging.OutcomeFailed:
		return ledger.VerdictRepeated
	case t.state != messaging.StateCleared:
		return ledger.VerdictException
	case o.State == messaging.OutcomeFailed:
		if t.life != nil && t.life.reserving {
			d.tellRail(t, messaging.KindRelease, o.Reason)
		}
		d.step(t, messaging.StateReturnPending, o.Reason)
		d.sendBack(t)
		d.endRecall(t, messaging.RecallAccepted, "")
		return ledger.VerdictApplied
	default:
		if paid, err := o.Amount.Money(); err != nil || paid != t.Destination {
			return ledger.VerdictException
		}
		d.endRecall(t, messaging.RecallRefused, messaging.FaultPaid)
		d.step(t, messaging.StatePaid, "")
		return ledger.VerdictApplied
	}
}

// sendBack makes the linked transfer that posts both legs back at their original amounts. It waits for
// the creditor's liquidity like everything else: what the creditor received it may have sent on.
func (d *decision) sendBack(t *transfer) {
	d.lastTransfer = settlement.TransferID(d.next(int64(d.lastTransfer)))
	back := &transfer{Transfer: t.Transfer, original: t, charges: t.charges}
	back.name = d.lastTransfer.String()
	back.ID, back.ReturnOf, back.ReceivedAt, back.AcceptedAt = d.lastTransfer, t.ID, d.Now, d.Now
	t.back = back
	d.join(back)
	d.await(t)
}

func (d *decision) refundOutcome(t *transfer, o messaging.Outcome) ledger.Verdict {
	if t.state != messaging.StateReturnPending || t.back == nil || t.back.state != messaging.StateCleared {
		return ledger.VerdictException
	}
	if o.State == messaging.OutcomeFailed { // the customer's money is at the debtor's participant: a person looks
		return ledger.VerdictException
	}
	if refunded, err := o.Amount.Money(); err != nil || refunded != t.Source {
		return ledger.VerdictException
	}
	d.step(t.back, messaging.StatePaid, "")
	d.step(t, messaging.StateReturned, "")
	return ledger.VerdictApplied
}
