package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var ofLives = []mutation{
	{"step: skipped", func(c *change) (says, bool) {
		e, ok := drop(c, &c.b.Events, nil)
		s := ofEvent(e)
		if e.State == messaging.StatePaid || e.State == messaging.StateReturned || e.State == messaging.StateReturnPending {
			s.transfer = 0 // its word moves nothing, or its other half is missing
		}
		if e.State == messaging.StateExpired {
			s = invariants(accountant.Life)
		}
		return c.orBundles(s, e.Transfer), ok
	}},
	{"step: taken twice", func(c *change) (says, bool) {
		e := one(c, &c.b.Events, nil)
		if e == nil {
			return says{}, false
		}
		c.b.Events = append(c.b.Events, *e)
		return ofEvent(*e), true
	}},
	of("step: another", events, nil, func(c *change, e *ledger.Event) says {
		s := ofEvent(*e)
		all := []messaging.State{
			messaging.StateQueued, messaging.StateCleared, messaging.StatePaid, messaging.StateReturnPending, messaging.StateReturned, messaging.StateRejected, messaging.StateExpired,
		}
		was := e.State
		for e.State == was {
			e.State = all[c.chance.IntN(len(all))]
		}
		if was != messaging.StateCleared && was != messaging.StateQueued || e.State == messaging.StateExpired {
			s.transfer = 0 // only the count of words, or of what is queued, does not come out
		}
		s.invariants = append(s.invariants, accountant.Amounts)
		return c.orBundles(s, e.Transfer)
	}),
	{"step: paid without a word", func(c *change) (says, bool) {
		for _, before := range c.batches {
			if before.ID >= c.b.ID {
				break
			}
			for _, e := range before.Events {
				if states := c.statesUntil(e.Transfer, c.b.ID+1); e.State == messaging.StateCleared && states[len(states)-1] == messaging.StateCleared {
					c.b.Events = append(slices.Clone(c.b.Events), ledger.Event{Transfer: e.Transfer, State: messaging.StatePaid})
					return says{invariants: []accountant.Invariant{accountant.FinalWord}, transfer: e.Transfer}, true
				}
			}
		}
		return says{}, false
	}},
	{"word: not signed", func(c *change) (says, bool) {
		applied := map[string]settlement.TransferID{}
		for _, o := range c.b.Outcomes {
			applied[fmt.Sprint(o.Participant, o.Sequence, o.Outcome)] = o.Transfer
		}
		gone, ok := drop(c, &c.in.Outcomes, func(o *accountant.Outcome) bool {
			_, ok := applied[fmt.Sprint(o.Participant, o.Sequence, o.Outcome)]
			return ok
		})
		_ = gone
		return invariants(accountant.FinalWord), ok
	}},
	of("word: of another", outcomeRows, nil, func(c *change, o *ledger.Outcome) says {
		o.Participant = o.Participant%int32(len(c.state.participants)) + 1
		return invariants(accountant.FinalWord)
	}),
	of("word: said otherwise", outcomeRows, nil, func(_ *change, o *ledger.Outcome) says {
		if o.Outcome.State == messaging.OutcomeUnknown {
			o.Outcome.State = messaging.OutcomePaid
		} else {
			o.Outcome.State = messaging.OutcomeUnknown
		}
		return invariants(accountant.FinalWord)
	}),
	without("word: dropped", outcomeRows, nil, func(ledger.Outcome) says { return invariants(accountant.FinalWord) }),
	{"word: another amount was signed, and stands", func(c *change) (says, bool) {
		row := one(c, &c.b.Outcomes, func(o *ledger.Outcome) bool {
			return o.Verdict == ledger.VerdictApplied && o.Outcome.State == messaging.OutcomePaid
		})
		if row == nil {
			return says{}, false
		}
		for i := range c.in.Outcomes {
			if c.in.Outcomes[i].Outcome == row.Outcome {
				c.in.Outcomes[i].Outcome.Amount.Amount = "1" + row.Outcome.Amount.Amount
				row.Outcome = c.in.Outcomes[i].Outcome
				return says{invariants: []accountant.Invariant{accountant.FinalWord}, transfer: row.Transfer}, true
			}
		}
		return says{}, false
	}},
	of("word: moved nothing", outcomeRows, func(o *ledger.Outcome) bool {
		return o.Verdict == ledger.VerdictApplied && o.Outcome.State == messaging.OutcomePaid
	}, func(_ *change, o *ledger.Outcome) says {
		o.Verdict = ledger.VerdictException
		return invariants(accountant.FinalWord)
	}),
}

// statesUntil are a transfer's states before a batch.
func (w *world) statesUntil(id settlement.TransferID, until int64) (states []messaging.State) {
	for _, b := range w.batches {
		for _, e := range b.Events {
			if b.ID < until && e.Transfer == id {
				states = append(states, e.State)
			}
		}
	}
	return states
}
