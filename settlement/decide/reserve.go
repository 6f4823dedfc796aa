package decide

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// reserveOutcome takes what a rail says about setting money aside. One that cannot ends the transfer, which has
// not cleared.
func (d *decision) reserveOutcome(t *transfer, o messaging.Outcome) ledger.Verdict {
	l := t.life
	switch {
	case l == nil || !l.reserving:
		return ledger.VerdictException
	case o.State == messaging.OutcomeReserved && l.reserved:
		return ledger.VerdictRepeated
	case l.reserved || t.state != messaging.StateQueued:
		return ledger.VerdictException
	case o.State == messaging.OutcomeFailed:
		l.reserving = false // nothing is set aside: nothing to release
		d.dismiss(t, o.Reason)
		return ledger.VerdictApplied
	}
	if reserved, err := o.Amount.Money(); err != nil || reserved != t.Destination {
		return ledger.VerdictException
	}
	t.leave()
	d.note(t, ledger.LifeEvent{Kind: ledger.LifeReserved})
	d.proceed(t)
	return ledger.VerdictApplied
}
