package engine

import (
	"context"
	"time"
)

// pace spaces batches while many come. Each costs some 6 ms of processor, whatever is in it: a search among all that
// waits, a transaction, a signature, and messages to whom it concerns. Decided whenever something is there, 160 a second
// took a core whether 500 or 5,000 transfers came in that second. Where nobody comes meanwhile, nothing rests: who is
// alone clears at once.
type pace struct {
	pause time.Duration // from one batch's beginning to the next's
	timer *time.Timer
}

const (
	shortestPause = time.Millisecond
	mostPause     = 25 * time.Millisecond
	company       = 3 // messages in a batch that show that more come; with a single one, nobody did
)

func newPace() *pace { return &pace{timer: time.NewTimer(0)} }

// began tells of how many messages a batch that begins is made.
func (p *pace) began(messages int) {
	switch {
	case messages >= company:
		p.pause = min(max(2*p.pause, shortestPause), mostPause)
	case messages > 1:
	case p.pause > shortestPause:
		p.pause /= 2
	default:
		p.pause = 0
	}
	p.timer.Reset(p.pause)
}

// wait waits until the next batch may begin. The error is ctx's.
func (p *pace) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.timer.C:
		return nil
	}
}
