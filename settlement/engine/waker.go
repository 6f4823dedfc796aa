package engine

import "time"

// waker wakes the loop when something is due though nothing came in.
type waker struct {
	clock func() time.Time
	timer *time.Timer
}

// newWaker makes one that wakes at once: what fell due while nobody led is due now.
func newWaker(clock func() time.Time) *waker { return &waker{clock: clock, timer: time.NewTimer(0)} }

// set has it wake at the moment, and not before; ok is false where there is none.
func (a *waker) set(due time.Time, ok bool) {
	if !ok {
		a.timer.Stop()
		return
	}
	a.timer.Reset(max(due.Sub(a.clock()), 0))
}
