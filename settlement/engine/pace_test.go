package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Who is alone never waits; where many come, batches are no closer than the longest pause after a while, and who is alone
// again soon waits no more.
func TestPaceOfBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		defer p.timer.Stop()
		batch := func(messages int) time.Duration {
			began := time.Now()
			require.NoError(t, p.wait(t.Context()))
			p.began(messages)
			return time.Since(began)
		}
		for range 100 {
			require.Zero(t, batch(1))
		}
		var waited time.Duration
		for range 10 {
			waited = batch(company)
		}
		require.Equal(t, mostPause, waited)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock, not the machine's
		require.Zero(t, batch(company), "a quiet moment is rest enough")
		for range 6 {
			waited = batch(1)
		}
		require.Zero(t, batch(1))
		require.Less(t, waited, 2*shortestPause)

		ended, end := context.WithCancel(t.Context())
		p.began(company)
		end()
		require.ErrorIs(t, p.wait(ended), context.Canceled)
	})
}
