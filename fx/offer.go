package fx

import (
	"math/big"
)

// Million is what parts per million are of.
const Million = 1_000_000

// Offer is what a quote makes of one amount, as the sender sees it before paying: what leaves, what
// arrives, and what the difference consists of. Where no mid rate is known, AtMid, FeeAtMid, Spread,
// Rounding, SpreadPPM and CostPPM are zero, and only the fee is visible.
//
// Of the destination's minor units: AtMid - Destination = FeeAtMid + Spread + Rounding. Fee and spread
// are each rounded half-even, and what that and the conversion's own rounding come to is Rounding.
// Spread and FeeAtMid are never below zero where the quote's rate is no better than mid.
type Offer struct {
	Conversion
	Quote Quote
	Fixed Fixed
	Fee   Money // of the source, inside Source
	AllIn Rate  // what arrives per unit that leaves, everything included

	// Of the destination.
	AtMid    Money // what would arrive of the whole source at the mid rate
	FeeAtMid Money // what the fee would be worth
	Spread   Money // what the rate takes of what is exchanged
	Rounding Money // what is left of the difference

	SpreadPPM int64 // of mid: how far the rate lies below it, whatever the amount
	CostPPM   int64 // of the whole source at mid: fee and spread together
}

// Offer tells what the quote makes of an amount on the fixed side. Errors are those of Convert, and
// *AmountError where the source is worth more at mid than can be counted.
func (q Quote) Offer(fixed Fixed, amount Money) (Offer, error) {
	c, err := q.Convert(fixed, amount)
	if err != nil {
		return Offer{}, err
	}
	o := Offer{Conversion: c, Quote: q, Fixed: fixed, Fee: q.Fee()}
	// Minor units per minor unit, in major units per major unit.
	if o.AllIn, err = newRate(exactMinors(big.NewRat(c.Destination.Minor, c.Source.Minor), q.To, q.From, one)); err != nil {
		return Offer{}, err
	}
	if q.Mid.IsZero() {
		return o, nil
	}
	atMid := exactMinors(big.NewRat(c.Source.Minor, 1), q.From, q.To, q.Mid)
	fee := exactMinors(big.NewRat(q.FeeMinor, 1), q.From, q.To, q.Mid)
	// What is exchanged, before rounding, at mid and at the rate.
	var exchangedAtMid, exchanged *big.Rat
	if fixed == FixedSource {
		exchangedAtMid = new(big.Rat).Sub(atMid, fee)
		exchanged = exactMinors(big.NewRat(c.Source.Minor-q.FeeMinor, 1), q.From, q.To, q.Rate)
	} else {
		exchanged = big.NewRat(c.Destination.Minor, 1)
		exchangedAtMid = new(big.Rat).Mul(exchanged, new(big.Rat).Quo(q.Mid.ratio, q.Rate.ratio))
	}
	spread := new(big.Rat).Sub(exchangedAtMid, exchanged)
	parts := []*big.Int{nearest(atMid), nearest(fee), nearest(spread)}
	for i, into := range []*Money{&o.AtMid, &o.FeeAtMid, &o.Spread} {
		if !parts[i].IsInt64() {
			return Offer{}, &AmountError{Fault: FaultOverflow, Amount: c.Source.String() + " at mid"}
		}
		*into = Money{Minor: parts[i].Int64(), Currency: q.To}
	}
	rounding := new(big.Int).Sub(parts[0], big.NewInt(c.Destination.Minor))
	rounding.Sub(rounding, parts[1]).Sub(rounding, parts[2])
	o.Rounding = Money{Minor: rounding.Int64(), Currency: q.To}
	o.SpreadPPM = perMillion(new(big.Rat).Sub(q.Mid.ratio, q.Rate.ratio), q.Mid.ratio)
	o.CostPPM = perMillion(new(big.Rat).Add(fee, spread), atMid)
	return o, nil
}

// nearest rounds half-even.
func nearest(x *big.Rat) *big.Int { return divideHalfEven(x.Num(), x.Denom()) }

// perMillion is part of whole in parts per million, rounded half-even; whole > 0. A part too small for
// int64, of a rate billions of times better than mid, is the smallest there is.
func perMillion(part, whole *big.Rat) int64 {
	ratio := new(big.Rat).Quo(part, whole)
	ppm := nearest(ratio.Mul(ratio, big.NewRat(Million, 1)))
	if !ppm.IsInt64() {
		return -1 << 63
	}
	return ppm.Int64()
}
