package adapters

import (
	"maps"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Stats is a snapshot of what one Runner holds, counted over the whole life of its store.
type Stats struct {
	Participant string `json:"participant"`
	Rail        string `json:"rail"`

	Orders         int   `json:"orders"`
	Collections    int   `json:"collections"`     // orders that the customer paid for
	CollectedMinor int64 `json:"collected_minor"` // their sum
	// Intents by state; Unanswered while the switch has said nothing yet.
	Intents map[messaging.State]int `json:"intents"`
	// Operations by kind and state. Kinds are payout, refund and local_refund: a refund that the
	// runner owes a customer because the switch never took the intent, or the payment did not match.
	Operations map[string]map[State]int `json:"operations"`
	// SettledMinor is the sum of settled operations by kind.
	SettledMinor map[string]int64 `json:"settled_minor"`

	UnknownNow   int       `json:"unknown_now"`
	UnknownSince time.Time `json:"unknown_since,omitzero"` // when the oldest of them was instructed
	// UnknownResolved counts operations that were unknown once and are final now, by what ended it:
	// query, callback (a query that a callback prompted, and that agreed with it), operator.
	UnknownResolved map[string]int        `json:"unknown_resolved"`
	Exceptions      map[ExceptionKind]int `json:"exceptions"`
	// Breakers are the states of the circuit breakers by endpoint (submit, query, collection): closed, half-open, open.
	Breakers map[string]string `json:"breakers"`
	// Health is what the switch is told of the rail: whether payouts and queries get through, and how many wait.
	Health messaging.RailHealth `json:"health"`
	// Waiting counts what is due and waits for its endpoint, which is down or takes no more a second.
	Waiting map[string]int `json:"waiting"`

	OutcomesWaiting int   `json:"outcomes_waiting"` // final, durable and not yet at the broker
	Commits         int64 `json:"commits"`          // of the store, since this process started
	Writes          int64 `json:"writes"`           // records in those commits
}

// tally counts records by what they are now.
type tally struct {
	orders, collections int
	collectedMinor      int64
	intents             map[messaging.State]int
	operations          map[string]map[State]int
	settledMinor        map[string]int64
	unknown             int
	resolved            map[string]int
	exceptions          map[ExceptionKind]int
}

func newTally() tally {
	return tally{
		intents: map[messaging.State]int{}, operations: map[string]map[State]int{},
		settledMinor: map[string]int64{}, resolved: map[string]int{}, exceptions: map[ExceptionKind]int{},
	}
}

// order adds n times the order as it is now.
func (t *tally) order(o *order, n int) {
	t.orders += n
	if o.Collection != nil {
		t.collections += n
		t.collectedMinor += int64(n) * o.Collection.Amount.Minor
	}
	if o.Intent != nil {
		state := messaging.State(o.State)
		if o.State == OrderCollected {
			state = Unanswered
		}
		t.intents[state] += n
	}
}

// operation adds n times the operation as it is now.
func (t *tally) operation(o *operation, n int) {
	kind := o.kind()
	if t.operations[kind] == nil {
		t.operations[kind] = map[State]int{}
	}
	t.operations[kind][o.State] += n
	if o.State == Settled {
		t.settledMinor[kind] += int64(n) * o.Amount.Minor
	}
	if o.State == Unknown {
		t.unknown += n
	}
	if o.ResolvedBy != "" {
		t.resolved[o.ResolvedBy] += n
	}
}

// Stats counts everything that the store holds. It may be called at any time.
func (r *Runner) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Stats{
		Participant: r.cfg.Participant, Rail: r.caps.Rail,
		Orders: r.tally.orders, Collections: r.tally.collections, CollectedMinor: r.tally.collectedMinor,
		Intents: nonZero(r.tally.intents), Operations: map[string]map[State]int{},
		SettledMinor: maps.Clone(r.tally.settledMinor), UnknownNow: r.tally.unknown,
		UnknownResolved: nonZero(r.tally.resolved), Exceptions: nonZero(r.tally.exceptions),
		OutcomesWaiting: r.publisher.outcomesWaiting(),
	}
	s.Breakers, s.Waiting = r.lanes.states()
	s.Health = r.look(time.Now())
	for kind, states := range r.tally.operations {
		s.Operations[kind] = nonZero(states)
	}
	for _, op := range r.operations {
		if op.State == Unknown && (s.UnknownSince.IsZero() || op.Submitted.Before(s.UnknownSince)) {
			s.UnknownSince = op.Submitted
		}
	}
	s.Commits, s.Writes = r.store.counts()
	return s
}

func nonZero[K comparable](counts map[K]int) map[K]int {
	kept := make(map[K]int, len(counts))
	for k, n := range counts {
		if n != 0 {
			kept[k] = n
		}
	}
	return kept
}
