package board

import "cmp"

// trip is one search's memory.
type trip struct {
	offers, needs []stop
	seen          queue   // offers to go on from, the nearest first
	past          []int32 // offers gone on from
	touched       []int32 // offers seen, some twice
	reached       []int32 // needs, the source first
	within        int64   // no path that is longer is wanted: one of that length is known
}

// stop is how a search came to a need or an offer.
type stop struct {
	far   int64
	from  int32 // the offer, or the need
	known bool
}

// search finds the cheapest path from a need by Dijkstra's algorithm. A path goes from needs to offers at what the
// edge lacks of gain and price, and back at nothing to needs that the offer goes to. It ends at a free offer, or at
// a need for what it gains: a free offer wins a tie, so that more is matched.
func (f *flow) search(source int32) (offer, last int32, far int64) {
	t := &f.trip
	t.clear()
	offer, last, far = nowhere, source, f.gain[source]
	t.within = far
	t.needs[source] = stop{known: true}
	t.reached = append(t.reached, source)
	f.look(source)
	for len(t.seen) > 0 {
		next := t.seen.pop()
		if next.far > far {
			break
		}
		at := t.offers[next.offer]
		if next.far > at.far {
			continue // a shorter way was found since
		}
		if f.free[next.offer] > 0 {
			return next.offer, at.from, next.far
		}
		t.past = append(t.past, next.offer)
		for _, p := range f.matched[next.offer] {
			if t.needs[p.need].known {
				continue
			}
			t.needs[p.need] = stop{next.far, next.offer, true}
			t.reached = append(t.reached, p.need)
			if end := next.far + f.gain[p.need]; end < far {
				last, far = p.need, end
				t.within = min(t.within, end)
			}
			f.look(p.need)
		}
	}
	return offer, last, far
}

// look goes on from a need to its offers, as far as the path may become. Prices are not negative, so that lighter
// edges than the first that is too light lead too far as well.
func (f *flow) look(need int32) {
	t := &f.trip
	base := t.needs[need].far + f.gain[need]
	for _, e := range f.edges[need] {
		f.looks++
		if base-e.weight > t.within {
			break
		}
		far := base + f.price[e.offer] - e.weight
		if at := &t.offers[e.offer]; far <= t.within && (!at.known || far < at.far) {
			*at = stop{far, need, true}
			t.touched = append(t.touched, e.offer)
			t.seen.push(ahead{far, e.offer})
			if f.free[e.offer] > 0 {
				t.within = far
			}
		}
	}
}

// reprice lets the next search go on from what this one found: what was nearer than its end moves with it.
func (f *flow) reprice(end int64) {
	t := &f.trip
	for _, need := range t.reached {
		f.gain[need] -= end - t.needs[need].far
	}
	for _, offer := range t.past {
		f.price[offer] += end - t.offers[offer].far
	}
}

func (t *trip) clear() {
	for _, need := range t.reached {
		t.needs[need] = stop{}
	}
	for _, offer := range t.touched {
		t.offers[offer] = stop{}
	}
	t.reached, t.touched, t.past, t.seen = t.reached[:0], t.touched[:0], t.past[:0], t.seen[:0]
}

// ahead is an offer that a search may go on from.
type ahead struct {
	far   int64
	offer int32
}

func (a ahead) compare(b ahead) int {
	return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.offer, b.offer))
}

// queue is a heap of offers, the nearest first.
type queue []ahead

func (q *queue) push(a ahead) {
	h := append(*q, a)
	at := len(h) - 1
	for ; at > 0 && a.compare(h[(at-1)/2]) < 0; at = (at - 1) / 2 {
		h[at] = h[(at-1)/2]
	}
	h[at] = a
	*q = h
}

func (q *queue) pop() ahead {
	h := *q
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	at := 0
	for child := 1; child < len(h); child = 2*at + 1 {
		if child+1 < len(h) && h[child+1].compare(h[child]) < 0 {
			child++
		}
		if last.compare(h[child]) <= 0 {
			break
		}
		h[at] = h[child]
		at = child
	}
	if len(h) > 0 {
		h[at] = last
	}
	*q = h
	return first
}
