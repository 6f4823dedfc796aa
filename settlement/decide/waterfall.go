package decide

import (
	"math/bits"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// plan is how a window would settle: all of its moves or none.
type plan struct {
	*decision
	window closedWindow
	moves  []move
	debts  []*debt                           // of those who do not pay themselves
	unpaid bool                              // somebody owes who may still pay
	short  fx.Money                          // what nobody can pay, where defaults are paid by others
	left   map[int]int64                     // what accounts have left after the moves, by place, as far as somebody asked
	shared map[int]int64                     // what survivors paid in this window, by place of position
	payIns map[int64]*ledger.OpenInstruction // by account
}

// move is one posting. Accounts that it opens have no place yet.
type move struct {
	kind      ledger.PostingKind
	from, to  int
	credits   accountKey // where to is -1
	amount    int64
	net       *ledger.WindowNet // where it ends a net: its owner is told
	debt      *debt             // where it is a step of the default procedure
	guarantee int64             // of a guarantor's step, its id
}

// debt is what a defaulter owes on an account.
type debt struct {
	place     int
	defaulter *settlement.Participant
	minor     int64
	steps     int32
}

func (p *plan) covered() bool { return !p.unpaid && p.short.Minor == 0 }

// planWindow plans the settlement of a window: everybody pays or is paid in order of account. What is not paid
// when the window is late is taken, debtor by debtor, from the debtor's own prefunding and collateral, its
// guarantors in their order, and the survivors by their shares.
func (d *decision) planWindow(w closedWindow, late bool) *plan {
	p := &plan{
		decision: d, window: w, left: map[int]int64{}, shared: map[int]int64{}, payIns: d.payIns(w.id),
	}
	for i := range w.nets {
		n := &w.nets[i]
		a := d.accounts[n.Account-1]
		owner, kind := a.Participant, ledger.PostSettle
		if a.Kind == ledger.FX {
			owner, kind = d.provider.ID, ledger.PostTrade
		}
		place, behind := int(n.Account-1), d.find(owner, ledger.Settlement, a.Currency)
		net := n.NetMinor()
		payIn := p.payIns[n.Account]
		if payIn != nil {
			behind = d.find(owner, ledger.Suspense, a.Currency)
		}
		switch {
		case net >= 0:
			p.add(move{kind: kind, from: place, to: behind, credits: accountKey{owner, ledger.Settlement, a.Currency}, amount: net, net: n})
		case payIn != nil && payIn.PaidIn, payIn == nil && p.leftOf(behind) >= -net:
			p.add(move{kind: kind, from: behind, to: place, amount: -net, net: n})
		case !late:
			p.unpaid = true
			return p
		default:
			p.debts = append(p.debts, &debt{place: place, defaulter: d.participants[owner-1], minor: -net})
			p.moves = append(p.moves, move{net: n, from: -1})
		}
	}
	for _, debt := range p.debts {
		if short := p.payFor(debt); short > 0 && p.short.Minor == 0 {
			p.short = fx.Money{Minor: short, Currency: d.accounts[debt.place].Currency}
		}
	}
	return p
}

func (p *plan) leftOf(place int) int64 {
	if place < 0 {
		return 0
	}
	if _, ok := p.left[place]; !ok {
		p.left[place] = p.accounts[place].balance()
	}
	return p.left[place]
}

func (p *plan) add(m move) {
	p.left[m.from] = p.leftOf(m.from) - m.amount
	if m.to >= 0 {
		p.left[m.to] = p.leftOf(m.to) + m.amount
	}
	p.moves = append(p.moves, m)
}

// step has somebody pay a part of a debt.
func (p *plan) step(kind ledger.PostingKind, debt *debt, from int, amount, guarantee int64) {
	if amount > 0 {
		p.add(move{kind: kind, from: from, to: debt.place, amount: amount, debt: debt, guarantee: guarantee})
	}
}

// payFor goes down the waterfall and returns what is left at its end.
func (p *plan) payFor(debt *debt) (short int64) {
	a, short := p.accounts[debt.place], debt.minor
	own := ledger.PostSettle
	if a.Kind == ledger.FX {
		own = ledger.PostTrade
	}
	for _, source := range []struct {
		kind ledger.PostingKind
		from ledger.AccountKind
	}{{own, ledger.Settlement}, {ledger.PostCollateral, ledger.Collateral}} {
		from := p.find(debt.defaulter.ID, source.from, a.Currency)
		part := max(0, min(short, p.leftOf(from)))
		p.step(source.kind, debt, from, part, 0)
		short -= part
	}
	for _, g := range p.guarantees {
		if g.Beneficiary != debt.defaulter.ID || g.Currency != a.Currency {
			continue
		}
		part := min(short, g.AmountMinor) // nobody owes on two accounts of one currency
		p.step(ledger.PostGuarantee, debt, p.find(g.Guarantor, ledger.Pledge, a.Currency), part, g.ID)
		short -= part
	}
	if short == 0 || p.share(debt, short) {
		return 0
	}
	return short
}

// share has the survivors pay: each in proportion to the most that it pays for others in one window, which is a
// published part of its credit line. Nobody pays more because another cannot: then there is no share.
func (p *plan) share(debt *debt, minor int64) bool {
	a := p.accounts[debt.place]
	most := p.groupOf(a.Currency).ShareMaxPPM
	var survivors []int
	var weights []int64
	for place, s := range p.accounts {
		if s.Kind != ledger.Position || s.Currency != a.Currency || s.creditLineMinor == 0 || p.defaults(s.Participant) {
			continue
		}
		if can := partOf(s.creditLineMinor, most) - p.shared[place]; can > 0 {
			survivors, weights = append(survivors, place), append(weights, can)
		}
	}
	shares := apportion(minor, weights)
	if shares == nil {
		return false
	}
	for i, place := range survivors {
		s := p.accounts[place]
		own := p.find(s.Participant, ledger.Settlement, s.Currency)
		if shares[i] > p.leftOf(own) || shares[i]+p.shared[place] > p.available(s) {
			return false
		}
	}
	for i, place := range survivors {
		p.shared[place] += shares[i]
		p.step(ledger.PostShare, debt, p.find(p.accounts[place].Participant, ledger.Settlement, a.Currency), shares[i], 0)
	}
	return true
}

// defaults tells whether a participant does not pay in this window.
func (p *plan) defaults(participant int32) bool {
	return slices.ContainsFunc(p.debts, func(d *debt) bool { return d.defaulter.ID == participant })
}

// apportion parts an amount in proportion to weights, whole units by largest remainder, the first of equals; nil
// where it is more than the weights together. No part is more than its weight.
func apportion(minor int64, weights []int64) []int64 {
	var total uint64
	for _, w := range weights {
		total += uint64(w) //nolint:gosec // weights are positive, and their sum far below 2^63
	}
	if uint64(minor) > total { //nolint:gosec // debts are positive
		return nil
	}
	parts, rest := make([]int64, len(weights)), make([]uint64, len(weights))
	over := minor
	for i, w := range weights {
		high, low := bits.Mul64(uint64(minor), uint64(w)) //nolint:gosec // as above
		quotient, remainder := bits.Div64(high, low, total)
		parts[i], rest[i] = int64(quotient), remainder //nolint:gosec // at most the weight
		over -= parts[i]
	}
	for ; over > 0; over-- {
		largest := 0
		for i := range rest {
			if rest[i] > rest[largest] {
				largest = i
			}
		}
		parts[largest]++
		rest[largest] = 0
	}
	return parts
}

// defaultRecord is a step of the default procedure as the log has it.
type defaultRecord struct {
	Account     int64               `json:"account"`
	AmountMinor int64               `json:"amount_minor"`
	Kind        ledger.PostingKind  `json:"kind"`
	Payer       int64               `json:"payer"`
	Window      settlement.WindowID `json:"window"`
}

// carryOutPlan posts what was planned.
func (d *decision) carryOutPlan(p *plan) error {
	for _, m := range p.moves {
		if m.net != nil {
			d.tellWindow(*m.net, settlement.WindowSettled)
		}
		if m.amount == 0 {
			continue
		}
		if m.to < 0 {
			m.to = d.account(m.credits.participant, m.credits.kind, m.credits.currency)
		}
		if err := d.post(m.kind, 0, m.from, m.to, m.amount); err != nil {
			return err
		}
		if m.debt != nil {
			if err := d.recordStep(p.window.id, m); err != nil {
				return err
			}
		}
	}
	for _, debt := range p.debts {
		d.declareDefault(debt)
	}
	for _, account := range sortedKeys(p.payIns) {
		i := p.payIns[account]
		delete(d.instructions, i.ID)
		if !i.PaidIn {
			d.batch.InstructionResults = append(d.batch.InstructionResults, ledger.InstructionResult{Instruction: i.ID, Result: ledger.Lapsed})
		}
	}
	d.windowEvent(p.window.id, p.window.group, settlement.WindowSettled, time.Time{})
	return d.payOutNets(p.window)
}

// recordStep keeps a step of the default procedure, and what the defaulter owes for it.
func (d *decision) recordStep(w settlement.WindowID, m move) error {
	payer := d.accounts[m.from]
	m.debt.steps++
	step := ledger.DefaultStep{
		Window: w, Account: d.accounts[m.debt.place].ID, Step: m.debt.steps, Kind: m.kind, Payer: payer.ID, AmountMinor: m.amount,
	}
	d.batch.DefaultSteps = append(d.batch.DefaultSteps, step)
	d.defaulted = append(d.defaulted, defaultRecord{Window: w, Account: step.Account, Kind: step.Kind, Payer: step.Payer, AmountMinor: step.AmountMinor})
	if m.guarantee != 0 {
		at := slices.IndexFunc(d.guarantees, func(g ledger.Guarantee) bool { return g.ID == m.guarantee })
		g := d.guarantees[at]
		g.AmountMinor -= m.amount
		d.setGuarantee(g)
	}
	if m.kind != ledger.PostGuarantee && m.kind != ledger.PostShare {
		return nil
	}
	return d.claim(w, m.debt.defaulter.ID, payer, m.amount, m.kind == ledger.PostShare)
}

// declareDefault suspends who did not pay, and takes its credit line away as far as its position allows. What it has
// queued waits for its own money alone, and expires at its deadline.
func (d *decision) declareDefault(debt *debt) {
	if !debt.defaulter.Suspended {
		debt.defaulter.Suspended = true
		d.batch.Suspensions = append(d.batch.Suspensions, *debt.defaulter)
		d.refreshed = true
	}
	if a := d.accounts[debt.place]; a.Kind == ledger.Position && a.creditLineMinor > 0 {
		d.setLine(debt.place, 0)
	}
}

// payOutNets pays out what instructed creditors have earned in a window, as far as they have not sent it on.
func (d *decision) payOutNets(w closedWindow) error {
	for _, n := range w.nets {
		a := d.accounts[n.Account-1]
		if a.Kind != ledger.Position || !d.instructed[a.Participant] {
			continue
		}
		p := d.participants[a.Participant-1]
		if amount := min(n.NetMinor(), d.spare(p, a.Currency)); amount > 0 {
			from := d.find(p.ID, ledger.Settlement, a.Currency)
			if err := d.payOut(ledger.PayOut, w.id, p, from, amount); err != nil {
				return err
			}
		}
	}
	return nil
}
