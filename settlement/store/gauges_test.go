package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Gauges say what is there, of an empty ledger too, and a reader may ask for them.
func TestGauges(t *testing.T) {
	books, url := open(t)
	reader, err := store.OpenReader(t.Context(), url)
	require.NoError(t, err)
	defer reader.Close()
	have, want, err := books.Migrated(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, have)
	empty, err := reader.Gauges(t.Context())
	require.NoError(t, err)
	require.Zero(t, empty.Epoch)
	require.Zero(t, empty.LogEntries)
	require.WithinDuration(t, time.Now(), empty.Now, time.Minute)

	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	b := batch()
	b.Participants = []settlement.Participant{{ID: 1, Name: "alpha-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	_, err = books.MakeRequest(t.Context(), ledger.Request{Key: "k", Kind: "suspend", Subject: "alpha-ke", Body: []byte("{}"), Maker: "ana"})
	require.NoError(t, err)
	g, err := reader.Gauges(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), g.Epoch)
	require.Equal(t, "test", g.Holder)
	require.Less(t, g.LeaseAge, time.Minute)
	require.Equal(t, int64(1), g.Requests)
	require.Equal(t, int64(len(b.Outbox)), g.Outbox)
	require.Equal(t, b.Checkpoint.Size, g.LogEntries)
	require.Len(t, g.Liquidity, len(b.Liquidity))
	require.Contains(t, g.Read, "alpha-ke")
	require.Positive(t, reader.Connections().Max)
}
