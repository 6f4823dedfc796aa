package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

func TestSelfCheckEachMinuteUntilADifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, looks := time.Now(), []time.Duration(nil)
		err := every(t.Context(), selfCheckEvery, func(context.Context) error {
			looks = append(looks, time.Since(began))
			if len(looks) == 3 {
				return &ledger.DriftError{Account: 7}
			}
			return nil
		})
		var drift *ledger.DriftError
		require.ErrorAs(t, err, &drift)
		require.Equal(t, []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute}, looks)

		ctx, stop := context.WithCancelCause(t.Context())
		ended := errors.New("ended")
		done := make(chan error, 1)
		go func() { done <- every(ctx, selfCheckEvery, func(context.Context) error { return nil }) }()
		time.Sleep(10 * time.Minute) //nolint:forbidigo // the bubble's clock, not the machine's
		stop(ended)
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// Many windows that close at once make one comparison wait, the newest, and nobody waits for it.
func TestNewestTotalsWait(t *testing.T) {
	e := &Engine{compared: make(chan totals, 1)}
	for n := range int64(5) {
		e.closed(&ledger.Batch{ID: n + 1, Totals: []ledger.Balance{{Account: n}}})
	}
	e.closed(&ledger.Batch{ID: 9})
	require.EqualValues(t, 5, (<-e.compared).batch)
	require.Empty(t, e.compared)
}
