package book_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/fx"
)

var units = []fx.Currency{fx.MustCurrency("KES"), fx.MustCurrency("hours.chama-nairobi.2")}

// Whatever is booked or refused, units sum to zero, and only promises are below zero.
func TestZeroSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b book.Book
		paths := []string{"fund/main", "transit/p1", "contributed/m1", "contributed/m2", "received/m1", "credit/m1", "credit/m2", "issued/hours"}
		for range rapid.IntRange(1, 60).Draw(t, "times") {
			var postings []book.Posting
			for range rapid.IntRange(1, 3).Draw(t, "postings") {
				postings = append(postings, book.Posting{
					From: rapid.SampledFrom(paths).Draw(t, "from"), To: rapid.SampledFrom(paths).Draw(t, "to"),
					Unit:        rapid.SampledFrom(units).Draw(t, "unit"),
					AmountMinor: rapid.OneOf(rapid.Int64Range(-1, 1000), rapid.Just(int64(math.MaxInt64))).Draw(t, "amount"),
				})
			}
			before := b.Balances()
			if err := b.Book(postings...); err != nil {
				var refused *book.Error
				require.ErrorAs(t, err, &refused)
				require.Len(t, b.Balances(), len(before))
				for account, balance := range before {
					require.Equal(t, balance, b.Balance(account.Path, account.Unit))
				}
			}
			for _, unit := range units {
				require.Zero(t, b.Sum(unit))
			}
			for account, balance := range b.Balances() {
				require.True(t, balance > 0 || book.MayOwe(account.Path), account.Path)
			}
		}
	})
}

func TestAllOrNone(t *testing.T) {
	var b book.Book
	kes := units[0]
	require.NoError(t, b.Book(book.Posting{From: "contributed/m1", To: "fund/main", Unit: kes, AmountMinor: 100}))
	err := b.Book(
		book.Posting{From: "fund/main", To: "transit/p1", Unit: kes, AmountMinor: 60},
		book.Posting{From: "fund/main", To: "transit/p2", Unit: kes, AmountMinor: 60})
	var refused *book.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, book.NotEnough, refused.Fault)
	assert.EqualValues(t, 100, b.Balance("fund/main", kes))
}
