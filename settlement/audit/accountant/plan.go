package accountant

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// plan is how a window has to be settled: all of it or nothing.
type plan struct {
	*review
	window *window
	moves  []move
	debts  []*debt
	payIns []*instruction  // of the window, by account
	left   map[int64]int64 // balances of accounts that pay or are paid, after the moves
	shared map[int64]int64 // what survivors pay in the window, by position
	waits  bool            // for somebody who may still pay
	short  bool            // nobody is left to pay
}

// move is one posting.
type move struct {
	kind            ledger.PostingKind
	from, to, minor int64
	debt            *debt // that it pays a part of; nil where whoever owes pays
	guarantee       int64 // of a guarantor, its id
}

// debt is what somebody did not pay in for an account.
type debt struct {
	account, minor int64
	owner          int32
	steps          int32
}

func (p *plan) settles() bool { return !p.waits && !p.short }

// planFor works out how a window settles: account by account each net is paid or received; what is not paid when the
// window is late is taken, debt by debt, from the debtor's own money, its collateral, its guarantors and the survivors.
func (r *review) planFor(w *window, late bool) *plan {
	p := &plan{review: r, window: w, left: map[int64]int64{}, shared: map[int64]int64{}}
	for _, i := range r.instructions { // in any order: sorted below
		if i.Kind == ledger.PayIn && i.Window == w.id {
			p.payIns = append(p.payIns, i)
		}
	}
	slices.SortFunc(p.payIns, func(a, b *instruction) int { return cmp.Compare(a.Account, b.Account) })
	for _, n := range w.nets {
		a, net := r.account(n.Account), n.NetMinor()
		owner, kind := a.Participant, ledger.PostSettle
		if a.Kind == ledger.FX {
			owner, kind = r.provider, ledger.PostTrade
		}
		own := r.find(owner, ledger.Settlement, a.Currency)
		payIn := p.payInOf(n.Account)
		switch {
		case net == 0:
		case net > 0:
			p.pay(move{kind: kind, from: a.ID, to: own, minor: net})
		case payIn != nil && payIn.paidIn:
			p.pay(move{kind: kind, from: r.find(owner, ledger.Suspense, a.Currency), to: a.ID, minor: -net})
		case payIn == nil && p.has(own) >= -net:
			p.pay(move{kind: kind, from: own, to: a.ID, minor: -net})
		case late:
			p.debts = append(p.debts, &debt{account: a.ID, minor: -net, owner: owner})
		default:
			p.waits = true
			return p
		}
	}
	for _, d := range p.debts {
		p.payFor(d)
	}
	return p
}

// payInOf is the instruction by which an account's net is paid in; nil where there is none.
func (p *plan) payInOf(account int64) *instruction {
	for _, i := range p.payIns {
		if i.Account == account {
			return i
		}
	}
	return nil
}

// has is what an account has left.
func (p *plan) has(account int64) int64 {
	left, moved := p.left[account]
	if !moved {
		left = p.balanceOf(account)
	}
	return left
}

func (p *plan) pay(m move) {
	p.left[m.from] = p.has(m.from) - m.minor
	if m.to != 0 { // it is opened when it is paid
		p.left[m.to] = p.has(m.to) + m.minor
	}
	p.moves = append(p.moves, m)
}

// payFor has others pay a debt, in the published order.
func (p *plan) payFor(d *debt) {
	a, short := p.account(d.account), d.minor
	take := func(kind ledger.PostingKind, from, most, guarantee int64) {
		if part := min(short, most); part > 0 {
			p.pay(move{kind: kind, from: from, to: d.account, minor: part, debt: d, guarantee: guarantee})
			short -= part
		}
	}
	own, first := p.find(d.owner, ledger.Settlement, a.Currency), ledger.PostSettle
	if a.Kind == ledger.FX {
		first = ledger.PostTrade
	}
	take(first, own, p.has(own), 0)
	collateral := p.find(d.owner, ledger.Collateral, a.Currency)
	take(ledger.PostCollateral, collateral, p.has(collateral), 0)
	for _, g := range p.guarantees {
		if g.Beneficiary == d.owner && g.Currency == a.Currency {
			take(ledger.PostGuarantee, p.find(g.Guarantor, ledger.Pledge, g.Currency), g.AmountMinor, g.ID)
		}
	}
	if short > 0 && !p.share(d, short) {
		p.short = true
	}
}

// share has survivors pay in proportion to the most that each pays for others in one window, a published part of its
// credit line. Where one of them cannot pay its share there is none.
func (p *plan) share(d *debt, minor int64) bool {
	currency := p.account(d.account).Currency
	most := p.groupOf(currency).shareMax
	var survivors []*account
	var weights []int64
	for i := range p.accounts {
		a := &p.accounts[i]
		if a.Kind != ledger.Position || a.Currency != currency || p.owesHere(a.Participant) {
			continue
		}
		if can := millionths(a.lineMinor, most) - p.shared[a.ID]; a.lineMinor > 0 && can > 0 {
			survivors, weights = append(survivors, a), append(weights, can)
		}
	}
	shares, ok := divide(minor, weights)
	if !ok {
		return false
	}
	for i, s := range survivors {
		if own := p.find(s.Participant, ledger.Settlement, currency); shares[i] > p.has(own) || shares[i]+p.shared[s.ID] > p.available(s) {
			return false
		}
	}
	for i, s := range survivors {
		if shares[i] > 0 {
			p.shared[s.ID] += shares[i]
			p.pay(move{kind: ledger.PostShare, from: p.find(s.Participant, ledger.Settlement, currency), to: d.account, minor: shares[i], debt: d})
		}
	}
	return true
}

// owesHere tells whether somebody is a defaulter of the window.
func (p *plan) owesHere(owner int32) bool {
	return slices.ContainsFunc(p.debts, func(d *debt) bool { return d.owner == owner })
}

// divide parts an amount in proportion to weights: each its whole part, and what is over, unit by unit, to those with
// the largest rests, the first of equals. ok is false where the amount is more than all weights.
func divide(minor int64, weights []int64) (parts []int64, ok bool) {
	var all int64
	for _, w := range weights {
		all += w
	}
	if minor > all {
		return nil, false
	}
	parts = make([]int64, len(weights))
	rests, order := make([]uint64, len(weights)), make([]int, len(weights))
	over := minor
	for i, w := range weights {
		high, low := bits.Mul64(uint64(minor), uint64(w)) //nolint:gosec // neither is negative
		whole, rest := bits.Div64(high, low, uint64(all))
		parts[i], rests[i], order[i] = int64(whole), rest, i //nolint:gosec // at most the weight
		over -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:over] {
		parts[i]++
	}
	return parts, true
}
