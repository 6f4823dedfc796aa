package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

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
