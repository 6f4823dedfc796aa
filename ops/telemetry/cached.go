package telemetry

import (
	"context"
	"sync"
	"time"
)

// cached asks for something at most once in keep, however many want it, and never longer than within.
type cached[T any] struct {
	ask          func(context.Context) (T, error)
	keep, within time.Duration

	mu    sync.Mutex
	asked time.Time
	last  T
	err   error
}

func (c *cached[T]) get(ctx context.Context) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.asked.IsZero() || now.Sub(c.asked) >= c.keep {
		ctx, cancel := context.WithTimeout(ctx, c.within)
		defer cancel()
		c.last, c.err = c.ask(ctx)
		c.asked = time.Now()
	}
	return c.last, c.err
}
