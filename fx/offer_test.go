package fx

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOfferOfOneAmount(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	q := quoteOf(kes, ugx, MustRate("27.72")) // one per cent below mid
	q.Mid, q.FeeMinor = MustRate("28"), 10_00
	o, err := q.Offer(FixedSource, Money{1_010_00, kes})
	require.NoError(t, err)
	assert.Equal(t, Money{27_720, ugx}, o.Destination)
	assert.Equal(t, Money{10_00, kes}, o.Fee)
	assert.Equal(t, Money{28_280, ugx}, o.AtMid)
	assert.Equal(t, Money{280, ugx}, o.FeeAtMid)
	assert.Equal(t, Money{280, ugx}, o.Spread)
	assert.Zero(t, o.Rounding.Minor)
	assert.Equal(t, int64(10_000), o.SpreadPPM)
	assert.Equal(t, int64(19_802), o.CostPPM) // 560 of 28,280
	assert.Equal(t, "27.4455", o.AllIn.Text(4))

	q.Mid = Rate{}
	o, err = q.Offer(FixedDestination, Money{27_720, ugx})
	require.NoError(t, err)
	assert.Equal(t, Money{1_010_00, kes}, o.Source)
	assert.Zero(t, o.AtMid)
	assert.Zero(t, o.CostPPM)

	_, err = q.Offer(FixedSource, Money{10_00, kes})
	requireFault(t, FaultFee, err)
}

// What leaves at mid, less what arrives, is fee and spread and rounding, to the minor unit; and no
// sender gains by a rate that is no better than mid.
func TestOfferAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := quoteOf(anyCurrency().Draw(t, "from"), anyCurrency().Draw(t, "to"), anyRate().Draw(t, "rate"))
		q.FeeMinor = rapid.Int64Range(0, 1<<30).Draw(t, "fee")
		q.Mid = q.Rate
		if rapid.Bool().Draw(t, "apart") {
			q.Mid = anyRate().Draw(t, "mid")
		}
		side := rapid.SampledFrom([]Fixed{FixedSource, FixedDestination}).Draw(t, "fixed")
		amount := Money{rapid.Int64Range(1, 1<<40).Draw(t, "minor"), q.From}
		if side == FixedDestination {
			amount.Currency = q.To
		}
		o, err := q.Offer(side, amount)
		if err != nil {
			var fault *AmountError
			require.ErrorAs(t, err, &fault)
			require.Zero(t, o)
			return
		}
		c, err := q.Convert(side, amount)
		require.NoError(t, err)
		require.Equal(t, c, o.Conversion)
		require.Equal(t, halfEven(exactMinor(o.Source, q.To, q.Mid)).Int64(), o.AtMid.Minor)
		if q.FeeMinor > 0 {
			require.Equal(t, halfEven(exactMinor(o.Fee, q.To, q.Mid)).Int64(), o.FeeAtMid.Minor)
		}
		require.Equal(t, o.AtMid.Minor-o.Destination.Minor, o.FeeAtMid.Minor+o.Spread.Minor+o.Rounding.Minor)
		// Rounding is at most the conversion's own half a unit, of the side that was rounded, and three halves of the parts.
		bound := big.NewRat(4, 2)
		if side == FixedDestination {
			bound = new(big.Rat).Add(big.NewRat(3, 2), new(big.Rat).Quo(exactMinor(Money{1, q.From}, q.To, q.Mid), big.NewRat(2, 1)))
		}
		require.LessOrEqual(t, new(big.Rat).Abs(big.NewRat(o.Rounding.Minor, 1)).Cmp(bound), 0)
		switch q.Rate.ratio.Cmp(q.Mid.ratio) {
		case 1:
			require.LessOrEqual(t, o.Spread.Minor, int64(0))
		default:
			require.GreaterOrEqual(t, o.Spread.Minor, int64(0))
			require.GreaterOrEqual(t, o.SpreadPPM, int64(0))
			require.LessOrEqual(t, o.SpreadPPM, int64(Million))
			require.GreaterOrEqual(t, o.CostPPM, int64(0))
		}
		// The all-in rate is what arrives per unit that leaves.
		all := exactMinor(o.Source, q.To, o.AllIn)
		require.Zero(t, all.Cmp(big.NewRat(o.Destination.Minor, 1)))
	})
}
