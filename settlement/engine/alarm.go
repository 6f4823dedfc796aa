package engine

import "time"

// alarm wakes the loop when something is due though nothing came in.
type alarm struct {
	clock func() time.Time
	timer *time.Timer
}

// newAlarm makes one that goes off at once: what fell due while nobody led is due now.
func newAlarm(clock func() time.Time) *alarm { return &alarm{clock: clock, timer: time.NewTimer(0)} }

// set has it go off at the moment, and not before; ok is false where there is none.
func (a *alarm) set(due time.Time, ok bool) {
	if !ok {
		a.timer.Stop()
		return
	}
	a.timer.Reset(max(due.Sub(a.clock()), 0))
}
