package decide

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
)

// Whoever has only the batches of a day knows what every position has, what stands behind it, and which windows have not
// settled; and another program adds up the same books.
func TestBooksFollowFromBatches(t *testing.T) {
	var last *world
	rapid.Check(t, func(t *rapid.T) {
		last = rapid.SampledFrom([]func(*rapid.T) *world{anyDay, anyVillageDay}).Draw(t, "day")(t)
		books := journal.NewState()
		for _, b := range last.batches {
			require.NoError(t, books.Apply(b))
		}
		positions, err := books.Positions()
		require.NoError(t, err)
		for _, p := range positions {
			a := last.state.accounts[p.ID-1]
			require.Equal(t, journal.Position{
				Account: p.Account, BalanceMinor: a.balance(), PrefundMinor: last.state.prefund(a), CreditLineMinor: a.creditLineMinor,
				AvailableMinor: last.state.available(a), GrossInMinor: a.grossIn, GrossOutMinor: a.grossOut,
			}, p)
		}
		require.Len(t, books.Windows, len(last.state.unsettled)+len(last.state.groups))
	})
	var out bytes.Buffer
	text, books := journal.NewText(&out), journal.NewState()
	for _, b := range last.batches {
		require.NoError(t, text.Batch(b))
		require.NoError(t, books.Apply(b))
	}
	require.NoError(t, text.Close())
	balances := journaltest.Balances(t, out.String(), "--strict")
	for _, a := range last.state.accounts {
		require.Equal(t, a.balance(), balances[books.Accounts[a.ID].Name+" "+a.Currency.String()])
	}
}
