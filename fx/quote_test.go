package fx

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func quoteOf(from, to Currency, r Rate) Quote {
	return Quote{ID: "q1", Provider: "bank", From: from, To: to, Rate: r, Expires: time.Unix(1_700_000_000, 0).UTC()}
}

func TestQuoteConvertsBothFixedSides(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	q := quoteOf(kes, ugx, MustRate("28.5"))
	c, err := q.Convert(FixedSource, Money{1001, kes})
	require.NoError(t, err)
	assert.Equal(t, Conversion{Source: Money{1001, kes}, Destination: Money{285, ugx}, Residual: 285_000_000}, c)
	c, err = q.Convert(FixedDestination, Money{285, ugx})
	require.NoError(t, err)
	assert.Equal(t, Conversion{Source: Money{1000, kes}, Destination: Money{285, ugx}}, c)

	rapid.Check(t, func(t *rapid.T) {
		q := quoteOf(anyCurrency().Draw(t, "from"), anyCurrency().Draw(t, "to"), anyRate().Draw(t, "rate"))
		minor := rapid.Int64Range(1, 1<<40).Draw(t, "minor")
		q.FeeMinor = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1<<41), rapid.Just(int64(math.MaxInt64))).Draw(t, "fee")
		for _, side := range []Fixed{FixedSource, FixedDestination} {
			fixed, other, rate := q.From, q.To, q.Rate
			if side == FixedDestination {
				fixed, other, rate = q.To, q.From, q.Rate.Inverse()
			}
			amount := Money{minor, fixed}
			got, err := q.Convert(side, amount)
			if err != nil {
				var fault *AmountError
				require.ErrorAs(t, err, &fault)
				require.Contains(t, []AmountFault{FaultZero, FaultOverflow, FaultFee}, fault.Fault)
				require.Equal(t, side == FixedSource && minor <= q.FeeMinor, fault.Fault == FaultFee)
				require.Zero(t, got)
				continue
			}
			kept, computed, exchanged := got.Source, got.Destination, amount
			if side == FixedSource {
				exchanged.Minor -= q.FeeMinor
			} else {
				kept, computed = computed, kept
			}
			require.Equal(t, amount, kept, "the fixed side stays as it is")
			require.Equal(t, other, computed.Currency)
			if side == FixedDestination {
				computed.Minor -= q.FeeMinor
			}
			requireExact(t, exactMinor(exchanged, other, rate), computed, got.Residual)
		}
	})
}

func TestQuoteRefuses(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	q := quoteOf(kes, ugx, MustRate("28.5"))
	for name, c := range map[string]struct {
		quote  Quote
		fixed  Fixed
		amount Money
	}{
		"no side":           {q, "", Money{1, kes}},
		"a third side":      {q, "middle", Money{1, kes}},
		"the other side":    {q, FixedSource, Money{1, ugx}},
		"the other side, 2": {q, FixedDestination, Money{1, kes}},
		"a third currency":  {q, FixedSource, Money{1, MustCurrency("USD")}},
		"no rate":           {quoteOf(kes, ugx, Rate{}), FixedDestination, Money{1, ugx}},
		"no quote":          {Quote{}, FixedSource, Money{1, kes}},
	} {
		got, err := c.quote.Convert(c.fixed, c.amount)
		var refused *QuoteError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, c.quote.ID, refused.ID)
		assert.Contains(t, err.Error(), refused.Fault)
		assert.Zero(t, got)
	}
	charged := q
	charged.FeeMinor = -1
	_, err := charged.Convert(FixedSource, Money{100, kes})
	var refused *QuoteError
	require.ErrorAs(t, err, &refused)
	charged.FeeMinor = 100
	_, err = charged.Convert(FixedSource, Money{100, kes})
	requireFault(t, FaultFee, err)
	_, err = charged.Convert(FixedSource, Money{-1, kes})
	requireFault(t, FaultSign, err)
	_, err = charged.Convert(FixedSource, Money{101, kes})
	requireFault(t, FaultZero, err)
	c, err := charged.Convert(FixedSource, Money{300, kes})
	require.NoError(t, err)
	assert.Equal(t, Conversion{Source: Money{300, kes}, Destination: Money{57, ugx}}, c)
	c, err = charged.Convert(FixedDestination, Money{57, ugx})
	require.NoError(t, err)
	assert.Equal(t, Conversion{Source: Money{300, kes}, Destination: Money{57, ugx}}, c)
	charged.FeeMinor = math.MaxInt64
	_, err = charged.Convert(FixedDestination, Money{57, ugx})
	requireFault(t, FaultOverflow, err)

	for fault, minor := range map[AmountFault]int64{FaultSign: 0, FaultZero: 1, FaultOverflow: math.MaxInt64} {
		q := quoteOf(ugx, kes, MustRate("0.001"))
		if fault == FaultOverflow {
			q.Rate = MustRate("1")
		}
		got, err := q.Convert(FixedSource, Money{minor, ugx})
		requireFault(t, fault, err)
		assert.Zero(t, got)
	}
}

func TestQuoteExpires(t *testing.T) {
	q := quoteOf(MustCurrency("KES"), MustCurrency("UGX"), MustRate("28.5"))
	assert.False(t, q.ExpiredAt(q.Expires.Add(-time.Nanosecond)))
	assert.True(t, q.ExpiredAt(q.Expires))
	assert.True(t, Quote{}.ExpiredAt(time.Time{}))
}

// A quote travels as JSON with its rate exact.
func TestQuoteJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := quoteOf(anyCurrency().Draw(t, "from"), anyCurrency().Draw(t, "to"), anyRate().Draw(t, "rate"))
		q.FeeMinor = rapid.Int64Min(0).Draw(t, "fee")
		if rapid.Bool().Draw(t, "has a mid rate") {
			q.Mid = anyRate().Draw(t, "mid")
		}
		text, err := json.Marshal(q)
		require.NoError(t, err)
		var read Quote
		require.NoError(t, json.Unmarshal(text, &read))
		require.True(t, q.Rate.Equal(read.Rate))
		require.True(t, q.Mid.Equal(read.Mid))
		read.Rate, read.Mid = q.Rate, q.Mid
		require.Equal(t, q, read)
	})
}
