package netting

import (
	"math"
	"math/big"
)

// ValueOf writes what a minor unit is worth, in units of the numeraire, as a Pool.Value: rounded down, but
// at least the smallest value there is and at most the largest. The worth must be positive.
func ValueOf(worth *big.Rat) uint64 {
	value := new(big.Int).Lsh(worth.Num(), 32)
	value.Quo(value, worth.Denom())
	switch {
	case value.Sign() == 0:
		return 1
	case !value.IsUint64():
		return math.MaxUint64
	default:
		return value.Uint64()
	}
}
