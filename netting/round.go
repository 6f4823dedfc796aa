package netting

import (
	"cmp"
	"math/bits"
	"slices"
)

// rounding turns the relaxation's fractions into a choice.
type rounding struct {
	*batch
	class    int32 // the obligations that may change; anyClass is all
	chosen   []bool
	head     []int64 // per limit: what the choice leaves
	idle     []list  // per account: what it owes and was not chosen when fill first looked
	price    []int64 // per limit, of the relaxation
	fundable []list  // per limit: what is not chosen and would bring it something at no loss
	steps    int64   // obligations looked at
	budget   int64
	work     []candidate
}

// rounding starts from a choice.
func (b *batch) rounding(class int32, chosen []bool) *rounding {
	return &rounding{batch: b, class: class, chosen: chosen, head: b.headroomOf(chosen), budget: b.budget()}
}

// round chooses by what the relaxation clears, and tells whether nothing more fits.
func (r *relaxation) round(chosen []bool) (filled bool) {
	r.fillPairs(chosen)
	q := r.rounding(r.class, chosen)
	q.price = r.price
	q.listFundable()
	if !q.repair() {
		q.dropAll()
	}
	q.fill()
	newSearch(q).polish()
	return q.steps <= q.budget
}

// fillPairs chooses within each pair the oldest obligations that fit into what of it clears.
func (r *relaxation) fillPairs(chosen []bool) {
	left := slices.Clone(r.cleared)
	for i, at := range r.of {
		if at == noPair {
			continue
		}
		if value := r.value(int32(i)); value <= left[at] {
			left[at] -= value
			chosen[i] = true
		}
	}
}

// flip chooses an obligation, or drops it, and tells by how much that changes what the choice reaches.
func (r *rounding) flip(i int32, on bool) (change int64) {
	o := &r.obligations[i]
	r.steps++
	r.chosen[i] = on
	by := int64(1)
	if !on {
		by = -1
	}
	if !r.spreads || !r.converts(o) {
		r.move(r.head, o, by)
		return by * r.gain(i)
	}
	in, out := r.book.poolsOf(o)
	before := r.spreadOf(in, r.head) + r.spreadOf(out, r.head)
	r.move(r.head, o, by)
	return by*r.gain(i) + before - r.spreadOf(in, r.head) - r.spreadOf(out, r.head)
}

// draw is what an obligation takes from a limit that it draws on.
func (r *rounding) draw(o *Obligation, limit int32) int64 {
	if limit == o.Debtor {
		return o.Debit + o.Fee
	}
	return o.Credit
}

// droppable tells whether nobody comes short by dropping an obligation: what it brought is not needed.
func (r *rounding) droppable(o *Obligation) bool {
	if r.head[o.Creditor] < o.Credit {
		return false
	}
	if r.converts(o) {
		in, _ := r.book.poolsOf(o)
		return r.head[in] >= o.Debit
	}
	return true
}

// fits tells whether an obligation can be chosen on top.
func (r *rounding) fits(o *Obligation) bool {
	if r.head[o.Debtor] < o.Debit+o.Fee {
		return false
	}
	if r.converts(o) {
		_, out := r.book.poolsOf(o)
		return r.head[out] >= o.Credit
	}
	return true
}

// repair makes a choice of one that passes limits, and tells whether its budget lasted. Rounding down leaves
// those short whom a fraction would have paid. Either they are paid one obligation more, and its debtor has
// to see how it pays; or they drop one. Each takes what loses least.
func (r *rounding) repair() bool {
	var short []int32
	listed := make([]bool, len(r.head))
	look := func(limit int32) {
		if r.head[limit] < 0 && !listed[limit] {
			short, listed[limit] = append(short, limit), true
		}
	}
	for limit := range slices.Backward(r.head) {
		look(int32(limit))
	}
	for len(short) > 0 {
		limit := short[len(short)-1]
		short = short[:len(short)-1]
		listed[limit] = false
		for scans := 0; r.head[limit] < 0; scans++ {
			switch {
			case r.steps > r.budget:
				return false
			case scans == maxScans && r.steps > r.budget/2:
				r.shed(limit, look)
				continue
			}
			drop, dropLoss := r.cheapest(limit)
			fund, fundLoss := r.nearest(limit)
			switch {
			case fund >= 0 && (drop < 0 || fundLoss < dropLoss):
				r.flip(fund, true)
				r.draws(fund, look)
			case drop >= 0:
				r.flip(drop, false)
				r.feeds(drop, look)
			default:
				return false
			}
		}
	}
	return true
}

// maxScans is how often a limit's queue is looked through in one turn, once half the budget is gone, before
// much of it goes at once.
const maxScans = 8

// shed drops the largest draws on a limit that do not exceed its need, what is worth no more than its
// liquidity first, until the least of what is left would cover it.
func (r *rounding) shed(limit int32, look func(int32)) {
	r.work = r.work[:0]
	q := r.queue(limit)
	for k := range q.len() {
		if i := q.at(k); r.chosen[i] && r.may(i) {
			r.work = append(r.work, candidate{r.draw(&r.obligations[i], limit), i})
		}
	}
	r.steps += int64(q.len())
	slices.SortFunc(r.work, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(min(r.margin(&r.obligations[x.i]), 1), min(r.margin(&r.obligations[y.i]), 1)),
			cmp.Compare(y.gain, x.gain), cmp.Compare(y.i, x.i))
	})
	for _, c := range r.work {
		if c.gain <= -r.head[limit] {
			r.flip(c.i, false)
			r.feeds(c.i, look)
		}
	}
}

// draws visits the limits that an obligation draws on.
func (r *rounding) draws(i int32, visit func(limit int32)) {
	o := &r.obligations[i]
	visit(o.Debtor)
	if r.converts(o) {
		_, out := r.book.poolsOf(o)
		visit(out)
	}
}

// feeds visits the limits that an obligation pays into.
func (r *rounding) feeds(i int32, visit func(limit int32)) {
	o := &r.obligations[i]
	visit(o.Creditor)
	if r.converts(o) {
		in, _ := r.book.poolsOf(o)
		visit(in)
	}
}

// listFundable lists, per limit, what is not chosen and would bring the limit something at no loss by the
// relaxation's prices: the rest of pairs that clear in part, and whatever is as good.
func (r *rounding) listFundable() {
	r.fundable = make([]list, r.book.limits())
	for i := range r.obligations {
		o := &r.obligations[i]
		if r.chosen[i] || !r.may(int32(i)) || r.margin(o) < 0 {
			continue
		}
		r.fundable[o.Creditor] = append(r.fundable[o.Creditor], int32(i))
		if r.converts(o) {
			in, _ := r.book.poolsOf(o)
			r.fundable[in] = append(r.fundable[in], int32(i))
		}
	}
}

// nearest gives the fundable obligation that covers a limit's need with the least to spare, and what that
// loses; -1 where there is none. Each is tried once.
func (r *rounding) nearest(limit int32) (fund int32, loss int64) {
	need, over, place := -r.head[limit], int64(unlimited), -1
	r.steps += int64(len(r.fundable[limit]))
	for k, i := range r.fundable[limit] {
		o := &r.obligations[i]
		brings := o.Credit
		if limit != o.Creditor {
			brings = o.Debit
		}
		if !r.chosen[i] && brings >= need && brings-need < over {
			over, place = brings-need, k
		}
	}
	if place < 0 {
		return nobody, 0
	}
	fund = r.fundable[limit][place]
	r.fundable[limit] = slices.Delete(r.fundable[limit], place, place+1)
	return fund, r.idleCost(limit, over)
}

// cheapest gives the chosen draw on a limit that is best dropped, and what that loses; -1 where none is left.
func (r *rounding) cheapest(limit int32) (drop int32, loss int64) {
	need := -r.head[limit]
	best, bestKind, bestCost := nobody, 4, int64(0)
	enough := r.enough(limit, need)
	draws := r.queue(limit)
	for k := draws.len() - 1; k >= 0; k-- {
		i := draws.at(k)
		r.steps++
		if !r.chosen[i] || !r.may(i) {
			continue
		}
		o := &r.obligations[i]
		// Kinds: covers and harms nobody; harms nobody; covers; neither. What covers should lose little
		// that the relaxation wants, and leave little liquidity idle. What does not should be much.
		amount := r.draw(o, limit)
		kind := 0
		if amount < need {
			kind = 1
		}
		if kind > bestKind {
			continue
		}
		cost := -amount
		if kind == 0 {
			cost = r.loss(i, limit, need)
		}
		if kind == bestKind && cost >= bestCost { // of equals the youngest goes
			continue
		}
		if !r.droppable(o) {
			kind += 2
		}
		if kind < bestKind || kind == bestKind && cost < bestCost {
			best, bestKind, bestCost = i, kind, cost
			if kind == 0 && cost <= enough {
				break
			}
		}
	}
	if bestKind != 0 {
		bestCost = unlimited // it takes more than one, or others come short
	}
	return best, bestCost
}

// enough is a loss at which to stop looking for a smaller one: a hundredth of what is needed.
func (r *rounding) enough(limit int32, need int64) int64 { return r.limitWorth(limit, need) / 100 }

// loss is by how much dropping an obligation, to free what a limit needs, moves the choice away from the
// bound: what it is worth at the prices of liquidity, and the liquidity that is freed beyond the need.
func (r *rounding) loss(i, limit int32, need int64) int64 {
	o := &r.obligations[i]
	return times(r.value(i), max(0, r.margin(o))) + r.idleCost(limit, r.draw(o, limit)-need)
}

// idleCost is what it costs, at its price, to leave so much of a limit's liquidity idle.
func (r *rounding) idleCost(limit int32, minor int64) int64 {
	return times(r.limitWorth(limit, minor), r.price[limit])
}

// limitWorth is what an amount in a limit's currency is worth.
func (r *rounding) limitWorth(limit int32, minor int64) int64 {
	if r.values == nil {
		return min(minor, maxWeighted)
	}
	currency := limit - int32(len(r.book.Currency))
	if currency < 0 {
		currency = r.book.Currency[limit]
	}
	return worthAtLeast(minor, r.book.Pools[currency].Value)
}

// times multiplies numbers that are not negative, up to maxWeighted.
func times(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > maxWeighted {
		return maxWeighted
	}
	return int64(lo)
}

// margin is what a unit of value of an obligation is worth beyond the liquidity that it takes, at its prices.
func (r *rounding) margin(o *Obligation) int64 {
	m := int64(o.Weight) - r.price[o.Debtor] + r.price[o.Creditor]
	if r.converts(o) {
		in, out := r.book.poolsOf(o)
		m += r.price[in] - r.price[out]
	}
	return m
}

// may tells whether an obligation may change.
func (r *rounding) may(i int32) bool { return r.obligations[i].of(r.class) }

// fill chooses what still fits, greatest first, until nothing does.
func (r *rounding) fill() {
	r.idle = make([]list, len(r.book.Currency))
	for r.fillOnce() && r.steps <= r.budget {
	}
}

// fillOnce goes through the accounts, and back to whoever is paid meanwhile. It tells whether a pool took
// something in, from which accounts may be paid that were passed already.
func (r *rounding) fillOnce() (again bool) {
	work := make([]int32, 0, len(r.idle))
	listed := make([]bool, len(r.idle))
	r.steps += int64(len(r.idle))
	for a := range listed {
		work, listed[a] = append(work, int32(a)), true
	}
	for k := 0; k < len(work) && r.steps <= r.budget; k++ {
		a := work[k]
		listed[a] = false
		for _, c := range r.fitting(r.idleOf(a)) {
			o := &r.obligations[c.i]
			if !r.fits(o) {
				continue
			}
			if r.flip(c.i, true) < 0 { // the provider would cost more than it is worth
				r.flip(c.i, false)
				continue
			}
			again = again || r.converts(o)
			if !listed[o.Creditor] {
				work, listed[o.Creditor] = append(work, o.Creditor), true
			}
		}
	}
	return again
}

// fitting gives what is not chosen and fits, the most worth first.
func (r *rounding) fitting(idle list) []candidate {
	r.work = r.work[:0]
	for _, i := range idle {
		if o := &r.obligations[i]; !r.chosen[i] && r.fits(o) {
			r.work = append(r.work, candidate{r.gain(i), i})
		}
	}
	sortByGain(r.work)
	return r.work
}

// sortByGain puts the most worth first, and of equals the older.
func sortByGain(all []candidate) {
	slices.SortFunc(all, func(x, y candidate) int { return cmp.Or(cmp.Compare(y.gain, x.gain), cmp.Compare(x.i, y.i)) })
}

// idleOf lists what an account that can pay owes and was not chosen when fill first looked.
func (r *rounding) idleOf(account int32) list {
	if r.head[account] <= 0 {
		return nil
	}
	if r.idle[account] == nil {
		idle := list{}
		for i := r.first[account]; i < r.first[account+1]; i++ {
			if !r.chosen[i] && r.may(i) {
				idle = append(idle, i)
			}
		}
		r.idle[account] = idle
		r.steps += int64(r.first[account+1] - r.first[account])
	}
	r.steps += int64(len(r.idle[account]))
	return r.idle[account]
}

// candidate is an obligation with its weighted value.
type candidate struct {
	gain int64 // or what it draws
	i    int32
}

// dropAll drops every obligation that may change: what is always right where nothing better is in sight.
func (r *rounding) dropAll() {
	for i := range r.chosen {
		if r.chosen[i] && r.may(int32(i)) {
			r.flip(int32(i), false)
		}
	}
}
