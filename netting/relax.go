package netting

import (
	"math"
	"math/bits"
)

// relaxation is the choice problem with fractions allowed: a flow of values between accounts. It is stated
// in what stays uncleared, which is little, so that the start is near the end (the circulation of what
// clears takes several times the pivots).
//
// Nodes are the accounts, one node S per currency, and a hub. A pair's arc carries what of it stays
// uncleared, at its weight. An account sends the liquidity that it uses to its S, at most all of it, and S
// gives what accounts gain. What S gives beyond what it gets the pool pays out: it comes from the hub, at
// most the pool's liquidity, at its spread.
//
// Values are debits rounded down, and an obligation carries one value at both its ends, while limits are
// held in minor units. Where these differ a limit gets the difference as slack, so that whatever keeps
// the limits in minor units is a flow here: the optimum is a bound on every choice, and no estimate. Fees are
// left out, which bounds less tightly and no less surely.
type relaxation struct {
	*batch
	class      int32
	pairs      []pair  // aggregated
	of         []int32 // per obligation: its pair, if it is of the class
	cleared    []int64 // per pair: the value that clears in the optimum, or where the budget ran out
	bound      int64   // weighted value, less spread
	price      []int64 // per limit: what a unit more of value would add to the bound
	iterations int64
}

// relax solves the relaxation of one class's obligations under the headroom that is left. In small batches
// a fraction is a large part of the whole, so there the solution should be a tree, which has few.
func (b *batch) relax(class int32, head []int64, tree bool) *relaxation {
	r := &relaxation{batch: b, class: class, price: make([]int64, len(head))}
	r.pairs, r.of = b.pairsOf(class)
	n, arcOf, total := r.network(head)
	s, optimal := n.solve(tree)
	r.iterations = s.iterations
	r.bound = total
	if optimal {
		r.bound -= n.cost(s.flow)
	}
	r.cleared = make([]int64, len(r.pairs))
	for at, p := range r.pairs {
		r.cleared[at] = p.value - s.flow[at]
	}
	for limit, i := range arcOf {
		if i != nobody {
			a := &n.arcs[i]
			r.price[limit] = max(0, s.price[a.to]-s.price[a.from]-int64(a.cost))
		}
	}
	return r
}

// network states the problem; total is the weighted value of all pairs. Accounts that no pair touches stay
// out of it. arcOf tells the arc that a limit's liquidity flows over; -1 for none.
func (r *relaxation) network(head []int64) (n *network, arcOf []int32, total int64) {
	accounts, currencies := len(r.book.Currency), int32(len(r.book.Pools))
	worth, slack := r.valued(head)
	arcOf = make([]int32, len(head))
	for limit := range arcOf {
		arcOf[limit] = nobody
	}
	// First the hub, then the currencies, then accounts as they come.
	n = &network{arcs: make([]edge, 0, len(r.pairs)+3*len(head)), supply: make([]int64, 1+currencies)}
	node := make([]int32, accounts) // less one: zero is none
	nodeOf := func(account int32) int32 {
		if node[account] == 0 {
			n.supply = append(n.supply, 0)
			node[account] = int32(len(n.supply)) - 1
		}
		return node[account]
	}
	for _, p := range r.pairs {
		debtor, creditor := nodeOf(p.debtor), nodeOf(p.creditor)
		n.supply[debtor] += p.value
		n.supply[creditor] -= p.value
		total += int64(p.weight) * p.value
		n.add(debtor, creditor, p.value, p.weight)
	}
	for a, at := range node {
		if at > 0 {
			s := 1 + r.book.Currency[a]
			arcOf[a] = int32(len(n.arcs))
			n.add(at, s, min(worth[a]+slack[a], maxWeighted), 0)
			n.add(s, at, maxWeighted, 0)
		}
	}
	if r.pays != nil {
		for c, p := range r.book.Pools {
			pool, s := accounts+c, 1+int32(c)
			arcOf[pool] = int32(len(n.arcs))
			n.add(0, s, worth[pool], p.Spread)
			n.add(s, 0, maxWeighted, 0)
			n.add(0, s, slack[pool], 0) // what is not short in minor units costs nothing here either
		}
	}
	return n, arcOf, total
}

// valued gives headroom in value, rounded up, and each limit's slack.
func (r *relaxation) valued(head []int64) (worth, slack []int64) {
	accounts := int32(len(r.book.Currency))
	worth, slack = make([]int64, len(head)), make([]int64, len(head))
	for limit, amount := range head {
		c := int32(limit) - accounts
		if c < 0 {
			c = r.book.Currency[limit]
		}
		worth[limit] = worthAtLeast(max(amount, 0), r.book.Pools[c].Value)
	}
	if r.values == nil && r.pays == nil {
		return worth, slack
	}
	for i := range r.obligations {
		o := &r.obligations[i]
		if !o.of(r.class) {
			continue
		}
		value := r.value(int32(i))
		low, high := worthOf(o.Credit, r.book.Pools[r.book.Currency[o.Creditor]].Value)
		addClamped(&slack[o.Creditor], high-value)
		if r.converts(o) {
			_, debit := worthOf(o.Debit, r.book.Pools[r.book.Currency[o.Debtor]].Value)
			in, out := r.book.poolsOf(o)
			addClamped(&slack[in], debit-value)
			addClamped(&slack[out], value-low)
		}
	}
	return worth, slack
}

// worthOf is what an amount is worth, rounded down and up.
func worthOf(amount int64, value uint64) (low, high int64) {
	hi, lo := bits.Mul64(uint64(amount), value)
	low = int64(hi<<32 | lo>>32)
	high = low
	if lo<<32 != 0 && low < math.MaxInt64 {
		high++
	}
	return low, high
}

// addClamped adds slack where there is any, up to what is as good as no limit.
func addClamped(sum *int64, slack int64) {
	if slack > 0 {
		*sum = min(*sum, maxWeighted-min(slack, maxWeighted)) + min(slack, maxWeighted)
	}
}
