package accountant

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// moneyOf reads an amount as a participant wrote it: digits, and at most as many decimals as its currency has.
func moneyOf(a messaging.Amount) (fx.Money, bool) {
	currency, err := fx.ParseCurrency(a.Currency)
	if err != nil || a.Amount == "" {
		return fx.Money{}, false
	}
	var minor uint64
	decimals := -1 // before the point
	for i := range len(a.Amount) {
		c := a.Amount[i]
		switch {
		case c == '.' && decimals < 0 && i > 0 && i+1 < len(a.Amount):
			decimals = 0
			continue
		case c < '0' || c > '9' || minor > (math.MaxInt64-9)/10:
			return fx.Money{}, false
		}
		minor = 10*minor + uint64(c-'0')
		if decimals >= 0 {
			decimals++
		}
	}
	for decimals = max(decimals, 0); decimals < currency.MinorUnits(); decimals++ {
		if minor > math.MaxInt64/10 {
			return fx.Money{}, false
		}
		minor *= 10
	}
	if decimals > currency.MinorUnits() {
		return fx.Money{}, false
	}
	return fx.Money{Minor: int64(minor), Currency: currency}, true
}

// quote is a provider's promise in minor units: of to per one of from, a fraction in lowest terms.
type quote struct {
	from, to fx.Currency
	feeMinor int64 // of from
	expires  time.Time

	above, below *big.Int
	num, den     uint64 // the same where both fit; else 0
}

// newQuote is ok where the promise can be computed with.
func newQuote(q fx.Quote) (*quote, bool) {
	ratio, ok := new(big.Rat).SetString(q.Rate.String())
	if !ok || ratio.Sign() <= 0 || q.FeeMinor < 0 || q.From == q.To || q.From.IsZero() || q.To.IsZero() {
		return nil, false
	}
	ratio.Mul(ratio, new(big.Rat).SetFrac(tenTo(q.To.MinorUnits()), tenTo(q.From.MinorUnits())))
	made := &quote{
		from: q.From, to: q.To, feeMinor: q.FeeMinor, expires: q.Expires.Truncate(time.Microsecond),
		above: ratio.Num(), below: ratio.Denom(),
	}
	if made.above.IsUint64() && made.below.IsUint64() {
		made.num, made.den = made.above.Uint64(), made.below.Uint64()
	}
	return made, true
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// same tells whether two promises are one.
func (q *quote) same(o *quote) bool {
	return q.from == o.from && q.to == o.to && q.feeMinor == o.feeMinor && q.expires.Equal(o.expires) &&
		q.above.Cmp(o.above) == 0 && q.below.Cmp(o.below) == 0
}

// forward is what reaches the creditor of a fixed source, and what of the exact amount rounding left.
func (q *quote) forward(source int64) (dest int64, left fx.NanoMinor, ok bool) {
	if source <= q.feeMinor {
		return 0, 0, false
	}
	return exchange(source-q.feeMinor, q.num, q.den, q.above, q.below)
}

// backward is what a fixed destination takes, the fee in it.
func (q *quote) backward(dest int64) (source int64, left fx.NanoMinor, ok bool) {
	if source, left, ok = exchange(dest, q.den, q.num, q.below, q.above); !ok {
		return 0, 0, false
	}
	source, ok = fx.AddMinor(source, q.feeMinor)
	return source, left, ok
}

// exchange is minor × num ÷ den, half-even, and the exact amount less that in billionths, half-even too: in machine
// words where they hold it, in long numbers otherwise. ok is false where int64 does not hold it, and of nothing.
func exchange(minor int64, num, den uint64, above, below *big.Int) (rounded int64, left fx.NanoMinor, ok bool) {
	high, low := bits.Mul64(uint64(minor), num) //nolint:gosec // amounts are above zero
	if num == 0 || high >= den {
		return exchangeLong(minor, above, below)
	}
	whole, rest := bits.Div64(high, low, den)
	if whole >= math.MaxInt64 {
		return exchangeLong(minor, above, below)
	}
	up := nearer(whole, rest, den)
	off := rest
	if up {
		whole, off = whole+1, den-rest
	}
	high, low = bits.Mul64(off, uint64(fx.NanoPerMinor)) // off is at most half of den
	nano, rest := bits.Div64(high, low, den)
	if nearer(nano, rest, den) {
		nano++
	}
	left = int64(nano) //nolint:gosec // half of a billion at most
	if up {
		left = -left
	}
	return int64(whole), left, whole > 0
}

// nearer tells whether whole + rest/den is rounded up, half to even.
func nearer(whole, rest, den uint64) bool {
	return rest > den-rest || rest == den-rest && whole&1 == 1
}

func exchangeLong(minor int64, above, below *big.Int) (rounded int64, left fx.NanoMinor, ok bool) {
	exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(minor), above), below)
	whole := halfEven(exact)
	off := new(big.Rat).Sub(exact, new(big.Rat).SetInt(whole))
	nano := halfEven(off.Mul(off, new(big.Rat).SetInt64(fx.NanoPerMinor)))
	return whole.Int64(), nano.Int64(), whole.IsInt64() && whole.Sign() > 0
}

// halfEven is the nearest whole number, of two as near the even one.
func halfEven(x *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(x.Num(), 1)
	twice.Add(twice, x.Denom())
	whole, rest := new(big.Int).DivMod(twice, new(big.Int).Lsh(x.Denom(), 1), new(big.Int))
	if rest.Sign() == 0 && whole.Bit(0) == 1 { // exactly between two
		whole.Sub(whole, big.NewInt(1))
	}
	return whole
}

func byCode(a, b fx.Currency) int { return cmp.Compare(a.String(), b.String()) }
