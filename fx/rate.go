package fx

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

// Rate is an exact positive rational: major units of one currency per major unit of another.
// The zero value is no rate. Rates compare with Equal, not with ==.
type Rate struct{ ratio *big.Rat }

// maxRateBits bounds numerator and denominator, so that no chain of triangulations grows for ever.
const maxRateBits = 512

// RateError tells which rate failed and why. A retry with the same text fails again.
type RateError struct{ Text, Fault string }

func (e *RateError) Error() string { return fmt.Sprintf("fx: rate %q: %s", e.Text, e.Fault) }

// maxRateText bounds in bytes what ParseRate reads; the longest fraction that String writes is shorter.
const maxRateText = 2 * maxRateBits / 3

// ParseRate reads a plain decimal ("129.87") or an exact fraction of two integers ("12987/100"): only
// digits, one point or one slash, no sign, no exponent. Errors are *RateError.
func ParseRate(text string) (Rate, error) {
	fail := func(fault string) (Rate, error) { return Rate{}, &RateError{Text: clip(text), Fault: fault} }
	if text == "" || len(text) > maxRateText {
		return fail("length")
	}
	if numerator, denominator, ok := strings.Cut(text, "/"); ok {
		// Base 10 is said, because big.Rat would read "010/1" as octal eight.
		num, okNum := new(big.Int).SetString(numerator, 10)
		den, okDen := new(big.Int).SetString(denominator, 10)
		switch {
		case !allDigits(numerator) || !allDigits(denominator) || !okNum || !okDen:
			return fail("syntax")
		case den.Sign() == 0:
			return fail("division by zero")
		}
		return newRate(new(big.Rat).SetFrac(num, den))
	}
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return fail("syntax")
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return fail("syntax")
	}
	return newRate(d.Rat())
}

func newRate(ratio *big.Rat) (Rate, error) {
	if ratio.Sign() <= 0 {
		return Rate{}, &RateError{Text: clip(ratio.RatString()), Fault: "not positive"}
	}
	if ratio.Num().BitLen() > maxRateBits || ratio.Denom().BitLen() > maxRateBits {
		return Rate{}, &RateError{Text: clip(ratio.RatString()), Fault: "too long"}
	}
	return Rate{ratio: ratio}, nil
}

// MustRate is ParseRate for rates written in the source. It panics on a malformed rate.
func MustRate(text string) Rate {
	r, err := ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

// Times returns r × o: with r in B per A and o in C per B, the rate in C per A. Errors are *RateError.
func (r Rate) Times(o Rate) (Rate, error) {
	if r.IsZero() || o.IsZero() {
		return Rate{}, &RateError{Fault: "no rate"}
	}
	return newRate(new(big.Rat).Mul(r.ratio, o.ratio))
}

// Inverse returns 1/r: B per A becomes A per B. No rate stays no rate.
func (r Rate) Inverse() Rate {
	if r.IsZero() {
		return r
	}
	return Rate{ratio: new(big.Rat).Inv(r.ratio)}
}

// IsZero tells whether r is no rate.
func (r Rate) IsZero() bool { return r.ratio == nil }

// Equal tells whether two rates are the same number.
func (r Rate) Equal(o Rate) bool {
	if r.IsZero() || o.IsZero() {
		return r.IsZero() == o.IsZero()
	}
	return r.ratio.Cmp(o.ratio) == 0
}

// near tells whether two rates differ by at most a thousandth of the greater one.
func (r Rate) near(o Rate) bool {
	lesser, greater := r.ratio, o.ratio
	if lesser.Cmp(greater) > 0 {
		lesser, greater = greater, lesser
	}
	return new(big.Rat).Mul(greater, big.NewRat(999, 1000)).Cmp(lesser) <= 0
}

// String writes the exact fraction in lowest terms, in the form that ParseRate reads; "" for no rate.
func (r Rate) String() string {
	if r.IsZero() {
		return ""
	}
	return r.ratio.RatString()
}

// shortest writes the rate as a decimal where that is exact and short, as a fraction otherwise: one form
// for each rate, which ParseRate reads.
func (r Rate) shortest() string {
	const maxDecimals = 40
	if decimals, exact := r.ratio.FloatPrec(); exact && decimals <= maxDecimals {
		return r.ratio.FloatString(decimals)
	}
	return r.ratio.RatString()
}

// Text writes the rate for people, rounded to the given number of decimals; "" for no rate.
func (r Rate) Text(decimals int) string {
	if r.IsZero() {
		return ""
	}
	return r.ratio.FloatString(decimals)
}

// MarshalText writes the exact fraction. The zero value writes "", which UnmarshalText refuses.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate as ParseRate does.
func (r *Rate) UnmarshalText(text []byte) error {
	parsed, err := ParseRate(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// NanoMinor is a fraction of a minor unit in billionths: what rounding leaves over.
type NanoMinor = int64

// NanoPerMinor is how many NanoMinor make one minor unit.
const NanoPerMinor NanoMinor = 1_000_000_000

// Convert changes m into currency to at rate r (major units of to per major unit of m's currency),
// rounding half-even to to's minor unit. residual is the exact value less the rounded one, in
// billionths of to's minor unit, itself half-even; it lies in [-500,000,000, 500,000,000].
// m must be positive, both currencies and the rate must be set, and a result of zero is refused.
// Errors are *AmountError, and *RateError without a rate.
func Convert(m Money, to Currency, r Rate) (converted Money, residual NanoMinor, err error) {
	if r.IsZero() {
		return Money{}, 0, &RateError{Fault: "no rate"}
	}
	return convert(m, to, r.ratio.Num(), r.ratio.Denom())
}

// convert is Convert at the rate num/den, of which it changes neither.
func convert(m Money, to Currency, num, den *big.Int) (Money, NanoMinor, error) {
	fail := func(f AmountFault) (Money, NanoMinor, error) {
		return Money{}, 0, &AmountError{Fault: f, Amount: m.String() + " to " + to.String()}
	}
	switch {
	case m.Currency.IsZero() || to.IsZero():
		return fail(FaultCurrency)
	case m.Minor <= 0:
		return fail(FaultSign)
	}
	shift := to.MinorUnits() - m.Currency.MinorUnits()
	minor, residual, ok := convert64(m.Minor, num, den, shift)
	if !ok {
		minor, residual, ok = convertBig(m.Minor, num, den, shift)
	}
	switch {
	case !ok:
		return fail(FaultOverflow)
	case minor == 0:
		return fail(FaultZero)
	}
	return Money{Minor: minor, Currency: to}, residual, nil
}

// convertBig returns minor × num/den × 10^shift, rounded as Convert says, and the residual; ok is false
// where that is outside int64.
func convertBig(minor int64, num, den *big.Int, shift int) (converted int64, residual NanoMinor, ok bool) {
	num, den = new(big.Int).Mul(big.NewInt(minor), num), new(big.Int).Set(den)
	if shift >= 0 {
		num.Mul(num, powerOfTen(shift))
	} else {
		den.Mul(den, powerOfTen(-shift))
	}
	rounded := divideHalfEven(num, den)
	if !rounded.IsInt64() {
		return 0, 0, false
	}
	rest := num.Sub(num, new(big.Int).Mul(rounded, den))
	rest.Mul(rest, big.NewInt(NanoPerMinor))
	return rounded.Int64(), divideHalfEven(rest, den).Int64(), true
}

// exactMinors is an amount of minor units of from, in minor units of to at rate r, before any rounding.
func exactMinors(minor *big.Rat, from, to Currency, r Rate) *big.Rat {
	exact := new(big.Rat).Mul(minor, r.ratio)
	shift := to.MinorUnits() - from.MinorUnits()
	scale := new(big.Rat).SetInt(powerOfTen(max(shift, -shift)))
	if shift < 0 {
		scale.Inv(scale)
	}
	return exact.Mul(exact, scale)
}

func powerOfTen(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// divideHalfEven returns num/den rounded to the nearest integer, ties to even; den > 0.
func divideHalfEven(num, den *big.Int) *big.Int {
	quotient, rest := new(big.Int).DivMod(num, den, new(big.Int)) // Euclidean: 0 <= rest < den
	switch twice := rest.Lsh(rest, 1).Cmp(den); {
	case twice > 0, twice == 0 && quotient.Bit(0) == 1:
		quotient.Add(quotient, big.NewInt(1))
	}
	return quotient
}
