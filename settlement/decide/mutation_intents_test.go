package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

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
