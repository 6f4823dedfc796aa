package adapters

import (
	"fmt"
	"time"
)

// mostBudget is the largest Timers.QueriesMost that can be kept.
const mostBudget = 8

// bounded tells whether the rail says when and how often it may be asked.
func (t Timers) bounded() bool { return t.QueryNotBefore > 0 || t.QueriesMost > 0 }

// check tells whether a Runner can keep to the timers.
func (t Timers) check() error {
	switch {
	case t.SubmitTimeout <= 0 || t.FirstQuery <= 0 || t.QueryEvery <= 0 || t.QueryEveryMax <= 0 || t.CollectionEvery <= 0:
		return fmt.Errorf("a timer is not positive")
	case t.QueryNotBefore < 0 || t.QueriesWithin < 0 || t.OpenFor < 0 || t.QueriesMost < 0 || t.QueriesMost > mostBudget:
		return fmt.Errorf("a bound on queries is negative, or more than %d", mostBudget)
	case (t.QueriesMost > 0) != (t.QueriesWithin > 0):
		return fmt.Errorf("queries are bounded without saying within which time")
	}
	return nil
}

// soonest is when the rail may be asked about the operation, whatever prompts it. The past means now.
func (o *operation) soonest(t Timers) time.Time {
	var soonest time.Time
	if o.SentMS > 0 {
		soonest = time.UnixMilli(o.SentMS).Add(t.QueryNotBefore)
	}
	if t.QueriesMost > 0 {
		if first := o.AskedMS[mostBudget-t.QueriesMost]; first > 0 {
			if again := time.UnixMilli(first).Add(t.QueriesWithin); again.After(soonest) {
				soonest = again
			}
		}
	}
	return soonest
}

// noteCall keeps that the rail is about to be called. It has to be durable before the call: a restart forgets none.
func (o *operation) noteCall(submit bool, now time.Time) {
	if submit {
		o.SentMS = now.UnixMilli()
		return
	}
	copy(o.AskedMS[:], o.AskedMS[1:])
	o.AskedMS[mostBudget-1] = now.UnixMilli()
}

// forgetCall takes back a query that was not made.
func (o *operation) forgetCall(submit bool) {
	if !submit {
		copy(o.AskedMS[1:], o.AskedMS[:mostBudget-1])
		o.AskedMS[0] = 0
	}
}

// openLong raises an exception where nobody could say for too long what became of an operation. It is asked about
// all the same.
func (r *Runner) openLong(op *liveOperation, now time.Time) {
	if limit := r.caps.Timers.OpenFor; limit > 0 && !op.Submitted.IsZero() && now.Sub(op.Submitted) > limit {
		r.raise(ExceptionOpenLong, op.ID, fmt.Sprintf("%s since %s", op.State, op.Submitted.UTC().Format(time.RFC3339)))
	}
}
