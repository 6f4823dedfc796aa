package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// step is one thing that happened to a transfer, for people.
type step struct {
	At       time.Time
	State    string // of a state: its token, for a badge
	What     string
	More     string
	Tone     string
	Batch    int64
	LogIndex int64 // -1 where the log has no entry of its own
	Postings []ledger.TransferPosting
}

// stepsOf puts all that is known of a transfer into one row of time.
func stepsOf(t ledger.TransferStory) []step {
	all := []step{{
		At: t.ReceivedAt, What: "Received", LogIndex: -1,
		More: fmt.Sprintf("Message %d of %s's stream, place %d, under the id %s.", t.Message, t.Debtor, t.Place, t.Intent),
	}}
	for _, o := range t.Outcomes { // before the states that they bring about
		all = append(all, outcomeStep(o))
	}
	for _, s := range t.States {
		all = append(all, stateStep(s, stateWords))
	}
	for _, l := range t.Life {
		all = append(all, step{At: l.At, What: lifeWords[l.Kind], More: aboutLife(l.LifeEvent), Tone: lifeTones[l.Kind], Batch: l.Batch, LogIndex: l.LogIndex})
	}
	if t.Return != nil {
		for _, o := range t.Return.Outcomes {
			all = append(all, outcomeStep(o))
		}
		for _, s := range t.Return.States {
			all = append(all, stateStep(s, returnWords))
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.At.Compare(b.At) })
	return withPostings(all, t.Postings)
}

// withPostings puts each posting under the first step of its batch that is a state.
func withPostings(all []step, postings []ledger.TransferPosting) []step {
	for _, p := range postings {
		at := slices.IndexFunc(all, func(s step) bool { return s.Batch == p.Batch && s.State != "" })
		if at < 0 {
			all = append(all, step{At: p.At, What: "Posted", Batch: p.Batch, LogIndex: -1})
			at = len(all) - 1
		}
		all[at].Postings = append(all[at].Postings, p)
	}
	return all
}

// stateWords say what a state means.
var stateWords = map[messaging.State]string{
	messaging.StateQueued:        "Accepted, and waits to clear",
	messaging.StateCleared:       "Cleared: final between the participants",
	messaging.StatePaid:          "Paid out to the receiver",
	messaging.StateReturnPending: "The rail refused for good: money goes back",
	messaging.StateReturned:      "Returned to the sender",
	messaging.StateExpired:       "Left the queue at its deadline; nothing moved",
}

// returnWords say what the states of a return mean.
var returnWords = map[messaging.State]string{
	messaging.StateQueued:  "The return waits to clear",
	messaging.StateCleared: "The return has cleared: both legs are posted back",
	messaging.StatePaid:    "Refunded to the sender",
}

func stateStep(s ledger.TransferState, says map[messaging.State]string) step {
	made := step{At: s.At, State: string(s.State), What: says[s.State], Tone: tones[string(s.State)], Batch: s.Batch, LogIndex: s.LogIndex}
	if s.Reason != "" {
		made.More = "Reason " + s.Reason + "."
	}
	return made
}

// lifeWords say what happens beside the states.
var lifeWords = map[ledger.LifeKind]string{
	ledger.LifeAsked: "The rail was asked what became of it", ledger.LifeUnheard: "Nobody answers: a person looks", ledger.LifeRecalled: "Recall asked of the receiver's rail",
	ledger.LifeRecallRefused: "The rail pays out nevertheless", ledger.LifeHeld: "Held for two people to decide", ledger.LifeReleased: "Released from its hold",
	ledger.LifeLate: "Its currency is closed", ledger.LifeOpened: "Its currency has opened", ledger.LifeReserving: "The receiver's rail was asked to set money aside",
	ledger.LifeReserved: "The rail has set money aside", ledger.LifeGross: "Settled by itself, between prefunded accounts",
}

var lifeTones = map[ledger.LifeKind]string{
	ledger.LifeUnheard: "bad", ledger.LifeHeld: "warn", ledger.LifeLate: "warn", ledger.LifeAsked: "warn", ledger.LifeRecalled: "warn",
}

func aboutLife(l ledger.LifeEvent) (more string) {
	if l.About != "" {
		more = "About: " + words(l.About) + ". "
	}
	if l.Reason != "" {
		more += "Reason: " + l.Reason + "."
	}
	return more
}

func outcomeStep(o ledger.TransferOutcome) step {
	made := step{At: o.At, What: fmt.Sprintf("%s says of the %s: %s", o.Participant, words(o.Kind), words(o.State)), Batch: o.Batch, LogIndex: -1}
	for _, part := range []struct{ name, value string }{
		{"receipt", o.RailRef}, {"reason", o.Reason}, {"the rail's own code", o.RailCode}, {"learned by", words(o.ResolvedBy)},
	} {
		if part.value != "" {
			made.More += part.name + " " + part.value + "; "
		}
	}
	made.More += "taken as " + words(o.Verdict) + "."
	made.More = strings.ToUpper(made.More[:1]) + made.More[1:]
	if o.Verdict == ledger.VerdictException {
		made.Tone = "bad"
	}
	return made
}

// waits says why a transfer has not cleared, and what would help.
func waits(w *ledger.Waiting) (why, help string) {
	switch w.Cause {
	case ledger.WaitHeld:
		return "It is held by " + words(w.By) + ".", "Two people release or refuse it."
	case ledger.WaitClosed:
		return "Its currencies are closed.", "It goes on when they open."
	case ledger.WaitReserving:
		return "The receiver's rail is setting money aside.", "It clears when the rail says so."
	case ledger.WaitLegs:
		return "Other legs of its bundle are not here.", "All legs clear together, or none."
	case ledger.WaitLiquidity:
		return "Accounts that it needs lack liquidity.", "It clears when what is missing comes in: from what others send them, from prefunding or a higher credit line."
	default:
		return "It waits for its turn.", "The newest batch does not say more: it is new, or not among the oldest that wait."
	}
}
