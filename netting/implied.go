package netting

import (
	"cmp"
	"math/big"
	"slices"
)

// ImpliedValues is what a minor unit of each currency is worth by the conversions alone: a value for
// each pool of the book, as in Pool.Value, for when nobody states rates. What the book's pools have a value
// for keeps it, and values what conversions join to it; a value of zero is none.
//
// Two currencies exchange at the sum of one side over the sum of the other. Not every pair can be met at
// once; the ones with the most conversions are, along a spanning forest of the currencies, equal ones in
// order of their numbers. In a tree without any value a minor unit of the currency with the smallest number
// is worth One, so currencies that no conversion joins do not compare.
//
// The obligations must be ones that Select took.
func ImpliedValues(book *Book, obligations []Obligation) []uint64 {
	joins := spanningForest(len(book.Pools), crossRates(book, obligations))
	worth := make([]*big.Rat, len(book.Pools))
	values := make([]uint64, len(book.Pools))
	var reached []int32
	for c, p := range book.Pools {
		if p.Value != 0 {
			worth[c] = new(big.Rat).SetFrac(new(big.Int).SetUint64(p.Value), new(big.Int).SetUint64(One))
			reached = append(reached, int32(c))
		}
	}
	spread := func() {
		for k := 0; k < len(reached); k++ { // the nearest first
			c := reached[k]
			values[c] = ValueOf(worth[c])
			for _, e := range joins[c] {
				if other, ratio := e.from(c); worth[other] == nil {
					worth[other] = shorten(ratio.Mul(ratio, worth[c]))
					reached = append(reached, other)
				}
			}
		}
	}
	spread()
	for root := range worth {
		if worth[root] == nil {
			worth[root] = big.NewRat(1, 1)
			reached = append(reached[:0], int32(root))
			spread()
		}
	}
	return values
}

// crossRate is what the conversions between two currencies, low < high, sum to.
type crossRate struct {
	low, high           int32
	count               int64
	lowMinor, highMinor big.Int
}

// from gives the currency on the other side, and what a minor unit of it is worth in minor units of c.
func (e *crossRate) from(c int32) (other int32, worth *big.Rat) {
	if c == e.low {
		return e.high, new(big.Rat).SetFrac(&e.lowMinor, &e.highMinor)
	}
	return e.low, new(big.Rat).SetFrac(&e.highMinor, &e.lowMinor)
}

// crossRates lists the pairs of currencies with conversions, the most first.
func crossRates(book *Book, obligations []Obligation) []*crossRate {
	type pair struct{ low, high int32 }
	known := make(map[pair]*crossRate)
	var list []*crossRate
	var minor big.Int
	for i := range obligations {
		o := &obligations[i]
		if !book.converts(o) {
			continue
		}
		from, to := book.Currency[o.Debtor], book.Currency[o.Creditor]
		at := pair{min(from, to), max(from, to)}
		e := known[at]
		if e == nil {
			e = &crossRate{low: at.low, high: at.high}
			known[at] = e
			list = append(list, e)
		}
		lowMinor, highMinor := o.Debit, o.Credit
		if from > to {
			lowMinor, highMinor = highMinor, lowMinor
		}
		e.count++
		e.lowMinor.Add(&e.lowMinor, minor.SetInt64(lowMinor))
		e.highMinor.Add(&e.highMinor, minor.SetInt64(highMinor))
	}
	slices.SortFunc(list, func(a, b *crossRate) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high))
	})
	return list
}

// spanningForest takes each rate that joins what the earlier ones did not join, and lists them per
// currency.
func spanningForest(currencies int, list []*crossRate) [][]*crossRate {
	parent := make([]int32, currencies)
	for c := range parent {
		parent[c] = int32(c)
	}
	find := func(c int32) int32 {
		for parent[c] != c {
			parent[c] = parent[parent[c]]
			c = parent[c]
		}
		return c
	}
	joins := make([][]*crossRate, currencies)
	for _, e := range list {
		low, high := find(e.low), find(e.high)
		if low == high {
			continue
		}
		parent[max(low, high)] = min(low, high)
		joins[e.low] = append(joins[e.low], e)
		joins[e.high] = append(joins[e.high], e)
	}
	return joins
}

// maxWorthBits bounds numerator and denominator along a chain of rates. Up to here worths are exact.
const maxWorthBits = 512

// shorten drops the low bits of a worth that is too long.
func shorten(worth *big.Rat) *big.Rat {
	num, den := worth.Num(), worth.Denom()
	drop := max(num.BitLen(), den.BitLen()) - maxWorthBits
	if drop <= 0 {
		return worth
	}
	one := big.NewInt(1)
	short := func(n *big.Int) *big.Int {
		if n = new(big.Int).Rsh(n, uint(drop)); n.Sign() == 0 {
			return one
		}
		return n
	}
	return new(big.Rat).SetFrac(short(num), short(den))
}
