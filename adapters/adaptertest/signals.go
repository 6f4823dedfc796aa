package adaptertest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// patiently does what a busy machine may let fail, until it succeeds: a few times, for what fails for good fails always.
func patiently(ctx context.Context, do func() error) (err error) {
	for range 20 {
		if err = do(); err == nil {
			return nil
		}
		if waited := pause(ctx, 100*time.Millisecond); waited != nil {
			return errors.Join(err, waited)
		}
	}
	return err
}

// booked tells whether the rail has anything in its books under these accounts, orders or receipts.
func (s *Stage) booked(names ...string) (found bool) {
	_ = s.Rail.Operations(func(op sandbox.Operation) error {
		found = found || slices.Contains(names, op.Account) || slices.Contains(names, op.ID) || slices.Contains(names, op.Ref)
		return nil
	})
	return found
}

// about tells exchanges that speak of these accounts, orders and receipts, or of what the rail's ledger has under them.
func (s *Stage) about(names ...string) func(*Exchange) bool {
	return func(x *Exchange) bool {
		if x.mentions(names...) {
			return true
		}
		var aliases []string
		_ = s.Rail.Operations(func(op sandbox.Operation) error {
			for _, n := range names {
				if op.Account == n || op.ID == n || op.Ref == n {
					aliases = append(append(aliases, op.ID, op.RailID, op.Ref), op.Aliases...)
				}
			}
			return nil
		})
		return x.mentions(aliases...)
	}
}

// Tried waits until so many requests to the rail about each instruction are over, whatever came of them, or it has an
// end.
func (s *Stage) Tried(ctx context.Context, times int, instructions ...messaging.Instruction) error {
	for _, in := range instructions {
		err := first(ctx,
			func(ctx context.Context) error { return s.Requests.Await(ctx, times, s.about(in.Creditor.Account)) },
			func(ctx context.Context) error { return s.Ended(ctx, in) },
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// Hit waits until so many requests to the rail are over beside those seen before, or the instructions have ended: a
// fault of the rail has reached the adapter then, or has no effect.
func (s *Stage) Hit(ctx context.Context, before, times int, instructions ...messaging.Instruction) error {
	return first(ctx,
		func(ctx context.Context) error { return s.Requests.Await(ctx, before+times, anything) },
		func(ctx context.Context) error { return s.Ended(ctx, instructions...) },
	)
}

// first waits for the signal that comes first.
func first(ctx context.Context, signals ...func(context.Context) error) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	came := make(chan error, len(signals))
	for _, signal := range signals {
		go func() { came <- signal(ctx) }()
	}
	return <-came
}
