package netting_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/netting"
)

// market is a book with one account per currency, and conversions of one minor unit's worth each way.
func market(currencies int) *netting.Book {
	book := &netting.Book{Liquidity: make([]int64, currencies), Pools: make([]netting.Pool, currencies)}
	for c := range currencies {
		book.Currency = append(book.Currency, int32(c))
	}
	return book
}

func convert(from, to int32, debit, credit int64) netting.Obligation {
	return netting.Obligation{Debtor: from, Creditor: to, Debit: debit, Credit: credit, Weight: 1}
}

func TestImpliedValues(t *testing.T) {
	for name, c := range map[string]struct {
		obligations []netting.Obligation
		values      []uint64
	}{
		"nothing converts":    {nil, []uint64{netting.One, netting.One, netting.One}},
		"one pair, both ways": {[]netting.Obligation{convert(0, 1, 100, 50), convert(1, 0, 50, 100)}, []uint64{netting.One, 2 * netting.One, netting.One}},
		"by sums":             {[]netting.Obligation{convert(0, 1, 100, 30), convert(1, 0, 20, 100)}, []uint64{netting.One, 4 * netting.One, netting.One}},
		"a chain":             {[]netting.Obligation{convert(2, 1, 1, 2), convert(1, 0, 1, 4)}, []uint64{netting.One, 4 * netting.One, 8 * netting.One}},
		"two trees":           {[]netting.Obligation{convert(2, 1, 1, 2)}, []uint64{netting.One, netting.One, 2 * netting.One}},
		// 0-1 and 1-2 have two conversions each, so 0-2 with one is not asked.
		"most conversions": {
			[]netting.Obligation{convert(0, 2, 1, 1000), convert(0, 1, 1, 1), convert(0, 1, 1, 1), convert(1, 2, 1, 1), convert(1, 2, 1, 1)},
			[]uint64{netting.One, netting.One, netting.One},
		},
		// All pairs have one: 0-1 and 0-2 come first.
		"ties by number": {
			[]netting.Obligation{convert(1, 2, 1, 1000), convert(0, 2, 1, 1), convert(0, 1, 1, 1)},
			[]uint64{netting.One, netting.One, netting.One},
		},
	} {
		assert.Equal(t, c.values, netting.ImpliedValues(market(3), c.obligations), name)
	}
}

// Where all conversions follow one set of rates, those are found, whatever the order.
func TestImpliedValuesFindTheRates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "currencies")
		minors := rapid.SliceOfN(rapid.Int64Range(1, 1000), n, n).Draw(t, "minor units of each that are worth the same")
		var obligations []netting.Obligation
		for c := range n - 1 { // all joined
			obligations = append(obligations, convert(int32(c), int32(c+1), minors[c], minors[c+1]))
		}
		if n > 1 {
			for range rapid.IntRange(0, 30).Draw(t, "more") {
				from := rapid.IntRange(0, n-1).Draw(t, "from")
				to := (from + rapid.IntRange(1, n-1).Draw(t, "to")) % n
				times := rapid.Int64Range(1, 1000).Draw(t, "times")
				obligations = append(obligations, convert(int32(from), int32(to), times*minors[from], times*minors[to]))
			}
		}
		values := netting.ImpliedValues(market(n), obligations)
		for c, value := range values {
			require.Equal(t, netting.ValueOf(big.NewRat(minors[0], minors[c])), value)
		}
		require.Equal(t, values, netting.ImpliedValues(market(n), rapid.Permutation(obligations).Draw(t, "permuted")))
	})
}

// A long chain of extreme rates stays within its bounds, and ends at the bounds of a value.
func TestImpliedValuesAlongALongChain(t *testing.T) {
	const n = 2000
	var up, down []netting.Obligation
	for c := range int32(n - 1) {
		up = append(up, convert(c, c+1, math.MaxInt64, 3))
		down = append(down, convert(c, c+1, 3, math.MaxInt64))
	}
	values := netting.ImpliedValues(market(n), up)
	assert.Equal(t, uint64(math.MaxUint64), values[n-1])
	values = netting.ImpliedValues(market(n), down)
	assert.Equal(t, uint64(1), values[n-1])
}
