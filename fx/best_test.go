package fx

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The best quote is the best of all by looking at each, whatever the order.
func TestBestIsTheBestOfAll(t *testing.T) {
	kes, ugx, tzs := MustCurrency("KES"), MustCurrency("UGX"), MustCurrency("TZS")
	at := time.Unix(1_700_000_000, 0).UTC()
	rapid.Check(t, func(t *rapid.T) {
		quotes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Quote {
			return Quote{
				ID: fmt.Sprintf("q%d", rapid.IntRange(0, 3).Draw(t, "id")), Provider: rapid.SampledFrom([]string{"alpha", "beta"}).Draw(t, "provider"),
				From: kes, To: rapid.SampledFrom([]Currency{ugx, ugx, tzs}).Draw(t, "to"),
				Rate:     rapid.SampledFrom([]Rate{MustRate("28"), MustRate("28.5"), MustRate("29")}).Draw(t, "rate"),
				FeeMinor: rapid.SampledFrom([]int64{0, 0, 500, 1000_00}).Draw(t, "fee"),
				Expires:  at.Add(time.Duration(rapid.IntRange(-1, 3).Draw(t, "expires")) * time.Second),
			}
		}), 0, 8).Draw(t, "quotes")
		side := rapid.SampledFrom([]Fixed{FixedSource, FixedDestination}).Draw(t, "fixed")
		amount := Money{rapid.Int64Range(1, 1000_00).Draw(t, "minor"), kes}
		if side == FixedDestination {
			amount.Currency = ugx
		}
		best, made, err := Best(quotes, kes, ugx, side, amount, at)
		shuffled, again, errAgain := Best(rapid.Permutation(quotes).Draw(t, "shuffled"), kes, ugx, side, amount, at)
		if err != nil {
			require.ErrorIs(t, err, ErrNoQuote)
			require.ErrorIs(t, errAgain, ErrNoQuote)
		} else {
			require.Equal(t, best.Rate.String(), shuffled.Rate.String())
			shuffled.Rate = best.Rate
			require.Equal(t, best, shuffled)
			require.Equal(t, made, again)
		}
		for _, q := range quotes {
			c, refused := q.Convert(side, amount)
			if q.ExpiredAt(at) || q.To != ugx || refused != nil {
				continue
			}
			require.NoError(t, err, "a quote holds")
			if side == FixedSource {
				require.GreaterOrEqual(t, made.Destination.Minor, c.Destination.Minor)
			} else {
				require.LessOrEqual(t, made.Source.Minor, c.Source.Minor)
			}
			if c == made {
				require.False(t, q.Expires.After(best.Expires), "one that serves alike holds longer")
			}
		}
	})
}

func TestBestSaysWhyNoneFits(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	q := quoteOf(kes, ugx, MustRate("28.5"))
	q.FeeMinor = 100
	_, _, err := Best([]Quote{q}, kes, ugx, FixedSource, Money{100, kes}, q.Expires.Add(-1))
	require.ErrorIs(t, err, ErrNoQuote)
	requireFault(t, FaultFee, err)
	_, _, err = Best([]Quote{q}, kes, ugx, FixedSource, Money{1000, kes}, q.Expires)
	assert.Equal(t, ErrNoQuote, err)
}
