package board

import "slices"

// budget is how many edges a matching may look at: some seconds. It depends on the input alone, so that the same
// input gives the same suggestions on every machine.
const budget = 400_000_000

// flow finds the matching of greatest weight with quantities, as successive shortest paths (Jewell 1958, Busacker
// & Gowen 1960) from one need after the other, with prices (Edmonds & Karp 1972). After each path what is matched is
// the optimum for the needs so far:
//
//	gain[need] + price[offer] ≥ weight of their edge, and equal where something is matched
//	gain is zero of a need of which something is left over, and price of an offer of which something is free
//
// 2,000 needs and 2,000 offers with 62,512 edges take 60 ms, and 90 ms with quantities up to a million; with all four
// million edges it is 3 s, and with such quantities too the budget runs out after 1,791 needs.
type flow struct {
	*sheet
	gain    []int64  // per need
	price   []int64  // per offer
	over    []int64  // per need: quantity left over
	free    []int64  // per offer: quantity that nobody gets
	matched [][]part // per offer: to whom it goes, in no order that means anything
	looked  int      // how many needs were looked at
	looks   int64
	trip    trip
}

// part is what of an offer goes to a need.
type part struct {
	need     int32
	quantity int64
}

func newFlow(s *sheet) *flow {
	f := &flow{
		sheet: s,
		gain:  make([]int64, len(s.needs)), price: make([]int64, len(s.offers)),
		over: make([]int64, len(s.needs)), free: make([]int64, len(s.offers)),
		matched: make([][]part, len(s.offers)),
	}
	for i, n := range s.needs {
		f.over[i] = n.Quantity
	}
	for i, o := range s.offers {
		f.free[i] = o.Quantity
	}
	f.trip = trip{offers: make([]stop, len(s.offers)), needs: make([]stop, len(s.needs))}
	return f
}

// run takes need after need until all are matched as well as can be, or the budget of looks is used up.
func (f *flow) run(budget int64) {
	for need := range int32(len(f.needs)) { //nolint:gosec // MaxOpen bounds it
		for _, e := range f.edges[need] {
			f.gain[need] = max(f.gain[need], e.weight-f.price[e.offer])
		}
		for f.over[need] > 0 && f.gain[need] > 0 {
			if f.looks > budget {
				return
			}
			f.augment(need)
		}
		f.looked++
	}
}

// nowhere is the end of a path that stops at a need, which is left with more over.
const nowhere = -1

// augment moves what it can along the cheapest path from a need that has something over, to an offer that is
// free or to a need that gains least: perhaps the need itself, then nothing moves.
func (f *flow) augment(source int32) {
	offer, last, far := f.search(source)
	f.reprice(far)
	if offer == nowhere && last == source {
		return
	}
	amount := f.over[source]
	if offer != nowhere {
		amount = min(amount, f.free[offer])
	}
	for at := last; at != source; at = f.trip.offers[f.trip.needs[at].from].from {
		amount = min(amount, *f.quantity(at, f.trip.needs[at].from))
	}
	f.over[source] -= amount
	if offer == nowhere {
		f.over[last] += amount
	} else {
		f.free[offer] -= amount
		f.match(last, offer, amount)
	}
	for at := last; at != source; {
		through := f.trip.needs[at].from
		f.match(at, through, -amount)
		at = f.trip.offers[through].from
		f.match(at, through, amount)
	}
}

// quantity is what of an offer goes to a need, which must be something.
func (f *flow) quantity(need, offer int32) *int64 {
	at := slices.IndexFunc(f.matched[offer], func(p part) bool { return p.need == need })
	return &f.matched[offer][at].quantity
}

// match gives a need more of an offer, or less.
func (f *flow) match(need, offer int32, amount int64) {
	parts := f.matched[offer]
	at := slices.IndexFunc(parts, func(p part) bool { return p.need == need })
	if at < 0 {
		f.matched[offer] = append(parts, part{need, amount})
		return
	}
	if parts[at].quantity += amount; parts[at].quantity == 0 {
		f.matched[offer] = slices.Delete(parts, at, at+1)
	}
}
