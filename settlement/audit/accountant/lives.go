package accountant

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// hear takes what rails said. Each row is a signed outcome of whoever was told to pay, and each outcome has a row or is
// a dead letter.
func (r *review) hear() error {
	for i := range r.in.Outcomes {
		o := &r.in.Outcomes[i]
		if r.at.said < len(r.b.Outcomes) {
			row := &r.b.Outcomes[r.at.said]
			if row.Participant == o.Participant && row.Sequence == o.Sequence && row.Outcome == o.Outcome {
				r.at.said++
				if err := r.weigh(row); err != nil {
					return err
				}
				continue
			}
		}
		if o.Command == 0 && !r.lost(o) {
			return r.fault(FinalWord, about("outcome %d of message %d of participant %d", o.Place, o.Sequence, o.Participant), "a verdict", "none")
		}
	}
	if r.at.said < len(r.b.Outcomes) {
		row := r.b.Outcomes[r.at.said]
		return r.fault(FinalWord, ofTransfer(row.Transfer), "an outcome that was signed and has come", fmt.Sprintf("%+v", row))
	}
	return nil
}

// lost looks for the dead letter of an outcome.
func (r *review) lost(o *Outcome) bool {
	for r.at.lost < len(r.b.DeadLetters) {
		l := r.b.DeadLetters[r.at.lost]
		r.at.lost++
		if l.Participant == o.Participant && l.Sequence == o.Sequence && l.Place == o.Place {
			return true
		}
	}
	return false
}

// weigh takes an outcome that the batch says moved its transfer. Unknown moves nothing.
func (r *review) weigh(row *ledger.Outcome) error {
	id, err := settlement.ParseTransferID(row.Outcome.Transfer)
	if err != nil || id != row.Transfer {
		return r.fault(FinalWord, ofTransfer(row.Transfer), row.Outcome.Transfer, row.Transfer)
	}
	payout, refund := row.Outcome.Kind == messaging.KindPayout, row.Outcome.Kind == messaging.KindRefund
	if row.Verdict != ledger.VerdictApplied {
		return nil
	}
	t := r.open[id]
	payer := int32(0)
	if t != nil && t.original == nil {
		if payer = t.creditor; refund {
			payer = t.debtor
		}
	}
	if payer == 0 || payer != row.Participant || row.Outcome.State == messaging.OutcomeUnknown {
		return r.fault(FinalWord, ofTransfer(id), fmt.Sprint("a final word of participant ", payer), fmt.Sprintf("%+v", *row))
	}
	said, amount := wordPaid, t.dest
	switch {
	case payout && row.Outcome.State == messaging.OutcomePaid:
	case payout && row.Outcome.State == messaging.OutcomeFailed:
		said = wordFailed
	case refund && row.Outcome.State == messaging.OutcomePaid:
		said, amount = wordRefunded, t.source
	default: // of what is set aside and recalls: they move no money
		return nil
	}
	if confirmed, reads := moneyOf(row.Outcome.Amount); said != wordFailed && (!reads || confirmed != amount) {
		return r.fault(FinalWord, ofTransfer(id), amount, fmt.Sprintf("%+v", row.Outcome.Amount))
	}
	if t.heard == r.b.ID {
		return r.fault(FinalWord, ofTransfer(id), "one final word", fmt.Sprint(t.word, " and ", said))
	}
	t.word, t.heard = said, r.b.ID
	r.wordsNow++
	return nil
}

// screen holds what screening wants held. What it denies is no transfer.
func (r *review) screen() error {
	if len(r.b.Screened) == 0 {
		return nil
	}
	said := make(map[ledger.Hit]screen.Decision, len(r.b.Screened))
	for _, v := range r.b.Screened {
		said[v.Hit] = v.Decision
	}
	for _, t := range r.b.Transfers {
		switch said[ledger.Hit{Participant: t.Debtor, Sequence: t.Envelope.Sequence, Place: t.Envelope.Place}] {
		case screen.Hold:
			if of := r.open[t.ID]; of.original == nil {
				of.held = true
			}
		case screen.Deny:
			if t.ReturnOf == 0 {
				return r.fault(Life, ofTransfer(t.ID), "that screening lets it pass", screen.Deny)
			}
		default:
		}
	}
	return nil
}

// step has transfers take the batch's steps, one each at most.
func (r *review) step() error {
	for i := range r.b.Events {
		e := &r.b.Events[i]
		t := r.open[e.Transfer]
		if t == nil || t.moved == r.b.ID || !follows(t, e.State) {
			return r.fault(Life, ofTransfer(e.Transfer), "a step that it can take, once", r.stepOf(t, e.State))
		}
		if err := r.cause(t, e.State); err != nil {
			return err
		}
		if t.is(messaging.StateQueued) {
			r.queued--
		}
		if e.State == messaging.StateQueued {
			r.queued++
		}
		t.state, t.moved = e.State, r.b.ID
		if t.state.Final() {
			delete(r.open, t.id)
		}
	}
	for _, t := range r.b.Transfers {
		if of := r.open[t.ID]; of != nil && of.moved != r.b.ID {
			return r.fault(Life, ofTransfer(t.ID), "a first step", "none")
		}
		if t.ReturnOf != 0 && !r.open[t.ReturnOf].is(messaging.StateReturnPending) {
			return r.fault(FinalWord, ofTransfer(t.ID), "a transfer whose payout has failed", t.ReturnOf)
		}
	}
	if r.wordsNow != r.movedNow || r.returnsNow != r.refundsNow {
		return r.fault(FinalWord, about("final words, returned"), fmt.Sprint(r.wordsNow, r.refundsNow), fmt.Sprint(r.movedNow, r.returnsNow))
	}
	return nil
}

// is tells whether a transfer is in a state; none is in none.
func (t *transfer) is(state messaging.State) bool { return t != nil && t.state == state }

// stepOf is a step in words.
func (r *review) stepOf(t *transfer, to messaging.State) string {
	switch {
	case t == nil:
		return fmt.Sprintf("%s of one that is not open", to)
	case t.moved == r.b.ID:
		return fmt.Sprintf("%s after %s in one batch", to, t.state)
	default:
		return fmt.Sprintf("%s after %q", to, t.state)
	}
}

// follows tells whether a state can follow the one that a transfer is in.
func follows(t *transfer, to messaging.State) bool {
	isReturn := t.original != nil
	switch t.state {
	case "":
		return to == messaging.StateQueued || to == messaging.StateCleared || to == messaging.StateExpired && !isReturn
	case messaging.StateQueued:
		return to == messaging.StateCleared || to == messaging.StateExpired && !isReturn
	case messaging.StateCleared:
		return to == messaging.StatePaid || to == messaging.StateReturnPending && !isReturn
	case messaging.StateReturnPending:
		return to == messaging.StateReturned
	default:
		return false
	}
}

// cause looks at what a step rests on.
func (r *review) cause(t *transfer, to messaging.State) error {
	needs := wordPaid
	of := t
	switch to {
	case messaging.StateCleared:
		r.clearedNow++
		if t.held || !t.deadline.IsZero() && !t.deadline.After(r.decidedAt) {
			return r.fault(Life, ofTransfer(t.id), "that it waits, or expires", fmt.Sprint("cleared, held ", t.held, ", deadline ", t.deadline))
		}
		return nil
	case messaging.StatePaid:
		if t.original != nil {
			needs, of = wordRefunded, t.original
			r.refundsNow++
		} else {
			r.movedNow++
		}
	case messaging.StateReturnPending:
		needs = wordFailed
		r.movedNow++
		if t.back == nil || t.back.state != "" {
			return r.fault(FinalWord, ofTransfer(t.id), "a return of its own", "none")
		}
	case messaging.StateReturned:
		needs = wordRefunded
		r.movedNow++
		r.returnsNow++
		if !t.back.is(messaging.StatePaid) {
			return r.fault(FinalWord, ofTransfer(t.id), "a return that cleared", "none")
		}
	default:
		return nil
	}
	if of.heard != r.b.ID || of.word != needs {
		return r.fault(FinalWord, ofTransfer(t.id), fmt.Sprint("the word ", needs, " of who was told to pay"), fmt.Sprintf("%q", of.word))
	}
	return nil
}
