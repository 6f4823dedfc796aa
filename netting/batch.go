package netting

// batch is an input that was checked, grouped by what draws on what. Obligations stand in order of debtor,
// class and age, so that whoever looks at what one account owes reads memory from end to end: of all
// that was tried this made selection fastest, for the rest is waiting for memory.
type batch struct {
	book        *Book
	obligations []Obligation
	place       []int32 // per obligation: where it stood in the input
	first       []int32 // per account: its first obligation; one more at the end
	pays        []list  // per currency: the conversions that its pool pays out, by class and age; nil without conversions
	classes     []int32 // that occur, in order
	all         []int64 // per limit: what is left, or short, if everything clears
	total       int64   // weighted value of everything: no choice reaches more
	values      []int64 // per obligation: what it is worth; nil where that is its debit
	spreads     bool    // some pool costs something
}

// list is obligations by number.
type list []int32

// newBatch checks the input and groups it.
func newBatch(book *Book, obligations []Obligation) (*batch, error) {
	t, err := book.tally(obligations)
	if err != nil {
		return nil, err
	}
	b := &batch{book: book, classes: t.classes, all: t.all, total: t.total}
	plain := true
	for _, p := range book.Pools {
		plain = plain && p.Value == One
		b.spreads = b.spreads || p.Spread > 0
	}
	b.obligations, b.place, b.first = byDebtor(obligations, t.debts, t.classes)
	if !plain {
		b.values = make([]int64, len(obligations))
		for i := range b.obligations {
			b.values[i] = book.value(&b.obligations[i])
		}
	}
	if t.conversions == 0 {
		return b, nil
	}
	stands := make([]int32, len(obligations)) // the inverse of place
	for i, place := range b.place {
		stands[place] = int32(i)
	}
	b.pays = make([]list, len(book.Pools))
	for _, class := range t.classes {
		for place := range obligations {
			if o := &obligations[place]; o.Class == class && book.converts(o) {
				to := book.Currency[o.Creditor]
				b.pays[to] = append(b.pays[to], stands[place])
			}
		}
	}
	return b, nil
}

// byDebtor groups obligations by debtor, and keeps class and age within. counts says how many each owes.
func byDebtor(obligations []Obligation, counts, classes []int32) (sorted []Obligation, place, first []int32) {
	first = make([]int32, len(counts)+1)
	for debtor, n := range counts {
		first[debtor+1] = first[debtor] + n
	}
	next := append([]int32(nil), first[:len(counts)]...)
	sorted, place = make([]Obligation, len(obligations)), make([]int32, len(obligations))
	for _, class := range classes {
		for i := range obligations {
			if o := &obligations[i]; o.Class == class {
				at := next[o.Debtor]
				next[o.Debtor]++
				sorted[at], place[at] = *o, int32(i)
			}
		}
	}
	return sorted, place, first
}

// inPlaces puts each decision where its obligation stood in the input.
func (b *batch) inPlaces(chosen []bool) []bool {
	back := make([]bool, len(chosen))
	for i, place := range b.place {
		back[place] = chosen[i]
	}
	return back
}

// queue is what draws on a limit, by class and age: a stretch of a debtor's obligations, or a pool's list.
type queue struct {
	listed   list
	from, to int32
}

func (b *batch) queue(limit int32) queue {
	accounts := int32(len(b.book.Currency))
	switch {
	case limit < accounts:
		return queue{from: b.first[limit], to: b.first[limit+1]}
	case b.pays == nil:
		return queue{}
	}
	listed := b.pays[limit-accounts]
	return queue{listed: listed, to: int32(len(listed))}
}

func (q queue) len() int32 { return q.to - q.from }

// at is the obligation at a place in the queue, the oldest at 0.
func (q queue) at(k int32) int32 {
	if q.listed != nil {
		return q.listed[k]
	}
	return q.from + k
}

// age orders obligations by class and age.
func (b *batch) age(i int32) int64 {
	if len(b.classes) == 1 {
		return int64(b.place[i])
	}
	return int64(b.obligations[i].Class)<<32 | int64(b.place[i])
}

// move counts an obligation once more (by 1) or no more (by -1) in the headroom of every limit.
func (b *batch) move(head []int64, o *Obligation, by int64) {
	if b.pays != nil {
		b.book.move(head, o, by)
		return
	}
	head[o.Debtor] -= by * (o.Debit + o.Fee)
	head[o.Creditor] += by * o.Credit
}

// converts tells whether the obligation goes through the FX pools.
func (b *batch) converts(o *Obligation) bool { return b.pays != nil && b.book.converts(o) }

// headroomOf is what a choice leaves of every limit.
func (b *batch) headroomOf(chosen []bool) []int64 {
	head := b.book.headroom()
	for i := range b.obligations {
		if chosen[i] {
			b.move(head, &b.obligations[i], 1)
		}
	}
	return head
}

// value is what an obligation is worth.
func (b *batch) value(i int32) int64 {
	if b.values == nil {
		return b.obligations[i].Debit
	}
	return b.values[i]
}

// gain is the weighted value of an obligation.
func (b *batch) gain(i int32) int64 {
	return int64(b.obligations[i].Weight) * b.value(i)
}

// anyClass is every class.
const anyClass int32 = -1

// of tells whether an obligation is of a class.
func (o *Obligation) of(class int32) bool { return class == anyClass || class == o.Class }

// worth is the weighted value of what is chosen of a class.
func (b *batch) worth(class int32, chosen []bool) int64 {
	total := int64(0)
	for i := range b.obligations {
		if chosen[i] && b.obligations[i].of(class) {
			total += b.gain(int32(i))
		}
	}
	return total
}

// reached is what a choice is worth: weighted values, less what providers cost for what pools pay out
// beyond what they take in.
func (b *batch) reached(chosen []bool) int64 {
	total := b.worth(anyClass, chosen)
	if b.spreads {
		total -= b.spread(b.headroomOf(chosen))
	}
	return total
}

// spread is what providers cost, by what pools are short of their liquidity, rounded against the choice.
func (b *batch) spread(head []int64) int64 {
	cost := int64(0)
	for c := range b.book.Pools {
		cost += b.spreadOf(b.book.poolLimit(int32(c)), head)
	}
	return cost
}

// spreadOf is what one pool's shortness costs.
func (b *batch) spreadOf(pool int32, head []int64) int64 {
	p := &b.book.Pools[pool-int32(len(b.book.Currency))]
	if short := p.Liquidity - head[pool]; short > 0 && p.Spread > 0 {
		return int64(p.Spread) * worthAtLeast(short, p.Value)
	}
	return 0
}

// budget bounds repairing and filling, in obligations looked at. Ordinary batches need two an obligation; a
// debtor of thousands who can pay next to nothing needs thousands.
func (b *batch) budget() int64 { return 2*leastBudget + 100*int64(len(b.obligations)) }
