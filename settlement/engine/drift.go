package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// selfCheckEvery is between two looks at an account at random.
const selfCheckEvery = time.Minute

// totals is what all accounts had in memory after a batch.
type totals struct {
	batch    int64
	accounts []ledger.Balance
}

// closed hands the totals of a batch that closed a window to compare, which works beside the writer. Where it is
// still at another, the newest waits: what it finds holds for those that it skipped.
func (e *Engine) closed(b *ledger.Batch) {
	if b.Totals == nil {
		return
	}
	newest := totals{batch: b.ID, accounts: b.Totals}
	for {
		select {
		case e.compared <- newest:
			return
		default:
		}
		select {
		case <-e.compared: // an older one, which nobody has begun with
		default:
		}
	}
}

// compare holds memory against the database after each batch that closed a window.
func (e *Engine) compare(ctx context.Context) error {
	for {
		select {
		case t := <-e.compared:
			if err := e.Ledger.Compare(ctx, t.batch, t.accounts); err != nil {
				return fmt.Errorf("engine: memory and database after batch %d: %w", t.batch, err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// every calls look each time that the interval has passed, until ctx ends or it fails. A look that takes longer
// than the interval is followed by the next at once, and no two are made up for.
func every(ctx context.Context, interval time.Duration, look func(context.Context) error) error {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			if err := look(ctx); err != nil {
				return fmt.Errorf("engine: self-check: %w", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
