package live

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// clearing is a ledger that clears: batch n accepts n transfers, at a time of its own.
type clearing struct{ batches []time.Time }

func (c *clearing) Pulse(_ context.Context, after int64) (*ledger.Pulse, error) {
	p := &ledger.Pulse{After: after}
	if len(c.batches) == 0 {
		return p, nil
	}
	newest := c.batches[len(c.batches)-1]
	p.Newest = ledger.ListedBatch{ID: int64(len(c.batches)), DecidedAt: newest}
	for i, at := range c.batches {
		if id := int64(i + 1); after > 0 && id > after || after == 0 && !at.Before(newest.Truncate(24*time.Hour)) {
			p.Batches++
			p.Accepted += id
		}
	}
	return p, nil
}

func (c *clearing) QueuedValues(context.Context) ([]ledger.QueuedValue, error) {
	return []ledger.QueuedValue{{Transfers: int64(len(c.batches))}}, nil
}

// However seldom somebody looks, the day's totals are those of the day's batches.
func TestTotalsAreTheDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
		books := &clearing{}
		var m *Moment
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			for range rapid.IntRange(0, 5).Draw(t, "batches") {
				at = at.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "minutes")) * time.Minute)
				books.batches = append(books.batches, at)
			}
			fresh, news, err := next(t.Context(), books, m, at)
			require.NoError(t, err)
			require.Equal(t, m != nil && m.Newest.ID != fresh.Newest.ID || m == nil && len(books.batches) > 0, news)
			m = fresh
			whole, err := books.Pulse(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, whole.Accepted, m.Day.Accepted)
			require.Equal(t, whole.Batches, m.Day.Batches)
		}
	})
}
