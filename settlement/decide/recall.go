package decide

import (
	"cmp"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// takeRecalls takes what a participant asks to stop, each for itself. What has not cleared leaves the queue at
// once. What has is asked of the rail that pays out, once, however often it is recalled.
func (d *decision) takeRecalls(m Message) {
	for i, r := range m.recalls {
		place := int32(len(m.intents) + i) //nolint:gosec // both lists are short
		before, known := d.usedBefore(ledger.IntentKey{Participant: m.participant.ID, ID: r.Intent})
		if !known || before.Transfer == 0 {
			d.answerRecall(m.participant, messaging.RecallAnswer{Intent: r.Intent, State: messaging.RecallRefused, Fault: messaging.FaultUnknownIntent})
			d.recalls = append(d.recalls, recallRecord{
				Participant: m.participant.ID, Sequence: m.Sequence, Place: place, State: messaging.RecallRefused, Fault: messaging.FaultUnknownIntent,
			})
			continue
		}
		answer := messaging.RecallAnswer{Intent: r.Intent, Transfer: before.Transfer.String()}
		if t := d.open[before.Transfer]; t != nil {
			answer.State, answer.Fault = d.recall(t, r.Reason)
		} else {
			answer.State, answer.Fault = d.recallLate(before)
		}
		if answer.State != messaging.RecallRefused {
			answer.Reason = r.Reason
		}
		d.answerRecall(m.participant, answer)
		d.recalls = append(d.recalls, recallRecord{
			Participant: m.participant.ID, Sequence: m.Sequence, Place: place, Transfer: before.Transfer, State: answer.State, Fault: answer.Fault,
		})
	}
}

// recall asks for a transfer back that has not ended.
func (d *decision) recall(t *transfer, reason string) (messaging.RecallState, messaging.Fault) {
	switch t.state {
	case messaging.StateQueued:
		d.dismiss(t, reason)
		return messaging.RecallAccepted, ""
	case messaging.StateReturnPending: // the money is on its way home, whoever sent it
		return messaging.RecallAccepted, ""
	default:
	}
	if t.life == nil || t.life.recall == "" {
		d.note(t, ledger.LifeEvent{Kind: ledger.LifeRecalled, Reason: reason})
		d.tellRail(t, messaging.KindRecall, reason)
	}
	if t.life.recall == messaging.RecallRefused {
		return messaging.RecallRefused, messaging.FaultTooLate
	}
	return messaging.RecallPending, ""
}

// recallLate answers for a transfer that has ended. One that expired moved no money, which is what was asked.
func (d *decision) recallLate(before ledger.KnownIntent) (messaging.RecallState, messaging.Fault) {
	state := before.State
	if ended, ok := d.ended(before.Transfer); ok {
		state = ended.State
	}
	switch state {
	case messaging.StatePaid:
		return messaging.RecallRefused, messaging.FaultPaid
	case messaging.StateReturned:
		return messaging.RecallRefused, messaging.FaultReturned
	default:
		return messaging.RecallAccepted, ""
	}
}

// answerRecall tells a participant what became of its recall.
func (d *decision) answerRecall(p *settlement.Participant, a messaging.RecallAnswer) {
	a.Reason = cmp.Or(a.Reason, a.Fault.Reason())
	to := d.to(p)
	to.recalls = append(to.recalls, a)
}

// endRecall answers a recall that was pending when its transfer went on.
func (d *decision) endRecall(t *transfer, state messaging.RecallState, fault messaging.Fault) {
	if t.life == nil || t.life.recall != messaging.RecallPending {
		return
	}
	answer := messaging.RecallAnswer{Intent: t.Intent, Transfer: t.name, State: state, Fault: fault}
	if state == messaging.RecallAccepted {
		answer.Reason = t.life.recalled
	}
	d.answerRecall(d.participants[t.Debtor-1], answer)
}

// recallOutcome takes the refusal of a recall. That it is accepted is said by the payout, which has failed.
func (d *decision) recallOutcome(t *transfer) ledger.Verdict {
	switch {
	case t.life == nil || t.life.recall == "":
		return ledger.VerdictException
	case t.life.recall == messaging.RecallRefused || t.state != messaging.StateCleared:
		return ledger.VerdictRepeated
	}
	d.endRecall(t, messaging.RecallRefused, messaging.FaultTooLate)
	d.note(t, ledger.LifeEvent{Kind: ledger.LifeRecallRefused})
	return ledger.VerdictApplied
}
