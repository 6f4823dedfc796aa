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
type clearing struct {
	batches []time.Time
	waits   int64 // after the newest
	summed  int   // how often what waits was
}

func (c *clearing) Pulse(_ context.Context, after int64) (*ledger.Pulse, error) {
	p := &ledger.Pulse{After: after}
	if len(c.batches) == 0 {
		return p, nil
	}
	newest := c.batches[len(c.batches)-1]
	p.Newest = ledger.ListedBatch{ID: int64(len(c.batches)), DecidedAt: newest, Queued: c.waits}
	for i, at := range c.batches {
		if id := int64(i + 1); after > 0 && id > after || after == 0 && !at.Before(newest.Truncate(24*time.Hour)) {
			p.Batches++
			p.Accepted += id
		}
	}
	return p, nil
}

func (c *clearing) QueuedValues(context.Context) ([]ledger.QueuedValue, error) {
	c.summed++
	return []ledger.QueuedValue{{Transfers: c.waits}}, nil
}

// What waits is summed where something does, no oftener than every two seconds, and forgotten when nothing does.
func TestWhatWaitsIsSummedSeldom(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	books := &clearing{}
	var m *Moment
	look := func(after time.Duration, waits int64) []ledger.QueuedValue {
		at = at.Add(after)
		books.batches, books.waits = append(books.batches, at), waits
		fresh, news, err := next(t.Context(), books, m, at)
		require.NoError(t, err)
		require.True(t, news)
		m = fresh
		return m.Queued
	}
	require.Empty(t, look(0, 0))
	require.Zero(t, books.summed)
	require.Equal(t, []ledger.QueuedValue{{Transfers: 7}}, look(Every, 7))
	require.Equal(t, []ledger.QueuedValue{{Transfers: 7}}, look(Every, 8), "of a moment before")
	require.Equal(t, []ledger.QueuedValue{{Transfers: 9}}, look(queueEvery, 9))
	require.Empty(t, look(Every, 0), "at once")
	require.Equal(t, 2, books.summed)
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
