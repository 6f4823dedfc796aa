package netting

import "slices"

// shrink chooses in strict order of age: the greatest set of obligations that passes no limit and keeps
// every queue's order. It is tier A.
//
// An obligation draws on its debtor and, across currencies, on the pool that pays it out. A set is
// feasible if it
//   - keeps every queue's order: with an obligation it holds every older one that draws on the same limit;
//   - passes no limit: liquidity + in - out >= 0 on each.
//
// The union of two feasible sets is feasible: on each limit the draws of one include those of the
// other, so the union pays out what the larger pays out, and receives at least what it receives.
// Therefore one greatest feasible set exists, and that is the choice (after Bech & Soramäki 2001).
//
// It is reached from the set of all obligations by removing only what no feasible subset of the present
// set can hold: the youngest draw on a limit that is short, and whatever is younger than a removed
// obligation on a limit that both draw on. Each removal keeps every feasible set inside, and the end is
// feasible, so it is the greatest whatever the order of removals. Each obligation is removed at most
// once: time and space are linear in obligations and limits.
//
// Pools come second: what its own debtor cannot fund must not stand in a pool's queue, or one
// participant without money would hold up everybody else's transfers into a currency. So the set shrinks
// first as if pools were bottomless, and what is left shrinks again under all limits.
func shrink(b *batch) []bool {
	f := fifo{
		batch: b, chosen: make([]bool, len(b.obligations)), head: slices.Clone(b.all),
		end: make([]int32, b.book.limits()), cut: make([]int64, b.book.limits()),
		listed: make([]bool, b.book.limits()),
	}
	for i := range f.chosen {
		f.chosen[i] = true
	}
	for limit := range f.end {
		f.end[limit] = b.queue(int32(limit)).len()
		f.cut[limit] = unlimited
	}
	f.settle(len(b.book.Currency))
	if b.pays != nil {
		f.pools = true
		f.settle(b.book.limits())
	}
	return f.chosen
}

// fifo is the set of chosen obligations while it shrinks.
type fifo struct {
	*batch
	chosen []bool
	head   []int64 // per limit: liquidity + in - out of the chosen set
	pools  bool    // pools count: they hold a queue, and can be short
	end    []int32 // per limit: where its queue ends; what stands behind is removed
	cut    []int64 // per limit: obligations of this age on are out of order here
	work   []int32 // limits to look at again
	listed []bool  // per limit: is in work
}

// settle looks at the first limits, and at whatever their removals touch, until nothing is short or out
// of order.
func (f *fifo) settle(limits int) {
	for limit := range limits {
		f.enqueue(int32(limit))
	}
	for len(f.work) > 0 {
		limit := f.work[len(f.work)-1]
		f.work = f.work[:len(f.work)-1]
		f.listed[limit] = false
		f.shorten(limit)
	}
}

func (f *fifo) enqueue(limit int32) {
	if !f.listed[limit] {
		f.listed[limit] = true
		f.work = append(f.work, limit)
	}
}

// shorten takes the youngest draws off the limit's queue while it is short or out of order.
func (f *fifo) shorten(limit int32) {
	q, end := f.queue(limit), f.end[limit]
	for ; end > 0; end-- {
		youngest := q.at(end - 1)
		if !f.chosen[youngest] {
			continue
		}
		if f.head[limit] >= 0 && f.age(youngest) < f.cut[limit] {
			break
		}
		f.remove(youngest)
	}
	f.end[limit] = end
}

// remove takes one obligation out of the set and lists every limit that this touches.
func (f *fifo) remove(i int32) {
	o := &f.obligations[i]
	f.chosen[i] = false
	f.move(f.head, o, -1)
	f.cut[o.Debtor] = min(f.cut[o.Debtor], f.age(i))
	f.enqueue(o.Debtor)
	if f.head[o.Creditor] < 0 {
		f.enqueue(o.Creditor)
	}
	if f.pools && f.converts(o) {
		in, out := f.book.poolsOf(o)
		f.cut[out] = min(f.cut[out], f.age(i))
		f.enqueue(out)
		if f.head[in] < 0 {
			f.enqueue(in)
		}
	}
}

// SelectFIFO chooses in strict order of age, and of class before age: tier A, which is the fallback of
// Select and what its choice is compared with. Bound and Price are not computed. Errors are *InputError.
func SelectFIFO(book *Book, obligations []Obligation) (Selection, error) {
	b, err := newBatch(book, obligations)
	if err != nil {
		return Selection{}, err
	}
	chosen := shrink(b)
	reached := b.reached(chosen)
	return Selection{Chosen: b.inPlaces(chosen), Cleared: count(chosen), Tier: TierA, Reached: reached, FIFO: reached}, nil
}

// count is how many are chosen.
func count(chosen []bool) int {
	n := 0
	for _, c := range chosen {
		if c {
			n++
		}
	}
	return n
}
