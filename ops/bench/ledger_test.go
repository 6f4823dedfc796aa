package bench

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLedger(t *testing.T) {
	r, err := Ledger(t.Context(), LedgerOptions{
		Transfers: 2000, Seed: 1, Sizes: []int{100, 1000}, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	for _, truth := range r.Truth {
		assert.True(t, truth.OK, "%s: %s", truth.Name, truth.Detail)
	}
	assert.True(t, r.OK())
	require.Len(t, r.Rows, 2)
	for i, batches := range []int{20, 2} {
		row := r.Rows[i]
		assert.Equal(t, batches, row.Batches)
		assert.Equal(t, 2000, row.Transfers)
		assert.Positive(t, row.TransfersPerS)
		for _, copied := range []anchor{row.Copy, row.CopyTwo} {
			assert.Equal(t, 2000, copied.Transfers)
			assert.EqualValues(t, 2000, copied.Rows["transfer"])
			assert.EqualValues(t, 2000, copied.Rows["transfer_event"])
			assert.EqualValues(t, batches, copied.Rows["log_checkpoint"])
			assert.Positive(t, copied.TransfersPerS)
		}
		assert.Equal(t, 1, row.Copy.Connections)
		assert.Equal(t, 2, row.CopyTwo.Connections)
	}
	assert.Contains(t, r.Table(), "batches of   1000")

	_, err = Ledger(t.Context(), LedgerOptions{Transfers: 10})
	require.ErrorContains(t, err, "no batch of 20000")
}
