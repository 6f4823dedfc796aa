package decide

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// mutation changes one thing of a batch; ok is false where there is no such thing in it.
type mutation struct {
	name string
	make func(c *change) (says, bool)
}

// change is a batch that is being changed, a copy of its own as far as each mutation makes one.
type change struct {
	*world
	chance *rand.Rand
	in     *accountant.Inputs
	b      *ledger.Batch
}

// says is what the finding of a mutation must say: one of the invariants, and of a transfer or one of the accounts,
// where it is about any.
type says struct {
	invariants []accountant.Invariant
	transfer   settlement.TransferID
	accounts   []int64
	later      bool // when what it changes is used, in this batch or a later one
}

func (s says) says(f *accountant.Finding) bool {
	if !slices.Contains(s.invariants, f.Invariant) {
		return false
	}
	return s.transfer == 0 && len(s.accounts) == 0 || s.transfer != 0 && f.Transfer == s.transfer || slices.Contains(s.accounts, f.Account)
}

// one copies a list and returns a random element of it for which it is wanted; nil where there is none.
func one[T any](c *change, list *[]T, wanted func(*T) bool) *T {
	*list = slices.Clone(*list)
	for _, i := range c.chance.Perm(len(*list)) {
		if wanted == nil || wanted(&(*list)[i]) {
			return &(*list)[i]
		}
	}
	return nil
}

// drop takes a random element out of a list.
func drop[T any](c *change, list *[]T, wanted func(*T) bool) (gone T, ok bool) {
	it := one(c, list, wanted)
	if it == nil {
		return gone, false
	}
	gone = *it
	for i := range *list {
		if &(*list)[i] == it {
			*list = slices.Delete(*list, i, i+1)
			break
		}
	}
	return gone, true
}

// nudge is one up or down.
func (c *change) nudge(minor *int64) {
	if c.chance.IntN(2) == 0 {
		*minor++
	} else {
		*minor--
	}
}

func of[T any](name string, list func(*ledger.Batch) *[]T, wanted func(*T) bool, spoil func(*change, *T) says) mutation {
	return mutation{name, func(c *change) (says, bool) {
		it := one(c, list(c.b), wanted)
		if it == nil {
			return says{}, false
		}
		return spoil(c, it), true
	}}
}

func without[T any](name string, list func(*ledger.Batch) *[]T, wanted func(*T) bool, of func(T) says) mutation {
	return mutation{name, func(c *change) (says, bool) {
		gone, ok := drop(c, list(c.b), wanted)
		if !ok {
			return says{}, false
		}
		return of(gone), true
	}}
}

func invariants(all ...accountant.Invariant) says { return says{invariants: all} }

var causes = []accountant.Invariant{
	accountant.Amounts, accountant.Commands, accountant.Windows, accountant.ZeroSum, accountant.Order, accountant.Life,
}

func ofPosting(p ledger.Posting) says {
	return says{invariants: causes, transfer: p.Transfer, accounts: []int64{p.Debit, p.Credit}}
}

func (c *change) otherAccount(not int64) int64 {
	for {
		if id := c.chance.Int64N(int64(len(c.state.accounts))) + 1; id != not {
			return id
		}
	}
}

func postings(b *ledger.Batch) *[]ledger.Posting         { return &b.Postings }
func balances(b *ledger.Batch) *[]ledger.Balance         { return &b.Balances }
func liquidities(b *ledger.Batch) *[]ledger.Liquidity    { return &b.Liquidity }
func events(b *ledger.Batch) *[]ledger.Event             { return &b.Events }
func outcomeRows(b *ledger.Batch) *[]ledger.Outcome      { return &b.Outcomes }
func intentRows(b *ledger.Batch) *[]ledger.Intent        { return &b.Intents }
func charges(b *ledger.Batch) *[]ledger.Charge           { return &b.Charges }
func windowEvents(b *ledger.Batch) *[]ledger.WindowEvent { return &b.WindowEvents }
func windowNets(b *ledger.Batch) *[]ledger.WindowNet     { return &b.WindowNets }

func ofBalance(c *change, b *ledger.Balance, what *int64) says {
	c.nudge(what)
	return says{invariants: []accountant.Invariant{accountant.Balances}, accounts: []int64{b.Account}}
}

func ofLiquidity(c *change, l *ledger.Liquidity, what *int64) says {
	c.nudge(what)
	return says{invariants: []accountant.Invariant{accountant.Liquidity}, accounts: []int64{l.Account}}
}

func ofEvent(e ledger.Event) says {
	return says{invariants: []accountant.Invariant{accountant.Life, accountant.FinalWord}, transfer: e.Transfer}
}

// ofTransfers changes a copy of a new transfer.
func ofTransfers(name string, wanted func(*settlement.Transfer) bool, spoil func(*change, *settlement.Transfer)) mutation {
	return mutation{name, func(c *change) (says, bool) {
		it := one(c, &c.b.Transfers, func(t **settlement.Transfer) bool { return wanted == nil || wanted(*t) })
		if it == nil {
			return says{}, false
		}
		spoilt := **it
		*it = &spoilt
		id := spoilt.ID
		spoil(c, &spoilt)
		return says{invariants: []accountant.Invariant{accountant.Amounts, accountant.ExactlyOnce, accountant.Life}, transfer: id}, true
	}}
}

// command changes the last command of a kind that was carried out.
func command[T any](name string, kind settlement.CommandKind, spoil func(*change, *T) bool, s says) mutation {
	return mutation{name, func(c *change) (says, bool) {
		for i, command := range slices.Backward(c.in.Commands) { // of two on one thing the later holds
			if command.Kind != kind || c.b.CommandResults[i].Fault != "" {
				continue
			}
			var body T
			if json.Unmarshal(c.in.Commands[i].Body, &body) != nil || !spoil(c, &body) {
				continue
			}
			text, err := json.Marshal(body)
			if err != nil {
				continue
			}
			c.in.Commands[i].Body = text
			return s, true
		}
		return says{}, false
	}}
}

var mutations = slices.Concat([]mutation{
	of("posting: another amount", postings, nil, func(c *change, p *ledger.Posting) says {
		p.AmountMinor++
		return ofPosting(*p)
	}),
	of("posting: the other way round", postings, nil, func(_ *change, p *ledger.Posting) says {
		p.Debit, p.Credit = p.Credit, p.Debit
		return ofPosting(*p)
	}),
	of("posting: from another account", postings, nil, func(c *change, p *ledger.Posting) says {
		s := ofPosting(*p)
		p.Debit = c.otherAccount(p.Debit)
		s.accounts = append(s.accounts, p.Debit)
		return s
	}),
	of("posting: to another account", postings, nil, func(c *change, p *ledger.Posting) says {
		s := ofPosting(*p)
		p.Credit = c.otherAccount(p.Credit)
		return s
	}),
	of("posting: of another currency", postings, nil, func(_ *change, p *ledger.Posting) says {
		if p.Currency == kes {
			p.Currency = php
		} else {
			p.Currency = kes
		}
		return ofPosting(*p)
	}),
	of("posting: of another kind", postings, nil, func(_ *change, p *ledger.Posting) says {
		if p.Kind == ledger.PostReturn {
			p.Kind = ledger.PostClear
		} else {
			p.Kind = ledger.PostReturn
		}
		return ofPosting(*p)
	}),
	of("posting: of an id used before", postings, nil, func(_ *change, p *ledger.Posting) says {
		p.ID = 0
		return ofPosting(*p)
	}),
	of("posting: below zero", postings, nil, func(_ *change, p *ledger.Posting) says {
		p.AmountMinor = -p.AmountMinor
		return ofPosting(*p)
	}),
	without("posting: dropped", postings, nil, ofPosting),
	{"posting: doubled", func(c *change) (says, bool) {
		p := one(c, &c.b.Postings, nil)
		if p == nil {
			return says{}, false
		}
		s := ofPosting(*p)
		again := *p
		again.ID = c.b.Postings[len(c.b.Postings)-1].ID + 1
		c.b.Postings = append(c.b.Postings, again)
		return s, true
	}},
	of("balance: debits", balances, nil, func(c *change, b *ledger.Balance) says { return ofBalance(c, b, &b.Debits) }),
	of("balance: credits", balances, nil, func(c *change, b *ledger.Balance) says { return ofBalance(c, b, &b.Credits) }),
	of("balance: gross in", balances, nil, func(c *change, b *ledger.Balance) says { return ofBalance(c, b, &b.GrossIn) }),
	of("balance: gross out", balances, nil, func(c *change, b *ledger.Balance) says { return ofBalance(c, b, &b.GrossOut) }),
	without("balance: dropped", balances, nil, func(b ledger.Balance) says {
		return says{invariants: []accountant.Invariant{accountant.Balances}, accounts: []int64{b.Account}}
	}),
	{"balance: of an account that nobody touched", func(c *change) (says, bool) {
		id := c.otherAccount(0)
		at, touched := slices.BinarySearchFunc(c.b.Balances, id, func(b ledger.Balance, id int64) int { return int(b.Account - id) })
		if touched {
			return says{}, false
		}
		c.b.Balances = slices.Insert(slices.Clone(c.b.Balances), at, ledger.Balance{Account: id})
		return says{invariants: []accountant.Invariant{accountant.Balances}, accounts: []int64{id}}, true
	}},
	of("totals", func(b *ledger.Batch) *[]ledger.Balance { return &b.Totals }, nil, func(c *change, b *ledger.Balance) says { return ofBalance(c, b, &b.Debits) }),
	of("liquidity: prefunding", liquidities, nil, func(c *change, l *ledger.Liquidity) says { return ofLiquidity(c, l, &l.PrefundMinor) }),
	of("liquidity: credit line", liquidities, nil, func(c *change, l *ledger.Liquidity) says { return ofLiquidity(c, l, &l.CreditLineMinor) }),
	of("liquidity: position", liquidities, nil, func(c *change, l *ledger.Liquidity) says { return ofLiquidity(c, l, &l.PositionMinor) }),
	without("liquidity: dropped", liquidities, nil, func(l ledger.Liquidity) says {
		return says{invariants: []accountant.Invariant{accountant.Liquidity}, accounts: []int64{l.Account}}
	}),
	of("credit line: amount", func(b *ledger.Batch) *[]ledger.CreditLine { return &b.CreditLines }, nil, func(c *change, l *ledger.CreditLine) says {
		c.nudge(&l.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Liquidity}, accounts: []int64{l.Account}}
	}),
	of("carry", func(b *ledger.Batch) *[]ledger.Carry { return &b.Carries }, nil, func(c *change, l *ledger.Carry) says {
		c.nudge(&l.Nano)
		return invariants(accountant.Amounts)
	}),
}, ofLives, ofIntents, ofWindows, ofCommands, ofBatches)

var ofLives = []mutation{
	without("step: skipped", events, nil, func(e ledger.Event) says {
		s := ofEvent(e)
		if e.State == messaging.StatePaid || e.State == messaging.StateReturned || e.State == messaging.StateReturnPending {
			s.transfer = 0 // its word moves nothing, or its other half is missing
		}
		if e.State == messaging.StateExpired {
			s = invariants(accountant.Life)
		}
		return s
	}),
	{"step: taken twice", func(c *change) (says, bool) {
		e := one(c, &c.b.Events, nil)
		if e == nil {
			return says{}, false
		}
		c.b.Events = append(c.b.Events, *e)
		return ofEvent(*e), true
	}},
	of("step: another", events, nil, func(c *change, e *ledger.Event) says {
		s := ofEvent(*e)
		all := []messaging.State{
			messaging.StateQueued, messaging.StateCleared, messaging.StatePaid, messaging.StateReturnPending, messaging.StateReturned, messaging.StateRejected, messaging.StateExpired,
		}
		was := e.State
		for e.State == was {
			e.State = all[c.chance.IntN(len(all))]
		}
		if was != messaging.StateCleared && was != messaging.StateQueued || e.State == messaging.StateExpired {
			s.transfer = 0 // only the count of words, or of what is queued, does not come out
		}
		s.invariants = append(s.invariants, accountant.Amounts)
		return s
	}),
	{"step: paid without a word", func(c *change) (says, bool) {
		for _, before := range c.batches {
			if before.ID >= c.b.ID {
				break
			}
			for _, e := range before.Events {
				if states := c.statesUntil(e.Transfer, c.b.ID+1); e.State == messaging.StateCleared && states[len(states)-1] == messaging.StateCleared {
					c.b.Events = append(slices.Clone(c.b.Events), ledger.Event{Transfer: e.Transfer, State: messaging.StatePaid})
					return says{invariants: []accountant.Invariant{accountant.FinalWord}, transfer: e.Transfer}, true
				}
			}
		}
		return says{}, false
	}},
	{"word: not signed", func(c *change) (says, bool) {
		applied := map[string]settlement.TransferID{}
		for _, o := range c.b.Outcomes {
			applied[fmt.Sprint(o.Participant, o.Sequence, o.Outcome)] = o.Transfer
		}
		gone, ok := drop(c, &c.in.Outcomes, func(o *accountant.Outcome) bool {
			_, ok := applied[fmt.Sprint(o.Participant, o.Sequence, o.Outcome)]
			return ok
		})
		_ = gone
		return invariants(accountant.FinalWord), ok
	}},
	of("word: of another", outcomeRows, nil, func(c *change, o *ledger.Outcome) says {
		o.Participant = o.Participant%int32(len(c.state.participants)) + 1
		return invariants(accountant.FinalWord)
	}),
	of("word: said otherwise", outcomeRows, nil, func(_ *change, o *ledger.Outcome) says {
		if o.Outcome.State == messaging.OutcomeUnknown {
			o.Outcome.State = messaging.OutcomePaid
		} else {
			o.Outcome.State = messaging.OutcomeUnknown
		}
		return invariants(accountant.FinalWord)
	}),
	without("word: dropped", outcomeRows, nil, func(ledger.Outcome) says { return invariants(accountant.FinalWord) }),
	{"word: another amount was signed, and stands", func(c *change) (says, bool) {
		row := one(c, &c.b.Outcomes, func(o *ledger.Outcome) bool {
			return o.Verdict == ledger.VerdictApplied && o.Outcome.State == messaging.OutcomePaid
		})
		if row == nil {
			return says{}, false
		}
		for i := range c.in.Outcomes {
			if c.in.Outcomes[i].Outcome == row.Outcome {
				c.in.Outcomes[i].Outcome.Amount.Amount = "1" + row.Outcome.Amount.Amount
				row.Outcome = c.in.Outcomes[i].Outcome
				return says{invariants: []accountant.Invariant{accountant.FinalWord}, transfer: row.Transfer}, true
			}
		}
		return says{}, false
	}},
	of("word: moved nothing", outcomeRows, func(o *ledger.Outcome) bool {
		return o.Verdict == ledger.VerdictApplied && o.Outcome.State == messaging.OutcomePaid
	}, func(_ *change, o *ledger.Outcome) says {
		o.Verdict = ledger.VerdictException
		return invariants(accountant.FinalWord)
	}),
}

// statesUntil are a transfer's states before a batch.
func (w *world) statesUntil(id settlement.TransferID, until int64) (states []messaging.State) {
	for _, b := range w.batches {
		for _, e := range b.Events {
			if b.ID < until && e.Transfer == id {
				states = append(states, e.State)
			}
		}
	}
	return states
}

func accepted(n *ledger.Intent) bool { return n.Fault == "" }

func isNew(t *settlement.Transfer) bool { return t.ReturnOf == 0 }

var ofIntents = []mutation{
	of("intent: of another text", intentRows, nil, func(_ *change, n *ledger.Intent) says {
		n.Hash[7] ^= 1
		return invariants(accountant.ExactlyOnce)
	}),
	of("intent: of another id", intentRows, nil, func(_ *change, n *ledger.Intent) says {
		n.ID += "x"
		return invariants(accountant.ExactlyOnce)
	}),
	without("intent: dropped", intentRows, nil, func(ledger.Intent) says { return invariants(accountant.ExactlyOnce) }),
	of("intent: became another transfer", intentRows, accepted, func(_ *change, n *ledger.Intent) says {
		n.Transfer++
		return invariants(accountant.ExactlyOnce)
	}),
	of("intent: refused and accepted", intentRows, accepted, func(_ *change, n *ledger.Intent) says {
		n.Fault = messaging.FaultAmount
		return invariants(accountant.ExactlyOnce)
	}),
	{"intent: accepted twice", func(c *change) (says, bool) {
		n := one(c, &c.b.Intents, accepted)
		if n == nil {
			return says{}, false
		}
		again := *n
		again.Transfer = c.b.Transfers[len(c.b.Transfers)-1].ID + 1
		at := slices.IndexFunc(c.b.Transfers, func(t *settlement.Transfer) bool { return t.ID == n.Transfer })
		twice := *c.b.Transfers[at]
		twice.ID = again.Transfer
		c.b.Intents, c.b.Transfers = append(c.b.Intents, again), append(slices.Clone(c.b.Transfers), &twice)
		c.b.Events = append(slices.Clone(c.b.Events), ledger.Event{Transfer: twice.ID, State: messaging.StateQueued})
		c.b.Accepted, c.b.Queued = c.b.Accepted+1, c.b.Queued+1
		return invariants(accountant.ExactlyOnce), true
	}},
	{"intent: sent again, and accepted", func(c *change) (says, bool) {
		for _, before := range c.inputsBefore() {
			for _, i := range before.Intents {
				if len(c.b.Transfers) == 0 || i.Participant != c.b.Transfers[0].Debtor || c.b.Transfers[0].ReturnOf != 0 {
					continue
				}
				if at := slices.IndexFunc(c.in.Intents, func(n accountant.Intent) bool { return n.Intent.ID == c.b.Transfers[0].Intent }); at >= 0 && i.Intent.ID != "" {
					c.in.Intents[at].Intent.ID = i.Intent.ID
					c.b.Intents = slices.Clone(c.b.Intents)
					row := slices.IndexFunc(c.b.Intents, func(n ledger.Intent) bool { return n.Transfer == c.b.Transfers[0].ID })
					c.b.Intents[row].ID = i.Intent.ID
					return says{invariants: []accountant.Invariant{accountant.ExactlyOnce}, transfer: c.b.Transfers[0].ID}, true
				}
			}
		}
		return says{}, false
	}},
	ofTransfers("transfer: source", nil, func(c *change, t *settlement.Transfer) { c.nudge(&t.Source.Minor) }),
	ofTransfers("transfer: destination", nil, func(c *change, t *settlement.Transfer) { c.nudge(&t.Destination.Minor) }),
	ofTransfers("transfer: residual", isNew, func(c *change, t *settlement.Transfer) { c.nudge(&t.Residual) }),
	ofTransfers("transfer: quote", isNew, func(_ *change, t *settlement.Transfer) { t.Quote += "x" }),
	ofTransfers("transfer: debtor", nil, func(c *change, t *settlement.Transfer) {
		t.Debtor = t.Debtor%int32(len(c.state.participants)) + 1
	}),
	ofTransfers("transfer: creditor", nil, func(c *change, t *settlement.Transfer) {
		t.Creditor = t.Creditor%int32(len(c.state.participants)) + 1
	}),
	ofTransfers("transfer: deadline", isNew, func(_ *change, t *settlement.Transfer) { t.Deadline = t.Deadline.Add(time.Second) }),
	ofTransfers("return: of another", func(t *settlement.Transfer) bool { return t.ReturnOf != 0 }, func(_ *change, t *settlement.Transfer) { t.ReturnOf-- }),
	{"intent: another amount was signed", func(c *change) (says, bool) {
		n := one(c, &c.b.Intents, accepted)
		if n == nil {
			return says{}, false
		}
		at := slices.IndexFunc(c.in.Intents, func(i accountant.Intent) bool {
			return i.Participant == n.Participant && i.Sequence == n.Sequence && i.Place == n.Place
		})
		c.in.Intents[at].Intent.Source.Amount = "1" + c.in.Intents[at].Intent.Source.Amount
		return says{invariants: []accountant.Invariant{accountant.Amounts}, transfer: n.Transfer}, true
	}},
	of("charge: rounded otherwise", charges, nil, func(c *change, h *ledger.Charge) says {
		c.nudge(&h.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Amounts}, transfer: h.Transfer}
	}),
	of("charge: to another", charges, nil, func(_ *change, h *ledger.Charge) says {
		h.Payer, h.Payee = h.Payee, h.Payer
		return says{invariants: []accountant.Invariant{accountant.Amounts}, transfer: h.Transfer}
	}),
	without("charge: dropped", charges, nil, func(h ledger.Charge) says {
		return says{invariants: []accountant.Invariant{accountant.Amounts}, transfer: h.Transfer}
	}),
	{"charge: and its posting rounded otherwise", func(c *change) (says, bool) {
		h := one(c, &c.b.Charges, func(h *ledger.Charge) bool { return h.AmountMinor > 1 })
		if h == nil {
			return says{}, false
		}
		h.AmountMinor--
		c.b.Postings = slices.Clone(c.b.Postings)
		for i := range c.b.Postings {
			if p := &c.b.Postings[i]; p.Transfer == h.Transfer && p.Kind == h.PostingKind() {
				p.AmountMinor--
			}
		}
		return says{invariants: []accountant.Invariant{accountant.Amounts}, transfer: h.Transfer}, true
	}},
}

// inputsBefore are those of earlier batches.
func (c *change) inputsBefore() []accountant.Inputs { return c.reviewed.inputs[:c.b.ID-1] }

var ofWindows = []mutation{
	of("net: in", windowNets, nil, func(c *change, n *ledger.WindowNet) says {
		c.nudge(&n.GrossIn)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	of("net: out", windowNets, nil, func(c *change, n *ledger.WindowNet) says {
		c.nudge(&n.GrossOut)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	without("net: dropped", windowNets, nil, func(n ledger.WindowNet) says {
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	of("window: of another batch", windowEvents, nil, func(c *change, e *ledger.WindowEvent) says {
		c.nudge(&e.LogIndex)
		return invariants(accountant.Windows)
	}),
	of("window: another step", windowEvents, nil, func(_ *change, e *ledger.WindowEvent) says {
		if e.State == settlement.WindowSettled {
			e.State = settlement.WindowSettling
		} else {
			e.State = settlement.WindowSettled
		}
		return invariants(accountant.Windows)
	}),
	without("window: step dropped", windowEvents, nil, func(ledger.WindowEvent) says { return invariants(accountant.Windows) }),
	of("window: due at another moment", windowEvents, func(e *ledger.WindowEvent) bool { return e.State == settlement.WindowClosed }, func(_ *change, e *ledger.WindowEvent) says {
		e.Moment = e.Moment.Add(time.Second)
		return invariants(accountant.Windows)
	}),
	of("default: amount", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(c *change, s *ledger.DefaultStep) says {
		c.nudge(&s.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("default: payer", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(c *change, s *ledger.DefaultStep) says {
		s.Payer = c.otherAccount(s.Payer)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("default: kind", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(_ *change, s *ledger.DefaultStep) says {
		if s.Kind == ledger.PostShare {
			s.Kind = ledger.PostCollateral
		} else {
			s.Kind = ledger.PostShare
		}
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("claim", func(b *ledger.Batch) *[]ledger.Claim { return &b.Claims }, nil, func(c *change, s *ledger.Claim) says {
		c.nudge(&s.Rank)
		return invariants(accountant.Windows)
	}),
	of("claim: paid back", func(b *ledger.Batch) *[]ledger.ClaimPaid { return &b.ClaimsPaid }, nil, func(c *change, s *ledger.ClaimPaid) says {
		c.nudge(&s.AmountMinor)
		return invariants(accountant.Commands)
	}),
	of("guarantee", func(b *ledger.Batch) *[]ledger.Guarantee { return &b.Guarantees }, nil, func(c *change, g *ledger.Guarantee) says {
		c.nudge(&g.AmountMinor)
		return invariants(accountant.Liquidity)
	}),
	of("instruction: amount", func(b *ledger.Batch) *[]ledger.Instruction { return &b.Instructions }, nil, func(c *change, i *ledger.Instruction) says {
		c.nudge(&i.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Commands}, accounts: []int64{i.Account}}
	}),
	without("instruction: dropped", func(b *ledger.Batch) *[]ledger.Instruction { return &b.Instructions }, nil, func(i ledger.Instruction) says {
		return says{invariants: []accountant.Invariant{accountant.Commands}}
	}),
	of("instruction: result", func(b *ledger.Batch) *[]ledger.InstructionResult { return &b.InstructionResults }, nil, func(_ *change, i *ledger.InstructionResult) says {
		if i.Result == ledger.Refused {
			i.Result = ledger.Confirmed
		} else {
			i.Result = ledger.Refused
		}
		return invariants(accountant.Commands, accountant.Windows)
	}),
}

var ofCommands = []mutation{
	command("command: another amount came in", settlement.CommandFund, func(_ *change, f *settlement.Fund) bool { f.AmountMinor++; return true }, invariants(accountant.Commands)),
	command("command: to another account", settlement.CommandFund, func(_ *change, f *settlement.Fund) bool {
		if f.Account == settlement.StandingCollateral {
			f.Account = ""
		} else {
			f.Account = settlement.StandingCollateral
		}
		return true
	}, invariants(accountant.Commands)),
	command("command: less credit was granted", settlement.CommandCreditLine, func(in *change, c *settlement.CreditLine) bool {
		before := c.AmountMinor
		c.AmountMinor = c.AmountMinor/3 - 1
		return slices.ContainsFunc(in.b.CreditLines, func(l ledger.CreditLine) bool { return l.TargetMinor == before }) // no default took it away
	},
		invariants(accountant.Liquidity)),
	command("command: less was withdrawn", settlement.CommandWithdraw, func(_ *change, c *settlement.Withdraw) bool { c.AmountMinor++; return true },
		invariants(accountant.Liquidity, accountant.Commands)),
	command("command: another guarantee", settlement.CommandGuarantee, func(_ *change, c *settlement.Guarantee) bool { c.AmountMinor++; return true },
		invariants(accountant.Liquidity, accountant.Commands)),
	command("command: another result", settlement.CommandInstructionResult, func(_ *change, c *settlement.InstructionResult) bool { c.AmountMinor++; return true },
		invariants(accountant.Commands)),
	command("command: another debt", settlement.CommandRecover, func(_ *change, c *settlement.Recover) bool { c.AmountMinor--; return true }, invariants(accountant.Commands)),
	command("command: another group closed", settlement.CommandCloseWindow, func(_ *change, c *settlement.CloseWindow) bool { c.Group = "nobody"; return true }, invariants(accountant.Windows)),
	{"command: refused, and done", func(c *change) (says, bool) {
		for i, command := range c.in.Commands {
			if command.Kind == settlement.CommandCloseWindow && c.b.CommandResults[i].Fault == "" {
				c.b.CommandResults = slices.Clone(c.b.CommandResults)
				c.b.CommandResults[i].Fault = "no"
				return invariants(accountant.Windows), true
			}
		}
		return says{}, false
	}},
	without("evidence: dropped", func(b *ledger.Batch) *[]ledger.Evidence { return &b.Evidence }, nil, func(ledger.Evidence) says {
		return invariants(accountant.Commands)
	}),
	{"quote: another rate was promised", func(c *change) (says, bool) { return c.otherRate() }},
}

// otherRate changes all promises, if a transfer is made by one.
func (c *change) otherRate() (says, bool) {
	used := slices.ContainsFunc(c.batches, func(b *ledger.Batch) bool {
		return slices.ContainsFunc(b.Transfers, func(t *settlement.Transfer) bool { return strings.HasPrefix(t.Quote, "q-") })
	})
	for i, command := range c.in.Commands {
		var body settlement.Quotes
		if command.Kind != settlement.CommandQuotes || c.b.ID != 1 || !used || json.Unmarshal(command.Body, &body) != nil {
			continue
		}
		for q := range body.Quotes {
			body.Quotes[q].Rate = fx.MustRate("1/7")
		}
		text, err := json.Marshal(body)
		if err != nil {
			continue
		}
		c.in.Commands[i].Body = text
		return says{invariants: []accountant.Invariant{accountant.Amounts}, later: true}, true
	}
	return says{}, false
}

// ofNewAccounts changes an account of which the batch posts something already.
func ofNewAccounts(name string, spoil func(*change, *ledger.Account)) mutation {
	return mutation{name, func(c *change) (says, bool) {
		a := one(c, &c.b.Accounts, func(a *ledger.Account) bool {
			return slices.ContainsFunc(c.b.Postings, func(p ledger.Posting) bool { return p.Debit == a.ID || p.Credit == a.ID })
		})
		if a == nil {
			return says{}, false
		}
		spoil(c, a)
		return says{invariants: append([]accountant.Invariant{accountant.Liquidity, accountant.Balances}, causes...)}, true
	}}
}

var ofBatches = []mutation{
	{"batch: number", func(c *change) (says, bool) { c.b.ID++; return invariants(accountant.Order), true }},
	{"batch: log index", func(c *change) (says, bool) {
		if c.b.ID == 1 {
			return says{}, false
		}
		c.b.LogIndex = c.batches[c.b.ID-2].LogIndex
		return invariants(accountant.Order), true
	}},
	{"batch: clock", func(c *change) (says, bool) {
		if c.b.ID == 1 {
			return says{}, false
		}
		c.b.DecidedAt = c.batches[c.b.ID-2].DecidedAt.Add(-1)
		return invariants(accountant.Order), true
	}},
	{"batch: accepted", func(c *change) (says, bool) { c.b.Accepted++; return invariants(accountant.Life), true }},
	{"batch: cleared", func(c *change) (says, bool) { c.b.Cleared++; return invariants(accountant.Life), true }},
	{"batch: queued", func(c *change) (says, bool) { c.b.Queued++; return invariants(accountant.Life), true }},
	{"batch: window", func(c *change) (says, bool) { c.b.Window++; return invariants(accountant.Windows), true }},
	ofNewAccounts("account: of another", func(c *change, a *ledger.Account) {
		a.Participant = a.Participant%int32(len(c.state.participants)) + 1
	}),
	ofNewAccounts("account: in another currency", func(_ *change, a *ledger.Account) {
		if a.Currency == kes {
			a.Currency = php
		} else {
			a.Currency = kes
		}
	}),
	ofNewAccounts("account: never opened", func(c *change, a *ledger.Account) {
		c.b.Accounts = slices.DeleteFunc(c.b.Accounts, func(o ledger.Account) bool { return o.ID == a.ID })
	}),
}
