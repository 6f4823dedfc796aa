// Package serve runs the switch: the engine that leads or stands by, and what carries approved requests out beside it.
// `ayni serve` runs it on PostgreSQL and NATS of others, `ayni dev` among rails and customers of its own.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// retryAfter is before something that broke is started again.
const retryAfter = time.Second

// Parts are a switch, put together.
type Parts struct {
	Engine *engine.Engine
	Desk   *request.Server // carries approved requests out
	Log    *slog.Logger
}

// HaltError says that the switch must not go on by itself: a stream and the ledger contradict each other, or balances
// their postings. A person has to look.
type HaltError struct{ Why error }

func (e *HaltError) Error() string { return fmt.Sprintf("the switch halts: %v", e.Why) }

// Unwrap is why.
func (e *HaltError) Unwrap() error { return e.Why }

// Run runs all of it until ctx ends, which is no error. What may pass is tried again from what the database holds. The
// error is *HaltError.
func (p *Parts) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.again(ctx, "the engine", p.Engine.Run) })
	group.Go(func() error { return p.again(ctx, "carrying out requests", p.Desk.Run) })
	return group.Wait()
}

// again runs something whenever it stopped, until ctx ends or it must not go on.
func (p *Parts) again(ctx context.Context, what string, run func(context.Context) error) error {
	for {
		err := run(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ended because everything does
		}
		if halts(err) {
			return &HaltError{Why: err}
		}
		p.Log.Error(what+" stopped and starts again", "error", err)
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return nil
		}
	}
}

// halts tells of a stream that went backwards, or knows more than the ledger, and of books that do not add up.
func halts(err error) bool {
	if _, ok := errors.AsType[*messaging.BackwardsError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*messaging.DuplicateError](err); ok {
		return true
	}
	_, ok := errors.AsType[*ledger.DriftError](err)
	return ok
}
