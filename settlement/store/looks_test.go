package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Everything that people look at can be read by the role that sees the least, of a ledger in which nothing happened too.
func TestAReaderMayLookAtAll(t *testing.T) {
	_, url := open(t)
	reader, err := store.OpenReader(t.Context(), url)
	require.NoError(t, err)
	defer reader.Close()
	ctx := t.Context()
	for name, look := range map[string]func() error{
		"transfers":    func() error { _, err := reader.FindTransfers(ctx, ledger.TransferFilter{}); return err },
		"of a batch":   func() error { _, err := reader.FindTransfers(ctx, ledger.TransferFilter{Batch: 1}); return err },
		"by text":      func() error { _, err := reader.FindTransfers(ctx, ledger.TransferFilter{Text: "x"}); return err },
		"that wait":    func() error { _, err := reader.FindTransfers(ctx, ledger.TransferFilter{Waiting: true}); return err },
		"that expired": func() error { _, err := reader.FindTransfers(ctx, ledger.TransferFilter{State: "expired"}); return err },
		"refused":      func() error { _, err := reader.RefusedIntents(ctx, "", "x"); return err },
		"standings":    func() error { _, err := reader.Standings(ctx, ""); return err },
		"batches":      func() error { _, err := reader.ListBatches(ctx, 0, 0); return err },
		"windows":      func() error { _, err := reader.WindowStories(ctx, 0, 0); return err },
		"rates":        func() error { _, err := reader.Rates(ctx); return err },
		"quotes":       func() error { _, err := reader.Quotes(ctx, time.Now(), 0); return err },
		"pool":         func() error { _, err := reader.PoolExposures(ctx); return err },
		"pool's use":   func() error { _, err := reader.PoolUses(ctx, 0); return err },
		"holds":        func() error { _, err := reader.Holds(ctx, 0); return err },
		"instructions": func() error { _, err := reader.OpenInstructions(ctx, "", 0); return err },
		"exceptions":   func() error { _, err := reader.Exceptions(ctx, "", true, 1); return err },
		"rails":        func() error { _, err := reader.Rails(ctx); return err },
		"rails' loads": func() error { _, err := reader.RailLoads(ctx); return err },
		"positions":    func() error { _, err := reader.Positions(ctx); return err },
		"log":          func() error { _, err := reader.LogStatus(ctx); return err },
		"requests": func() error {
			_, err := reader.FindRequests(ctx, ledger.RequestFilter{State: ledger.RequestOpen})
			return err
		},
		"pulse":   func() error { _, err := reader.Pulse(ctx, 0); return err },
		"queued":  func() error { _, err := reader.QueuedValues(ctx); return err },
		"minutes": func() error { _, err := reader.Minutes(ctx, time.Time{}, time.Now()); return err },
	} {
		require.NoError(t, look(), name)
	}
	_, err = reader.Transfer(ctx, 1)
	require.ErrorIs(t, err, ledger.ErrNoTransfer)
	_, err = reader.BatchStory(ctx, 1)
	require.ErrorIs(t, err, ledger.ErrNoBatch)
	_, err = reader.WindowStory(ctx, 1)
	require.ErrorIs(t, err, ledger.ErrNoWindow)
}
