package fx

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// convertRational is Convert in rationals and nothing else, as an oracle of every result and error.
func convertRational(m Money, to Currency, r Rate) (Money, NanoMinor, error) {
	fail := func(f AmountFault) (Money, NanoMinor, error) {
		return Money{}, 0, &AmountError{Fault: f, Amount: m.String() + " to " + to.String()}
	}
	switch {
	case r.IsZero():
		return Money{}, 0, &RateError{Fault: "no rate"}
	case m.Currency.IsZero() || to.IsZero():
		return fail(FaultCurrency)
	case m.Minor <= 0:
		return fail(FaultSign)
	}
	exact := exactMinor(m, to, r)
	rounded := halfEven(exact)
	switch {
	case !rounded.IsInt64():
		return fail(FaultOverflow)
	case rounded.Sign() == 0:
		return fail(FaultZero)
	}
	rest := new(big.Rat).Sub(exact, new(big.Rat).SetInt(rounded))
	nano := halfEven(rest.Mul(rest, new(big.Rat).SetInt64(NanoPerMinor)))
	return Money{Minor: rounded.Int64(), Currency: to}, nano.Int64(), nil
}

// quoteRational is Quote.Convert of a side that the quote has.
func quoteRational(q Quote, fixed Fixed, amount Money) (Conversion, error) {
	if fixed == FixedDestination {
		exchanged, residual, err := convertRational(amount, q.From, q.Rate.Inverse())
		if err != nil {
			return Conversion{}, err
		}
		source, err := exchanged.Add(q.Fee())
		if err != nil {
			return Conversion{}, err
		}
		return Conversion{Source: source, Destination: amount, Residual: residual}, nil
	}
	exchanged := amount
	if amount.Minor > 0 {
		if amount.Minor <= q.FeeMinor {
			return Conversion{}, &AmountError{Fault: FaultFee, Amount: amount.String()}
		}
		exchanged.Minor -= q.FeeMinor
	}
	other, residual, err := convertRational(exchanged, q.To, q.Rate)
	if err != nil {
		return Conversion{}, err
	}
	return Conversion{Source: amount, Destination: other, Residual: residual}, nil
}

// hostileInteger draws positive integers: small ones, what makes ties, powers of two and ten and their neighbours, on
// both sides of every limit of machine words.
func hostileInteger() *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		var n *big.Int
		switch rapid.SampledFrom([]string{"small", "halves", "any", "binary", "decimal", "long"}).Draw(t, "kind") {
		case "small":
			return big.NewInt(rapid.Int64Range(1, 1000).Draw(t, "small"))
		case "halves": // of a minor unit, and of the billionths that residuals are in
			return big.NewInt(rapid.SampledFrom([]int64{2, 4, 2e2, 2e9, 4e9, 2e10}).Draw(t, "halves"))
		case "any":
			n = new(big.Int).SetUint64(rapid.Uint64().Draw(t, "any"))
		case "binary":
			n = new(big.Int).Lsh(big.NewInt(1), rapid.UintRange(30, 66).Draw(t, "bits"))
		case "decimal":
			n = tenTo(rapid.IntRange(0, 22).Draw(t, "zeros"))
			n.Mul(n, big.NewInt(rapid.Int64Range(1, 99).Draw(t, "times")))
		default:
			n = new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 1, maxRateBits/8).Draw(t, "bytes"))
		}
		n.Add(n, big.NewInt(rapid.Int64Range(-2, 2).Draw(t, "beside")))
		if n.Sign() <= 0 || n.BitLen() > maxRateBits {
			return big.NewInt(1)
		}
		return n
	})
}

func hostileRate() *rapid.Generator[Rate] {
	return rapid.Custom(func(t *rapid.T) Rate {
		r, err := newRate(new(big.Rat).SetFrac(hostileInteger().Draw(t, "numerator"), hostileInteger().Draw(t, "denominator")))
		require.NoError(t, err)
		return r
	})
}

// hostileMinor draws any amount, often one beside a limit.
func hostileMinor() *rapid.Generator[int64] {
	return rapid.OneOf(anyMinor(), rapid.Int64Range(1, 1<<40), rapid.Custom(func(t *rapid.T) int64 {
		n := hostileInteger().Draw(t, "minor")
		return new(big.Int).And(n, big.NewInt(math.MaxInt64)).Int64()
	}))
}

func hostileCurrency() *rapid.Generator[Currency] {
	return rapid.OneOf(anyCurrency(), rapid.SampledFrom([]Currency{
		{}, MustCurrency("UGX"), MustCurrency("JPY"), MustCurrency("KES"), MustCurrency("KWD"), MustCurrency("BHD"), MustCurrency("h.chama.6"),
	}))
}

// Whatever a quote is asked, it answers as rationals do: both amounts, the residual, and each error's text.
func TestQuoteConvertsAsRationalsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := quoteOf(hostileCurrency().Draw(t, "from"), hostileCurrency().Draw(t, "to"), rapid.OneOf(hostileRate(), anyRate()).Draw(t, "rate"))
		q.FeeMinor = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1000), rapid.Int64Min(0)).Draw(t, "fee")
		minor := hostileMinor().Draw(t, "amount")
		for fixed, amount := range map[Fixed]Money{FixedSource: {minor, q.From}, FixedDestination: {minor, q.To}} {
			got, err := q.Convert(fixed, amount)
			want, wantErr := quoteRational(q, fixed, amount)
			require.Equal(t, wantErr, err)
			require.Equal(t, want, got)
		}
	})
}

// The two ways of one conversion agree, and the quick one answers wherever words suffice.
func TestConvert64AgreesWithConvertBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := max(1, hostileMinor().Draw(t, "minor"))
		num, den := hostileInteger().Draw(t, "numerator"), hostileInteger().Draw(t, "denominator")
		shift := rapid.IntRange(-6, 6).Draw(t, "shift")
		quick, quickResidual, ok := convert64(minor, num, den, shift)

		scaledNum, scaledDen := new(big.Int).Mul(num, tenTo(max(0, shift))), new(big.Int).Mul(den, tenTo(max(0, -shift)))
		floor := new(big.Int).Mul(big.NewInt(minor), scaledNum)
		floor.Div(floor, scaledDen)
		require.Equal(t, scaledNum.IsUint64() && scaledDen.IsUint64() && floor.Cmp(big.NewInt(math.MaxInt64)) < 0, ok)
		if !ok {
			return
		}
		slow, slowResidual, ok := convertBig(minor, num, den, shift)
		require.True(t, ok)
		require.Equal(t, slow, quick)
		require.Equal(t, slowResidual, quickResidual)
	})
}

// On either side of what words hold: the rate's terms when scaled, and the result.
func TestConvert64Limits(t *testing.T) {
	const top = uint64(math.MaxUint64)
	for _, c := range []struct {
		minor    int64
		num, den uint64
		shift    int
		fits     bool
	}{
		{1, 1, 1, 0, true},
		{3, 1, top, 0, true},
		{1, top, 3, 0, true},
		{math.MaxInt64, top, top, 0, false}, // the greatest result of all is left to convertBig
		{math.MaxInt64 - 1, top, top, 0, true},
		{math.MaxInt64, top - 2, top, 0, true},
		{1, top / 100, 1000, 2, true},
		{1, top/100 + 1, 1000, 2, false},
		{1000, 7, top / 100, -2, true},
		{1000, 7, top/100 + 1, -2, false},
		{1000, 7, top / 1_000_000, -6, true},
		{1000, 7, top/1_000_000 + 1, -6, false},
		{math.MaxInt64, 2, 1, 0, false},
		{math.MaxInt64, top, 1, 0, false},
	} {
		num, den := new(big.Int).SetUint64(c.num), new(big.Int).SetUint64(c.den)
		quick, quickResidual, ok := convert64(c.minor, num, den, c.shift)
		require.Equal(t, c.fits, ok, c)
		if ok {
			slow, slowResidual, ok := convertBig(c.minor, num, den, c.shift)
			require.True(t, ok, c)
			require.Equal(t, slow, quick, c)
			require.Equal(t, slowResidual, quickResidual, c)
		}
	}
}

// Every currency's minor units have their power of ten.
func TestTens(t *testing.T) {
	for i, ten := range tens {
		require.Equal(t, tenTo(i).Uint64(), ten)
	}
	for _, code := range append(isoCodes(), "h.chama.6") {
		require.Less(t, MustCurrency(code).MinorUnits(), len(tens))
	}
}
