package live_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/live"
)

// counter is a source that says at each look how often it was looked at.
type counter struct{ looks atomic.Int64 }

func (c *counter) look(context.Context, int64) (int64, bool, error) {
	n := c.looks.Add(1)
	if n == 2 {
		return 0, false, errors.New("the source is away for a moment")
	}
	return n, true, nil
}

func run(t *testing.T, feed *live.Feed[int64]) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- feed.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// Readers share looks, and a slow one finds the newest instead of what it missed.
func TestReadersShareLooks(t *testing.T) {
	var source counter
	feed := live.New(source.look, time.Millisecond, slog.New(slog.DiscardHandler))
	run(t, feed)
	fast, slow := feed.Reader(), feed.Reader()
	defer fast.Close()
	defer slow.Close()
	first, err := slow.Next(t.Context())
	require.NoError(t, err)
	require.Positive(t, first)
	var last int64
	for range 20 {
		n, err := fast.Next(t.Context())
		require.NoError(t, err)
		require.Greater(t, n, last, "nothing comes twice")
		last = n
	}
	late, err := slow.Next(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, late, last, "what is older was dropped")
}

// A feed that nobody reads looks at nothing, and one that is read again does not show what is old.
func TestNobodyReads(t *testing.T) {
	var source counter
	feed := live.New(source.look, time.Millisecond, slog.New(slog.DiscardHandler))
	run(t, feed)
	reader := feed.Reader()
	_, err := reader.Next(t.Context())
	require.NoError(t, err)
	reader.Close()
	reader.Close()
	require.Eventually(t, func() bool {
		before := source.looks.Load()
		<-time.After(20 * time.Millisecond)
		return source.looks.Load() == before
	}, 5*time.Second, time.Millisecond)
	before := source.looks.Load()
	again := feed.Reader()
	defer again.Close()
	n, err := again.Next(t.Context())
	require.NoError(t, err)
	require.Greater(t, n, before)

	ended, stop := context.WithCancel(t.Context())
	stop()
	for err == nil {
		_, err = again.Next(ended)
	}
	require.ErrorIs(t, err, context.Canceled)
}
