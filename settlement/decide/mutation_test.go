package decide

import (
	"math/rand/v2"
	"slices"

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

func postings(b *ledger.Batch) *[]ledger.Posting { return &b.Postings }

func balances(b *ledger.Batch) *[]ledger.Balance { return &b.Balances }

func liquidities(b *ledger.Batch) *[]ledger.Liquidity { return &b.Liquidity }

func events(b *ledger.Batch) *[]ledger.Event { return &b.Events }

func outcomeRows(b *ledger.Batch) *[]ledger.Outcome { return &b.Outcomes }

func intentRows(b *ledger.Batch) *[]ledger.Intent { return &b.Intents }

func charges(b *ledger.Batch) *[]ledger.Charge { return &b.Charges }

func windowEvents(b *ledger.Batch) *[]ledger.WindowEvent { return &b.WindowEvents }

func windowNets(b *ledger.Batch) *[]ledger.WindowNet { return &b.WindowNets }

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
