package fee

import (
	"math"
	"math/bits"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// tierOf returns the tier that an amount is in. The first one is from zero.
func tierOf(tiers []Tier, amountMinor int64) Tier {
	i, exact := slices.BinarySearchFunc(tiers, amountMinor, func(t Tier, amount int64) int {
		switch {
		case t.FromMinor < amount:
			return -1
		case t.FromMinor > amount:
			return 1
		}
		return 0
	})
	if exact {
		return tiers[i]
	}
	return tiers[i-1]
}

// fee is the tier's fee on an amount that is not negative, false where it does not fit int64.
func (t Tier) fee(amountMinor int64) (int64, bool) {
	// At most a million parts per million: the share is no more than the amount, and with the flat part no
	// more than a uint64 holds.
	fee := uint64(t.FlatMinor) + share(uint64(amountMinor), uint64(t.PPM)) //nolint:gosec // Check let none be negative
	fee = max(fee, uint64(t.MinMinor))                                     //nolint:gosec // likewise
	if t.MaxMinor != 0 {
		fee = min(fee, uint64(t.MaxMinor)) //nolint:gosec // likewise
	}
	return int64(fee), fee <= math.MaxInt64 //nolint:gosec // said beside it
}

// share is amount × ppm / 1,000,000, rounded half-even. ppm is at most a million.
func share(amount, ppm uint64) uint64 {
	high, low := bits.Mul64(amount, ppm)
	quotient, rest := bits.Div64(high, low, fx.Million)
	if twice := 2 * rest; twice > fx.Million || twice == fx.Million && quotient%2 == 1 {
		quotient++
	}
	return quotient
}
