package netting

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Position is what one currency's FX pool is left with: long, if it took in more than it paid out, or
// short.
type Position struct {
	Currency string // its code
	NetMinor int64  // what the pool took in less what it paid out, minor units
	Value    uint64 // of a minor unit, as in Pool; what is zero may be worth nothing
}

// Trade is an exchange that a pool needs from outside: it gives up what it is long of for what it is short of.
type Trade struct {
	Sell, Buy           string // currencies
	SellMinor, BuyMinor int64  // minor units of each, positive, equal in value but for rounding
}

// FaultCurrencyTwice is the fault of a position whose currency an earlier position has already, or of a
// trade that sells what it buys.
const FaultCurrencyTwice InputFault = "currency_twice"

// Residual covers short pools from long ones in as few trades as one less than the currencies that are
// not at zero. The largest values meet first, equal ones in order of their codes; every trade brings one
// currency to zero, and no trade exceeds a position. What stays over, in order of codes, is one side's
// excess where values do not add up to zero, and dust: at most half a minor unit of what it met.
//
// The order of the positions does not matter. Errors are *InputError with the position's index.
func Residual(positions []Position) (trades []Trade, over []Position, err error) {
	if err := checkPositions(positions); err != nil {
		return nil, nil, err
	}
	var longs, shorts []side
	for _, p := range positions {
		switch {
		case p.NetMinor > 0:
			longs = append(longs, side{p, uint64(p.NetMinor)})
		case p.NetMinor < 0:
			shorts = append(shorts, side{p, uint64(-p.NetMinor)})
		}
	}
	slices.SortFunc(longs, compareSides)
	slices.SortFunc(shorts, compareSides)
	for l, s := 0, 0; l < len(longs) && s < len(shorts); {
		long, short := &longs[l], &shorts[s]
		worth := long.compareValue(short)
		sell, buy := long.minor, short.minor
		if worth < 0 {
			buy = short.worthOf(long)
		} else if worth > 0 {
			sell = long.worthOf(short)
		}
		if sell > 0 && buy > 0 {
			trades = append(trades, Trade{Sell: long.Currency, Buy: short.Currency, SellMinor: int64(sell), BuyMinor: int64(buy)})
			long.minor -= sell
			short.minor -= buy
		}
		if worth <= 0 {
			l++
		}
		if worth >= 0 {
			s++
		}
	}
	return trades, remainders(longs, shorts), nil
}

func checkPositions(positions []Position) error {
	seen := make(map[string]bool, len(positions))
	for i, p := range positions {
		switch {
		case seen[p.Currency]:
			return &InputError{Fault: FaultCurrencyTwice, Index: i}
		case p.NetMinor == math.MinInt64:
			return &InputError{Fault: FaultOverflow, Index: i}
		case p.NetMinor != 0 && p.Value == 0:
			return &InputError{Fault: FaultValue, Index: i}
		}
		seen[p.Currency] = true
	}
	return nil
}

// remainders is what is left of both sides, in order of codes.
func remainders(longs, shorts []side) []Position {
	var over []Position
	for _, long := range longs {
		if long.minor > 0 {
			long.NetMinor = int64(long.minor)
			over = append(over, long.Position)
		}
	}
	for _, short := range shorts {
		if short.minor > 0 {
			short.NetMinor = -int64(short.minor)
			over = append(over, short.Position)
		}
	}
	slices.SortFunc(over, func(a, b Position) int { return cmp.Compare(a.Currency, b.Currency) })
	return over
}

// side is a position while it is traded away.
type side struct {
	Position
	minor uint64 // what is left of it, without sign
}

// compareValue compares what two sides are worth, exactly.
func (s *side) compareValue(o *side) int {
	hi, lo := bits.Mul64(s.minor, s.Value)
	oHi, oLo := bits.Mul64(o.minor, o.Value)
	return cmp.Or(cmp.Compare(hi, oHi), cmp.Compare(lo, oLo))
}

// worthOf is how many of this side's minor units the other side is worth, half-even. The other is worth
// less than this side, so it is at most what is left here.
func (s *side) worthOf(o *side) uint64 {
	hi, lo := bits.Mul64(o.minor, o.Value)
	quotient, rest := bits.Div64(hi, lo, s.Value) // hi < Value: the quotient is at most s.minor
	if half := s.Value - rest; rest > half || rest == half && quotient&1 == 1 {
		quotient++
	}
	return quotient
}

// compareSides puts the larger value first, equal ones in order of their codes.
func compareSides(a, b side) int {
	return cmp.Or(b.compareValue(&a), cmp.Compare(a.Currency, b.Currency))
}
