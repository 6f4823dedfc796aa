package engine

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Summary is what a committed batch did.
type Summary struct {
	Batch                                     int64
	Messages, Commands                        int
	Accepted, Refused, Cleared, Ended, Queued int
	DeadLetters                               int
	Took                                      time.Duration // from having the inputs to the commit
	Paid, Returned, Expired                   int           // of those that ended
	Refusals                                  map[messaging.Fault]int
	Clearing                                  ledger.Clearing
	UntilCleared, UntilPaid                   Ages // of returns, too
	Exceptions, Unheard, Held, Released       int  // cases for a person, and what screening keeps from clearing
}

func summarize(b *ledger.Batch, messages int) Summary {
	s := Summary{
		Batch: b.ID, Accepted: b.Accepted, Cleared: b.Cleared, Queued: b.Queued,
		DeadLetters: len(b.DeadLetters), Messages: messages, Commands: len(b.CommandResults),
		Clearing: b.Clearing,
	}
	for i := range b.Intents {
		if fault := b.Intents[i].Fault; fault != "" {
			s.Refused++
			if s.Refusals == nil {
				s.Refusals = map[messaging.Fault]int{}
			}
			s.Refusals[fault]++
		}
	}
	for i := range b.Outcomes {
		if b.Outcomes[i].Verdict == ledger.VerdictException {
			s.Exceptions++
		}
	}
	for i := range b.Life {
		switch b.Life[i].Kind {
		case ledger.LifeUnheard:
			s.Unheard++
		case ledger.LifeHeld:
			s.Held++
		case ledger.LifeReleased:
			s.Released++
		default:
		}
	}
	for _, event := range b.Events {
		switch event.State {
		case messaging.StateCleared:
			s.UntilCleared.add(event.Transfer, b.DecidedAt)
		case messaging.StatePaid:
			s.Paid++
			s.UntilPaid.add(event.Transfer, b.DecidedAt)
		case messaging.StateReturned: // the return that brought it ended with it, and is no other
			s.Returned++
			continue
		case messaging.StateExpired:
			s.Expired++
		default:
		}
		if event.State.Final() {
			s.Ended++
		}
	}
	s.Paid -= s.Returned // a return was paid, too, when what it sends back came to be returned
	return s
}
