package netting_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/netting"
)

// anyConversions draws a book with several accounts per currency, and obligations within and across them.
func anyConversions() *rapid.Generator[bookAndObligations] {
	return rapid.Custom(func(t *rapid.T) bookAndObligations {
		pools, accounts := rapid.IntRange(1, 4).Draw(t, "pools"), rapid.IntRange(2, 8).Draw(t, "accounts")
		book := &netting.Book{Pools: make([]netting.Pool, pools)}
		for c := range book.Pools {
			book.Pools[c] = netting.Pool{Liquidity: rapid.Int64Range(0, 50).Draw(t, "pool"), Value: netting.One}
		}
		for range accounts {
			book.Currency = append(book.Currency, int32(rapid.IntRange(0, pools-1).Draw(t, "currency")))
			book.Liquidity = append(book.Liquidity, rapid.Int64Range(0, 50).Draw(t, "liquidity"))
		}
		obligations := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) netting.Obligation {
			debtor := int32(rapid.IntRange(0, accounts-1).Draw(t, "debtor"))
			creditor := (debtor + int32(rapid.IntRange(1, accounts-1).Draw(t, "creditor"))) % int32(accounts)
			o := netting.Obligation{Debtor: debtor, Creditor: creditor, Debit: rapid.Int64Range(1, 100).Draw(t, "debit"), Weight: 1}
			o.Credit = o.Debit
			if book.Currency[debtor] != book.Currency[creditor] {
				o.Credit = rapid.Int64Range(1, 100).Draw(t, "credit")
			}
			return o
		}), 0, 30).Draw(t, "obligations")
		return bookAndObligations{book, obligations}
	})
}

type bookAndObligations struct {
	book        *netting.Book
	obligations []netting.Obligation
}

// An explanation names exactly the limits that would be passed, and by how much.
func TestExplainIsWhatWouldBeLacking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyConversions().Draw(t, "input")
		s, err := netting.SelectFIFO(in.book, in.obligations)
		require.NoError(t, err)
		for i := range in.obligations {
			waits := netting.Explain(in.book, in.obligations, s.Chosen, i)
			if s.Chosen[i] {
				require.Empty(t, waits)
				continue
			}
			o := in.obligations[i]
			with := append([]bool(nil), s.Chosen...)
			with[i] = true
			left := in.book.Left(in.obligations, with)
			var want []netting.Wait
			draws := []int32{o.Debtor}
			if from, to := in.book.Currency[o.Debtor], in.book.Currency[o.Creditor]; from != to {
				draws = append(draws, int32(len(in.book.Currency))+to)
			}
			for _, limit := range draws {
				if left[limit] < 0 {
					want = append(want, netting.Wait{Limit: limit, ShortMinor: -left[limit]})
				}
			}
			require.Equal(t, want, waits)
		}
	})
}

// What an explanation asks for is what releases: with so much more on each limit, the obligation fits.
func TestExplainedShortageReleases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyConversions().Draw(t, "input")
		none := make([]bool, len(in.obligations))
		for i := range in.obligations {
			more := &netting.Book{Currency: in.book.Currency, Liquidity: append([]int64(nil), in.book.Liquidity...), Pools: append([]netting.Pool(nil), in.book.Pools...)}
			for _, wait := range netting.Explain(in.book, in.obligations, none, i) {
				if accounts := int32(len(more.Currency)); wait.Limit >= accounts {
					more.Pools[wait.Limit-accounts].Liquidity += wait.ShortMinor
				} else {
					more.Liquidity[wait.Limit] += wait.ShortMinor
				}
			}
			s, err := netting.SelectFIFO(more, in.obligations[i:i+1])
			require.NoError(t, err)
			require.Equal(t, []bool{true}, s.Chosen)
		}
	})
}

func TestExplainExample(t *testing.T) {
	book := &netting.Book{
		Currency: []int32{0, 1}, Liquidity: []int64{10, 0},
		Pools: []netting.Pool{{Value: netting.One}, {Value: netting.One, Liquidity: 5}},
	}
	obligations := []netting.Obligation{{Debtor: 0, Creditor: 1, Debit: 12, Credit: 30, Weight: 1}}
	assert.Equal(t, []netting.Wait{{Limit: 0, ShortMinor: 2}, {Limit: 3, ShortMinor: 25}}, netting.Explain(book, obligations, []bool{false}, 0))
}
