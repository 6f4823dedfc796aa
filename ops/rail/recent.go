package rail

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	recently    = time.Second // how long what was found out is taken for what is
	mostFinding = time.Minute
)

// recent is what was found out a moment ago, for all who ask: whoever watches looks again and again.
type recent[T any] struct {
	finding singleflight.Group
	last    atomic.Pointer[found[T]]
}

type found[T any] struct {
	at   time.Time
	what T
}

// get returns what was found out a second ago at most. Who comes while it is found out takes what is found, and the error;
// who goes away spoils it for nobody. Errors are find's or ctx's.
func (r *recent[T]) get(ctx context.Context, find func(context.Context) (T, error)) (what T, err error) {
	if err := ctx.Err(); err != nil {
		return what, err
	}
	if last := r.last.Load(); last != nil && time.Since(last.at) < recently {
		return last.what, nil
	}
	answer := r.finding.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostFinding)
		defer cancel()
		what, err := find(ctx)
		if err == nil {
			r.last.Store(&found[T]{time.Now(), what})
		}
		return what, err
	})
	select {
	case a := <-answer:
		what, _ = a.Val.(T)
		return what, a.Err
	case <-ctx.Done():
		return what, ctx.Err()
	}
}
