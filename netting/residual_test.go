package netting_test

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

func anyPositions() *rapid.Generator[[]netting.Position] {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) netting.Position {
		return netting.Position{
			Currency: rapid.StringMatching(`[A-D][A-D]`).Draw(t, "currency"),
			NetMinor: rapid.OneOf(rapid.Int64Range(-20, 20), rapid.Int64Range(-1<<40, 1<<40), rapid.Int64Range(-math.MaxInt64, math.MaxInt64)).Draw(t, "net"),
			Value:    rapid.OneOf(rapid.Just[uint64](netting.One), rapid.Uint64Range(1, 1<<40), rapid.Uint64Min(1)).Draw(t, "value"),
		}
	}), 0, 12, func(p netting.Position) string { return p.Currency })
}

// worth is an amount's value, exactly.
func worth(minor int64, value uint64) *big.Int {
	return new(big.Int).Mul(big.NewInt(minor), new(big.Int).SetUint64(value))
}

func TestResidualTrades(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positions := anyPositions().Draw(t, "positions")
		trades, over, err := netting.Residual(positions)
		require.NoError(t, err)

		again, overAgain, err := netting.Residual(rapid.Permutation(positions).Draw(t, "permuted"))
		require.NoError(t, err)
		require.Equal(t, trades, again, "the order of the positions decides")
		require.Equal(t, over, overAgain, "the order of the positions decides")

		left, value, open := map[string]int64{}, map[string]uint64{}, 0
		for _, p := range positions {
			left[p.Currency], value[p.Currency] = p.NetMinor, p.Value
			if p.NetMinor != 0 {
				open++
			}
		}
		require.LessOrEqual(t, len(trades), max(0, open-1))
		for _, trade := range trades {
			require.Positive(t, trade.SellMinor)
			require.Positive(t, trade.BuyMinor)
			require.LessOrEqual(t, trade.SellMinor, left[trade.Sell], "sells more than the pool is long of")
			require.LessOrEqual(t, trade.BuyMinor, -left[trade.Buy], "buys more than the pool is short of")
			left[trade.Sell] -= trade.SellMinor
			left[trade.Buy] += trade.BuyMinor
			require.True(t, left[trade.Sell] == 0 || left[trade.Buy] == 0, "a trade closes nothing")
			// Both sides are worth the same, to half a minor unit of one of them.
			gap := new(big.Int).Sub(worth(trade.SellMinor, value[trade.Sell]), worth(trade.BuyMinor, value[trade.Buy]))
			coarser := new(big.Int).SetUint64(max(value[trade.Sell], value[trade.Buy]))
			require.LessOrEqual(t, gap.Lsh(gap.Abs(gap), 1).Cmp(coarser), 0, "unequal trade %+v", trade)
		}
		listed := map[string]int64{}
		for _, p := range over {
			require.NotZero(t, p.NetMinor)
			require.Equal(t, value[p.Currency], p.Value)
			listed[p.Currency] = p.NetMinor
		}
		for currency, minor := range left {
			require.Equal(t, minor, listed[currency], currency)
		}
		require.True(t, slices.IsSortedFunc(over, func(a, b netting.Position) int { return cmp.Compare(a.Currency, b.Currency) }))
		requireOneSided(t, positions, over)
	})
}

// requireOneSided fails unless all that stays over on one side, long or short, is worth at most half a
// minor unit of a currency on the other.
func requireOneSided(t *rapid.T, positions, over []netting.Position) {
	coarsest := map[bool]uint64{}
	for _, p := range positions {
		if p.NetMinor != 0 {
			coarsest[p.NetMinor > 0] = max(coarsest[p.NetMinor > 0], p.Value)
		}
	}
	open := map[bool]bool{}
	for _, p := range over {
		twice := new(big.Int).Lsh(worth(p.NetMinor, p.Value), 1)
		if twice.CmpAbs(new(big.Int).SetUint64(coarsest[p.NetMinor < 0])) > 0 {
			open[p.NetMinor > 0] = true
		}
	}
	require.False(t, open[true] && open[false], "both sides stay open: %+v", over)
}

func TestResidualOfBalancedPoolsLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nets := rapid.SliceOfN(rapid.Int64Range(-1<<50, 1<<50), 1, 10).Draw(t, "nets")
		positions, sum := []netting.Position(nil), int64(0)
		for i, net := range append(nets, 0) {
			if i == len(nets) {
				net = -sum
			}
			sum += net
			positions = append(positions, netting.Position{Currency: fmt.Sprintf("%02d", i), NetMinor: net, Value: netting.One})
		}
		_, over, err := netting.Residual(positions)
		require.NoError(t, err)
		require.Empty(t, over)
	})
}

func TestResidualExample(t *testing.T) {
	// 300 of KES and 400 of UGX, in a numeraire, against 510 of EUR: the larger first, and 190 of KES stay over.
	trades, over, err := netting.Residual([]netting.Position{
		{"EUR", -255, 2 * netting.One}, {"KES", 30_000, netting.One / 100}, {"UGX", 10_000, netting.One / 25}, {"USD", 0, 0},
	})
	require.NoError(t, err)
	assert.Equal(t, []netting.Trade{{"UGX", "EUR", 10_000, 200}, {"KES", "EUR", 11_000, 55}}, trades)
	assert.Equal(t, []netting.Position{{"KES", 19_000, netting.One / 100}}, over)
}

func TestResidualRefuses(t *testing.T) {
	for fault, p := range map[netting.InputFault]netting.Position{
		netting.FaultValue:         {"B", 1, 0},
		netting.FaultCurrencyTwice: {"A", 1, 1},
		netting.FaultOverflow:      {"B", math.MinInt64, 1},
	} {
		_, _, err := netting.Residual([]netting.Position{{"A", 1, 1}, p})
		var input *netting.InputError
		require.ErrorAs(t, err, &input)
		assert.Equal(t, netting.InputError{Fault: fault, Index: 1}, *input)
	}
}

var quoted = []fx.Currency{fx.MustCurrency("KES"), fx.MustCurrency("UGX"), fx.MustCurrency("USD")}

func anyQuotes() *rapid.Generator[[]netting.StandingQuote] {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) netting.StandingQuote {
		from := rapid.SampledFrom(quoted).Draw(t, "from")
		to := rapid.SampledFrom(quoted).Filter(func(c fx.Currency) bool { return c != from }).Draw(t, "to")
		return netting.StandingQuote{
			Quote: fx.Quote{
				ID: rapid.StringMatching(`[a-z]{1,2}`).Draw(t, "id"), Provider: "p", From: from, To: to,
				Rate:    fx.MustRate(rapid.SampledFrom([]string{"1", "3/3", "2", "1/3", "1/1000", "3757.2625"}).Draw(t, "rate")),
				Expires: time.Unix(rapid.Int64Range(0, 2).Draw(t, "expires"), 0),
			},
			MaxMinor: rapid.OneOf(rapid.Int64Range(1, 50), rapid.Int64Range(1, 1<<40)).Draw(t, "max"),
		}
	}), 0, 12, func(o netting.StandingQuote) string { return o.Quote.ID })
}

func anyTrades() *rapid.Generator[[]netting.Trade] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) netting.Trade {
		sell := rapid.SampledFrom(quoted).Draw(t, "sell")
		buy := rapid.SampledFrom(quoted).Filter(func(c fx.Currency) bool { return c != sell }).Draw(t, "buy")
		return netting.Trade{
			Sell: sell.String(), Buy: buy.String(), BuyMinor: 1,
			SellMinor: rapid.OneOf(rapid.Int64Range(1, 100), rapid.Int64Range(1, 1<<40)).Draw(t, "minor"),
		}
	}), 0, 4)
}

func rateOf(o netting.StandingQuote) *big.Rat {
	r, _ := new(big.Rat).SetString(o.Quote.Rate.String())
	return r
}

func TestAllotBestPriceFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trades, quotes := anyTrades().Draw(t, "trades"), anyQuotes().Draw(t, "quotes")
		fills, untraded, err := netting.Allot(trades, quotes)
		require.NoError(t, err)
		require.Len(t, untraded, len(trades))

		// Sums of fills and rest equal trades; no quote gives more than it stands for; each fill is its price.
		filled, taken := make([]int64, len(trades)), make([]int64, len(quotes))
		for _, f := range fills {
			standing := quotes[f.Quote]
			require.Equal(t, trades[f.Trade].Sell, standing.Quote.From.String())
			require.Equal(t, trades[f.Trade].Buy, standing.Quote.To.String())
			bought, residual, err := fx.Convert(fx.Money{Minor: f.SellMinor, Currency: standing.Quote.From}, standing.Quote.To, standing.Quote.Rate)
			require.NoError(t, err)
			require.Equal(t, bought.Minor, f.BuyMinor)
			require.Equal(t, residual, f.Residual)
			filled[f.Trade] += f.SellMinor
			taken[f.Quote] += f.SellMinor

			// No better price for the same pair had anything left that this fill could have taken.
			for at, other := range quotes {
				if other.Quote.From != standing.Quote.From || other.Quote.To != standing.Quote.To || rateOf(other).Cmp(rateOf(standing)) <= 0 {
					continue
				}
				rest := min(other.MaxMinor-taken[at], f.SellMinor)
				if rest > 0 {
					_, _, err := fx.Convert(fx.Money{Minor: rest, Currency: other.Quote.From}, other.Quote.To, other.Quote.Rate)
					require.Error(t, err, "quote %s was passed over for %s", other.Quote.ID, standing.Quote.ID)
				}
			}
		}
		for i, trade := range trades {
			require.Equal(t, trade.SellMinor, filled[i]+untraded[i])
		}
		for i, standing := range quotes {
			require.LessOrEqual(t, taken[i], standing.MaxMinor)
		}

		order := rapid.Permutation(indices(len(quotes))).Draw(t, "order")
		permuted := make([]netting.StandingQuote, len(quotes))
		for to, from := range order {
			permuted[to] = quotes[from]
		}
		again, untradedAgain, err := netting.Allot(trades, permuted)
		require.NoError(t, err)
		for i := range again {
			again[i].Quote = order[again[i].Quote]
		}
		require.Equal(t, fills, again)
		require.Equal(t, untraded, untradedAgain)
	})
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestAllotTies(t *testing.T) {
	standing := func(id, rate string, expires int64) netting.StandingQuote {
		return netting.StandingQuote{Quote: fx.Quote{ID: id, From: quoted[2], To: quoted[0], Rate: fx.MustRate(rate), Expires: time.Unix(expires, 0)}, MaxMinor: 10}
	}
	quotes := []netting.StandingQuote{standing("d", "129", 1), standing("c", "130", 2), standing("b", "130", 1), standing("a", "130", 2)}
	fills, untraded, err := netting.Allot([]netting.Trade{{"USD", "KES", 45, 1}}, quotes)
	require.NoError(t, err)
	assert.Equal(t, []netting.Fill{
		{Quote: 2, SellMinor: 10, BuyMinor: 1300}, {Quote: 3, SellMinor: 10, BuyMinor: 1300},
		{Quote: 1, SellMinor: 10, BuyMinor: 1300}, {Quote: 0, SellMinor: 10, BuyMinor: 1290},
	}, fills)
	assert.Equal(t, []int64{5}, untraded, "nobody quotes for the rest")
}

func TestAllotRefuses(t *testing.T) {
	good := netting.StandingQuote{Quote: fx.Quote{ID: "a", From: quoted[0], To: quoted[1], Rate: fx.MustRate("28")}, MaxMinor: 1}
	for name, spoil := range map[string]func(*netting.StandingQuote){
		"no id": func(o *netting.StandingQuote) { o.Quote.ID = "" }, "same id": func(o *netting.StandingQuote) { o.Quote.ID = "a" },
		"no rate": func(o *netting.StandingQuote) { o.Quote.Rate = fx.Rate{} }, "one currency": func(o *netting.StandingQuote) { o.Quote.To = o.Quote.From },
		"no currency": func(o *netting.StandingQuote) { o.Quote.To = fx.Currency{} }, "fee": func(o *netting.StandingQuote) { o.Quote.FeeMinor = 1 }, "nothing": func(o *netting.StandingQuote) { o.MaxMinor = 0 },
	} {
		bad := good
		bad.Quote.ID = "b"
		spoil(&bad)
		_, _, err := netting.Allot(nil, []netting.StandingQuote{good, bad})
		var quote *fx.QuoteError
		require.ErrorAs(t, err, &quote, name)
		assert.Equal(t, bad.Quote.ID, quote.ID, name)
	}
	for fault, trade := range map[netting.InputFault]netting.Trade{
		netting.FaultAmount: {"KES", "UGX", 0, 1}, netting.FaultCurrencyTwice: {"KES", "KES", 1, 1},
	} {
		_, _, err := netting.Allot([]netting.Trade{{"KES", "UGX", 1, 1}, trade}, nil)
		var input *netting.InputError
		require.ErrorAs(t, err, &input)
		assert.Equal(t, netting.InputError{Fault: fault, Index: 1}, *input)
	}
}

// A quote at which an amount cannot be counted is no price for it, and spoils nothing else.
func TestAllotPassesOverWhatCannotBeCounted(t *testing.T) {
	quoted := [2]fx.Currency{fx.MustCurrency("KES"), fx.MustCurrency("UGX")}
	fills, untraded, err := netting.Allot([]netting.Trade{{"KES", "UGX", math.MaxInt64, 1}}, []netting.StandingQuote{{
		Quote: fx.Quote{ID: "a", From: quoted[0], To: quoted[1], Rate: fx.MustRate("1000")}, MaxMinor: math.MaxInt64,
	}})
	require.NoError(t, err)
	assert.Empty(t, fills)
	assert.Equal(t, []int64{math.MaxInt64}, untraded)
}
