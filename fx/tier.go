package fx

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Tier is the fee for amounts of FromMinor and more, up to the next tier: FlatMinor + amount × PPM / 1,000,000,
// the latter rounded half-even to a minor unit, then raised to MinMinor and lowered to MaxMinor. All of its
// amounts are of one currency, that of what the fee is on.
type Tier struct {
	FromMinor int64 `json:"from_minor"`
	FlatMinor int64 `json:"flat_minor"`
	PPM       int64 `json:"ppm"`
	MinMinor  int64 `json:"min_minor"`
	MaxMinor  int64 `json:"max_minor,omitzero"` // zero is no maximum
}

// MaxTiers bounds Tiers.
const MaxTiers = 32

// Tiers are a fee by amount, the tier from zero first and each from more than the one before. An amount is
// charged whole, by the tier that it is in.
type Tiers []Tier

// TierError says why tiers cannot be used. Whoever has them says whose they are.
type TierError struct{ Detail string }

func (e *TierError) Error() string { return e.Detail }

// Check tells whether the tiers can be used. Errors are *TierError.
func (all Tiers) Check() error {
	if len(all) == 0 || len(all) > MaxTiers {
		return &TierError{fmt.Sprintf("%d tiers; want 1 to %d", len(all), MaxTiers)}
	}
	for i, t := range all {
		switch {
		case i == 0 && t.FromMinor != 0:
			return &TierError{fmt.Sprintf("the first tier is from %d; want 0", t.FromMinor)}
		case i > 0 && t.FromMinor <= all[i-1].FromMinor:
			return &TierError{fmt.Sprintf("a tier from %d after one from %d", t.FromMinor, all[i-1].FromMinor)}
		case t.FlatMinor < 0 || t.MinMinor < 0 || t.MaxMinor < 0:
			return &TierError{"an amount below zero"}
		case t.PPM < 0 || t.PPM > Million:
			return &TierError{fmt.Sprintf("%d parts per million", t.PPM)}
		case t.MaxMinor != 0 && t.MinMinor > t.MaxMinor:
			return &TierError{fmt.Sprintf("min %d is above max %d", t.MinMinor, t.MaxMinor)}
		}
	}
	return nil
}

// Free tells whether no amount costs anything.
func (all Tiers) Free() bool {
	return !slices.ContainsFunc(all, func(t Tier) bool {
		return t != Tier{FromMinor: t.FromMinor, MaxMinor: t.MaxMinor}
	})
}

// Of returns the tier that an amount is in, which is not negative.
func (all Tiers) Of(amountMinor int64) Tier {
	i, exact := slices.BinarySearchFunc(all, amountMinor, func(t Tier, amount int64) int {
		switch {
		case t.FromMinor < amount:
			return -1
		case t.FromMinor > amount:
			return 1
		}
		return 0
	})
	if exact {
		return all[i]
	}
	return all[i-1]
}

// Fee is the fee on an amount that is not negative, by tiers that Check let pass; false where int64 does not
// hold it.
func (all Tiers) Fee(amountMinor int64) (int64, bool) { return all.Of(amountMinor).fee(amountMinor) }

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
	quotient, rest := bits.Div64(high, low, Million)
	if twice := 2 * rest; twice > Million || twice == Million && quotient%2 == 1 {
		quotient++
	}
	return quotient
}
