package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

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
}, ofLives, ofBundles, ofIntents, ofWindows, ofCommands, ofBatches)
