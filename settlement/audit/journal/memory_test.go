package journal_test

import (
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit/journal"
)

// Consumers remember accounts and no postings: after half a million of them they hold what they held before.
func TestMemoryIsOfAccounts(t *testing.T) {
	first, batch := busy(10_000)
	all := journal.All{journal.NewText(io.Discard), journal.NewCSV(io.Discard), applied{journal.NewState()}}
	require.NoError(t, all.Batch(first))
	held := func(batches int) uint64 {
		for range batches {
			require.NoError(t, all.Batch(batch))
			batch.ID, batch.LogIndex = batch.ID+1, batch.LogIndex+1
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held(5)
	after := held(50)
	require.Less(t, after, before+1<<20)
	require.NoError(t, all.Close())
}
