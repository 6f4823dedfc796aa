package fx

import (
	"math"
	"math/big"
	"math/bits"
)

// tens are the powers of ten up to the minor units of any currency.
var tens = [...]uint64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}

// convert64 is convertBig in machine words, which nearly every quote's rate fits, and allocates nothing.
// ok is false where the rate, scaled, or the result is too long for them: then convertBig decides.
func convert64(minor int64, num, den *big.Int, shift int) (converted int64, residual NanoMinor, ok bool) {
	if !num.IsUint64() || !den.IsUint64() {
		return 0, 0, false
	}
	over, n := bits.Mul64(num.Uint64(), tens[max(0, shift)])
	under, d := bits.Mul64(den.Uint64(), tens[max(0, -shift)])
	if over != 0 || under != 0 {
		return 0, 0, false
	}
	high, low := bits.Mul64(uint64(minor), n) //nolint:gosec // the caller's amounts are positive
	if high >= d {
		return 0, 0, false
	}
	quotient, rest := bits.Div64(high, low, d)
	if quotient >= math.MaxInt64 { // or it might be rounded past it
		return 0, 0, false
	}
	quotient, rest, up := halfEven64(quotient, rest, d)
	high, low = bits.Mul64(rest, uint64(NanoPerMinor)) // rest is at most d/2: the next quotient fits
	nano, rest := bits.Div64(high, low, d)
	nano, _, _ = halfEven64(nano, rest, d)
	residual = int64(nano) //nolint:gosec // NanoPerMinor/2 at most
	if up {
		residual = -residual
	}
	return int64(quotient), residual, true //nolint:gosec // 2^63-1 at most, by the check before it was rounded
}

// halfEven64 rounds quotient + rest/d to the nearest integer, ties to even. rest/d becomes how far that is
// off, and up tells that the integer is the greater. rest < d, and quotient has one above it.
func halfEven64(quotient, rest, d uint64) (rounded, off uint64, up bool) {
	above := d - rest
	if rest > above || (rest == above && quotient%2 == 1) {
		return quotient + 1, above, true
	}
	return quotient, rest, false
}
