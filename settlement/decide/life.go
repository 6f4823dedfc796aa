package decide

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// life is what a transfer's life holds beside its states. Most transfers have none.
type life struct {
	held      bool
	late      time.Time // when its currencies open; zero where it does not wait for that
	reserving bool
	reserved  bool
	recall    messaging.RecallState // pending or refused, "" where nobody asked
	recalled  string                // the ISO 20022 code that it was asked for
}

// lives is the transfer's life, begun where there was none.
func (t *transfer) lives() *life {
	if t.life == nil {
		t.life = &life{}
	}
	return t.life
}

// aside tells whether a transfer that is queued is kept from clearing, whatever liquidity there is.
func (t *transfer) aside() bool {
	l := t.life
	return l != nil && (l.held || !l.late.IsZero() || l.reserving && !l.reserved)
}

// live moves a life on by what happened. The state machine and a new leader's restore both go through here.
func (t *transfer) live(e ledger.LifeEvent) {
	switch l := t.lives(); e.Kind {
	case ledger.LifeHeld:
		l.held = true
	case ledger.LifeReleased:
		l.held = false
	case ledger.LifeLate:
		l.late = e.Until
	case ledger.LifeOpened:
		l.late = time.Time{}
	case ledger.LifeReserving:
		l.reserving = true
	case ledger.LifeReserved:
		l.reserved = true
	case ledger.LifeRecalled:
		l.recall, l.recalled = messaging.RecallPending, e.Reason
	case ledger.LifeRecallRefused:
		l.recall = messaging.RecallRefused
	case ledger.LifeAsked, ledger.LifeUnheard, ledger.LifeGross: // seen by the line that it stands in, and by the books
	}
}

// note records what happened to a transfer, and has it happen.
func (d *decision) note(t *transfer, e ledger.LifeEvent) {
	e.Transfer, e.At = t.ID, d.Now
	t.live(e)
	d.atRails.recount(t)
	d.batch.Life = append(d.batch.Life, e)
}

// setOut puts a new transfer onto its way: into the queue, unless something keeps it from there.
func (d *decision) setOut(t *transfer) {
	t.state = messaging.StateQueued
	if t.aside() || t.original == nil && d.participants[t.Creditor-1].Reserves {
		d.putAside(t)
		d.proceed(t)
		return
	}
	d.enqueue(t)
}

// proceed lets a transfer that is aside take the next step to the queue, if nothing else keeps it.
func (d *decision) proceed(t *transfer) {
	reserves := d.participants[t.Creditor-1].Reserves
	switch l := t.lives(); {
	case l.held, !l.late.IsZero():
	case reserves && !l.reserving:
		d.note(t, ledger.LifeEvent{Kind: ledger.LifeReserving})
		d.tellRail(t, messaging.KindReserve, "")
		d.await(t)
	case reserves && !l.reserved:
	default:
		delete(d.sidelined, t.ID)
		d.enqueue(t)
	}
}

// putAside keeps a queued transfer where clearing does not look.
func (s *State) putAside(t *transfer) {
	s.sidelined[t.ID] = t
	s.dueBy(t)
}

// dismiss takes a transfer that has not cleared out of the queue, and ends it.
func (d *decision) dismiss(t *transfer, reason string) {
	d.takeOut(t)
	d.lapse(t, reason)
}

// lapse ends a transfer that has not cleared. No money has moved; what its rail set aside is free again.
func (d *decision) lapse(t *transfer, reason string) {
	delete(d.sidelined, t.ID)
	if t.life != nil && t.life.reserving {
		d.tellRail(t, messaging.KindRelease, reason)
	}
	d.step(t, messaging.StateExpired, reason)
	d.expired = append(d.expired, t.ID)
	if t.bundle != nil {
		d.breakUp(t.bundle, t.Debtor)
	}
}

// tellRail tells the rail that pays what to do, or asks it.
func (d *decision) tellRail(t *transfer, kind messaging.Kind, reason string) {
	if d.Silent {
		return
	}
	instruction := messaging.Instruction{
		Transfer: t.name, Kind: kind, Intent: t.Intent, Amount: messaging.NewAmount(t.Destination),
		Debtor: t.DebtorParty, Creditor: t.CreditorParty, Reference: t.Reference, Reason: reason,
	}
	payer, other := d.participants[t.Creditor-1], d.participants[t.Debtor-1]
	if t.awaited() == messaging.KindRefund {
		instruction.Amount = messaging.NewAmount(t.Source)
		payer, other = other, payer
	}
	instruction.Counterparty = other.Name
	to := d.to(payer)
	to.instructions = append(to.instructions, instruction)
}

// restoreLives puts open transfers back where they stood.
func (s *State) restoreLives(from *ledger.Snapshot) {
	for _, e := range from.Life {
		s.open[e.Transfer].live(e)
	}
	var waiting []*transfer
	for _, o := range from.Open {
		t := s.open[o.ID]
		s.atRails.recount(t)
		switch {
		case t.state == messaging.StateQueued && t.aside():
			s.putAside(t)
		case t.state == messaging.StateQueued && t.bundle != nil:
			s.putAside(t)
		case t.state == messaging.StateQueued:
			waiting = append(waiting, t)
			s.dueBy(t)
		}
	}
	s.lineUp(waiting)
	s.restoreLines(from)
}

// awaited is the kind of instruction that a rail is at, and "return" while a return waits for liquidity.
func (t *transfer) awaited() messaging.Kind {
	switch {
	case t.state == messaging.StateQueued:
		return messaging.KindReserve
	case t.state == messaging.StateCleared:
		return messaging.KindPayout
	case t.back != nil && t.back.state == messaging.StateQueued:
		return awaitedReturn
	default:
		return messaging.KindRefund
	}
}

// awaitedReturn stands in the place of an instruction where none was given yet.
const awaitedReturn messaging.Kind = "return"
