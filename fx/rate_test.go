package fx

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyRate draws fractions from the plain to the absurd.
func anyRate() *rapid.Generator[Rate] {
	return rapid.Custom(func(t *rapid.T) Rate {
		text := rapid.OneOf(
			rapid.StringMatching(`[1-9][0-9]{0,3}(\.[0-9]{1,6})?`),
			rapid.StringMatching(`0\.0{0,5}[1-9][0-9]{0,4}`),
			rapid.StringMatching(`[1-9][0-9]{0,30}/[1-9][0-9]{0,30}`),
			rapid.StringMatching(`[1-9][0-9]{0,2}/[2-8]`), // ties are common here
		).Draw(t, "rate")
		r, err := ParseRate(text)
		require.NoError(t, err, text)
		return r
	})
}

func requireRateError(t require.TestingT, err error, about ...any) {
	var rate *RateError
	require.ErrorAs(t, err, &rate, about...)
	require.Less(t, len(err.Error()), 600)
	require.True(t, utf8.ValidString(rate.Text))
}

func TestParseRateAccepts(t *testing.T) {
	for text, want := range map[string]string{
		"129.87": "12987/100", "12987/100": "12987/100", "1": "1", "0.5": "1/2", "007": "7", "00.50": "1/2",
		"010/1": "10", "2/4": "1/2", "08/09": "8/9",
		strings.Repeat("9", 153) + "/" + strings.Repeat("7", 153): strings.Repeat("9", 153) + "/" + strings.Repeat("7", 153),
	} {
		r, err := ParseRate(text)
		require.NoError(t, err, text)
		assert.Equal(t, MustRate(want).String(), r.String(), text)
		assert.True(t, r.Equal(MustRate(want)))
	}
	assert.Equal(t, "12987/100", MustRate("129.87").String())
	assert.Equal(t, "0.333", MustRate("1/3").Text(3))
}

func TestParseRateRefuses(t *testing.T) {
	for _, text := range []string{
		"", "0", "0.0", "0/1", "1/0", "0/0", "-1", "+1", "-1/-2", "1e5", "1E5", "1p5", "0x1f", "0x1f/3", "0b1/1", "0o7/1", "1_0/3", "1/1_0",
		".5", "5.", "1.5/2", "1/2.5", "1/2/3", "/", "1/", "/1", " 1", "1 ", "1\n", "NaN", "Inf", "١", "1,5", "\xff", "1/\x00",
		strings.Repeat("9", 155), "1/" + strings.Repeat("9", 155), "0." + strings.Repeat("0", 170) + "1",
		strings.Repeat("9", maxRateText), strings.Repeat("0", maxRateText) + "1", strings.Repeat("é", 1<<20),
	} {
		r, err := ParseRate(text)
		requireRateError(t, err, "%.40q", text)
		assert.True(t, r.IsZero())
		assert.Panics(t, func() { MustRate(text) })
	}
}

func TestRateTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRate().Draw(t, "rate")
		text, err := r.MarshalText()
		require.NoError(t, err)
		var read Rate
		require.NoError(t, read.UnmarshalText(text))
		require.True(t, r.Equal(read))
		require.Equal(t, r.String(), read.String())
	})
	r := MustRate("2")
	requireRateError(t, r.UnmarshalText([]byte("-1")))
	assert.True(t, r.Equal(MustRate("2")), "a refused text changes nothing")
}

func TestInverseAndTimes(t *testing.T) {
	one := MustRate("1")
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyRate().Draw(t, "a"), anyRate().Draw(t, "b")
		kept := a.String()
		require.True(t, a.Inverse().Inverse().Equal(a))
		product, err := a.Times(a.Inverse())
		require.NoError(t, err)
		require.True(t, product.Equal(one))
		ab, err := a.Times(b)
		require.NoError(t, err)
		ba, err := b.Times(a)
		require.NoError(t, err)
		require.True(t, ab.Equal(ba))
		back, err := ab.Times(b.Inverse())
		require.NoError(t, err)
		require.True(t, back.Equal(a))
		require.Equal(t, kept, a.String(), "an operand changed")
	})
}

// A chain of triangulations ends in an error, not in numbers that grow for ever; what it reached is readable.
func TestTimesIsBounded(t *testing.T) {
	r := MustRate("1000000007/998244353")
	for range maxRateBits {
		next, err := r.Times(r)
		if err != nil {
			requireRateError(t, err)
			return
		}
		read, err := ParseRate(next.String())
		require.NoError(t, err)
		require.True(t, read.Equal(next))
		r = next
	}
	t.Fatal("never refused")
}

func TestNoRate(t *testing.T) {
	var none Rate
	assert.True(t, none.IsZero())
	assert.True(t, none.Equal(none.Inverse()))
	assert.False(t, none.Equal(MustRate("1")))
	assert.False(t, MustRate("1").Equal(none))
	assert.Empty(t, none.String())
	assert.Empty(t, none.Text(2))
	_, err := none.Times(MustRate("1"))
	requireRateError(t, err)
	_, err = MustRate("1").Times(none)
	requireRateError(t, err)
	_, _, err = Convert(Money{1, MustCurrency("KES")}, MustCurrency("UGX"), none)
	requireRateError(t, err)
}

// halfEven rounds by comparing with the midpoint of the two neighbours: another way than the code under test.
func halfEven(x *big.Rat) *big.Int {
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean, and so the floor for a positive denominator
	above := new(big.Int).Add(floor, big.NewInt(1))
	midpoint := new(big.Rat).SetFrac(new(big.Int).Add(floor, above), big.NewInt(2))
	switch x.Cmp(midpoint) {
	case -1:
		return floor
	case 1:
		return above
	}
	if new(big.Int).Mod(floor, big.NewInt(2)).Sign() == 0 {
		return floor
	}
	return above
}

// exactMinor is m at rate r in minor units of to, as a rational.
func exactMinor(m Money, to Currency, r Rate) *big.Rat {
	exact := new(big.Rat).Mul(exactMajor(m), MustRate(r.String()).ratio)
	return exact.Mul(exact, new(big.Rat).SetInt(tenTo(to.MinorUnits())))
}

// requireExact holds a conversion against the oracle: the rounding, the residual's bound, and
// amount × rate = converted + residual, to the half billionth that the residual itself is rounded by.
func requireExact(t require.TestingT, exact *big.Rat, converted Money, residual NanoMinor) {
	require.Equal(t, halfEven(exact).String(), big.NewInt(converted.Minor).String())
	require.LessOrEqual(t, residual, NanoPerMinor/2)
	require.GreaterOrEqual(t, residual, -NanoPerMinor/2)
	nano := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(converted.Minor))
	nano.Mul(nano, new(big.Rat).SetInt64(NanoPerMinor))
	require.Equal(t, halfEven(nano).Int64(), residual)
	if nano.IsInt() {
		sum := new(big.Rat).SetFrac64(residual, NanoPerMinor)
		require.Zero(t, exact.Cmp(sum.Add(sum, new(big.Rat).SetInt64(converted.Minor))), "amount × rate = converted + residual")
	}
}

func TestConvertAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money{
			rapid.OneOf(rapid.Int64Range(1, 10_000_000), rapid.Int64Range(math.MaxInt64>>12, math.MaxInt64)).Draw(t, "minor"),
			anyCurrency().Draw(t, "from"),
		}
		to, r := anyCurrency().Draw(t, "to"), anyRate().Draw(t, "rate")
		exact := exactMinor(m, to, r)
		converted, residual, err := Convert(m, to, r)
		switch rounded := halfEven(exact); {
		case !rounded.IsInt64():
			requireFault(t, FaultOverflow, err)
		case rounded.Sign() == 0:
			requireFault(t, FaultZero, err)
		default:
			require.NoError(t, err)
			require.Equal(t, to, converted.Currency)
			require.Positive(t, converted.Minor)
			requireExact(t, exact, converted, residual)
		}
	})
}

func TestConvertRoundsTiesToEven(t *testing.T) {
	kes, ugx, kwd, hours := MustCurrency("KES"), MustCurrency("UGX"), MustCurrency("KWD"), MustCurrency("hours.chama-nairobi.2")
	for _, c := range []struct {
		m         Money
		to        Currency
		rate      string
		converted int64
		residual  NanoMinor
	}{
		{Money{150, kes}, ugx, "1", 2, -500_000_000},
		{Money{250, kes}, ugx, "1", 2, 500_000_000},
		{Money{350, kes}, ugx, "1", 4, -500_000_000},
		{Money{251, kes}, ugx, "1", 3, -490_000_000},
		{Money{249, kes}, ugx, "1", 2, 490_000_000},
		{Money{100, kes}, ugx, "1", 1, 0},
		{Money{1, ugx}, kwd, "1", 1000, 0},
		{Money{1000, kes}, hours, "1/3", 333, 333_333_333},
		{Money{2000, kes}, hours, "1/3", 667, -333_333_333},
		{Money{100, hours}, kes, "250", 25_000, 0},
		{Money{100, kes}, ugx, "1.0000000005", 1, 0},  // half a billionth: to the even zero
		{Money{100, kes}, ugx, "1.0000000015", 1, 2},  // one and a half billionths: to the even two
		{Money{200, kes}, ugx, "0.99999999975", 2, 0}, // the same below
	} {
		converted, residual, err := Convert(c.m, c.to, MustRate(c.rate))
		require.NoError(t, err, c)
		assert.Equal(t, Money{c.converted, c.to}, converted, c)
		assert.Equal(t, c.residual, residual, c)
	}
}

// Every tie, drawn: an odd number of halves.
func TestConvertTies(t *testing.T) {
	ugx := MustCurrency("UGX")
	rapid.Check(t, func(t *rapid.T) {
		odd := 2*rapid.Int64Range(1, math.MaxInt64/2-1).Draw(t, "halves") + 1
		converted, residual, err := Convert(Money{odd, ugx}, ugx, MustRate("1/2"))
		require.NoError(t, err)
		require.Zero(t, converted.Minor%2)
		require.Equal(t, odd-2*converted.Minor, 2*residual/NanoPerMinor)
		require.Contains(t, []NanoMinor{NanoPerMinor / 2, -NanoPerMinor / 2}, residual)
	})
}

func TestConvertRefuses(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	one := MustRate("1")
	for _, c := range []struct {
		fault AmountFault
		m     Money
		to    Currency
		rate  Rate
	}{
		{FaultSign, Money{0, kes}, ugx, one},
		{FaultSign, Money{-1, kes}, ugx, one},
		{FaultSign, Money{math.MinInt64, kes}, ugx, one},
		{FaultZero, Money{1, kes}, ugx, one},
		{FaultZero, Money{50, kes}, ugx, one}, // exactly half rounds to the even zero
		{FaultOverflow, Money{math.MaxInt64, ugx}, kes, one},
		{FaultOverflow, Money{1, ugx}, ugx, MustRate("9223372036854775807.5")},
		{FaultOverflow, Money{math.MaxInt64, kes}, ugx, MustRate(strings.Repeat("9", 150))},
		{FaultCurrency, Money{1, Currency{}}, ugx, one},
		{FaultCurrency, Money{1, kes}, Currency{}, one},
	} {
		converted, residual, err := Convert(c.m, c.to, c.rate)
		requireFault(t, c.fault, err, c)
		assert.Zero(t, converted)
		assert.Zero(t, residual)
	}
	converted, residual, err := Convert(Money{1, ugx}, ugx, MustRate("9223372036854775807.4"))
	require.NoError(t, err)
	assert.Equal(t, int64(math.MaxInt64), converted.Minor)
	assert.Equal(t, NanoMinor(400_000_000), residual)
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"129.87", "12987/100", "1/3", "", "0", "1/0", "010/1", "0x1/2", "1e9", "1_0/3", ".5", "5.", "\xff", strings.Repeat("9", 154)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRate(text)
		if err != nil {
			requireRateError(t, err)
			require.True(t, r.IsZero())
			return
		}
		require.LessOrEqual(t, len(text), maxRateText)
		require.LessOrEqual(t, len(r.String()), maxRateText)
		require.Positive(t, r.ratio.Sign())
		again, err := ParseRate(r.String())
		require.NoError(t, err)
		require.True(t, again.Equal(r))
		inverse, err := ParseRate(r.Inverse().String())
		require.NoError(t, err)
		require.True(t, inverse.Inverse().Equal(r))
	})
}
