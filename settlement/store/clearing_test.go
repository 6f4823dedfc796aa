package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Batches are summed in one unit however coarsely each was counted, and never across numeraires.
func TestClearingsAddUp(t *testing.T) {
	books, _ := open(t)
	none, err := books.Clearings(t.Context())
	require.NoError(t, err)
	require.Equal(t, &ledger.Clearings{Tiers: map[netting.Tier]int64{}, Sums: []ledger.ClearingSum{}}, none)

	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	first := batch() // had nothing to choose
	require.NoError(t, lead.Write(t.Context(), lead.Encode(first)))
	for i, c := range []struct {
		cleared int
		ledger.Clearing
	}{
		{5, ledger.Clearing{Tier: netting.TierB, Reached: 900_000_000, Bound: 1_000_000_000, FIFO: 500_000_000, Iterations: 7, Numeraire: kes}},
		{1, ledger.Clearing{Tier: netting.TierC, Reached: 300_000_000, Bound: 500_000_000, FIFO: 100_000_000, Iterations: 1, Numeraire: kes, Coarser: 1}},
		{0, ledger.Clearing{Tier: netting.TierA, Bound: 40_000_000, Numeraire: kes, Returns: 2, Alarm: []netting.Tier{netting.TierB, netting.TierC}}},
		{1, ledger.Clearing{Tier: netting.TierA, Reached: 70_000, Bound: 80_000, FIFO: 70_000, Numeraire: ugx}},
	} {
		b := &ledger.Batch{
			ID: int64(i) + 2, Window: 1, DecidedAt: first.DecidedAt, Cleared: c.cleared, Clearing: c.Clearing,
			Checkpoint: ledger.Checkpoint{Size: int64(i) + 2, Note: "unsigned in this test"},
		}
		require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	}
	got, err := books.Clearings(t.Context())
	require.NoError(t, err)
	want := &ledger.Clearings{
		Batches: 4, Tiers: map[netting.Tier]int64{netting.TierA: 2, netting.TierB: 1, netting.TierC: 1}, Iterations: 8, Alarms: 1, Idle: 1,
		Sums: []ledger.ClearingSum{
			{Numeraire: "KES", Batches: 3, Reached: 150_000, Bound: 204_000, FIFO: 70_000, IdleBound: 4_000},
			{Numeraire: "UGX", Batches: 1, Reached: 7, Bound: 8, FIFO: 7},
		},
	}
	want.Worst.ID, want.Worst.Reached, want.Worst.Bound = 3, 300_000_000, 500_000_000
	require.Equal(t, want, got)
}
