package journal

import (
	"iter"
	"slices"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Divergence is where two logs part, and what that comes to.
type Divergence struct {
	Batch int64 // the first that differs, by the first log's number, or the second's where the first has ended
	Index int64 // its entry in that log
	// First is what differs in that batch; Accounts, what the states differ in after it; End, after both logs have ended.
	First, Accounts, End []Difference
}

// Compare follows two logs batch by batch and says where they part; nil where they are the same to the end. An error of
// either log, or of State.Apply, comes with what was found before it.
func Compare(a, b Batches) (*Divergence, error) {
	nextA, stopA := iter.Pull2(a)
	defer stopA()
	nextB, stopB := iter.Pull2(b)
	defer stopB()
	var found *Divergence
	left, right := side{next: nextA, state: NewState()}, side{next: nextB, state: NewState()}
	for {
		err := left.step()
		if err == nil {
			err = right.step()
		}
		if err != nil {
			return found, err
		}
		if left.batch == nil && right.batch == nil {
			break
		}
		if found == nil {
			found = left.part(&right)
		}
	}
	if found != nil {
		found.End = Diff(left.state, right.state)
	}
	return found, nil
}

// side is one of two logs.
type side struct {
	next  func() (*ledger.Batch, error, bool)
	batch *ledger.Batch // nil where the log has ended
	state *State
}

func (s *side) step() error {
	b, err, more := s.next()
	if s.batch = b; !more {
		s.batch = nil
		return nil
	}
	if err == nil {
		err = s.state.Apply(b)
	}
	return err
}

// part says where two sides part, if they do here.
func (s *side) part(o *side) *Divergence {
	if same(s.batch, o.batch) {
		return nil
	}
	first := differ(s.facts(), o.facts())
	if len(first) == 0 {
		return nil // the same rows in another order
	}
	at := s.batch
	if at == nil {
		at = o.batch
	}
	return &Divergence{Batch: at.ID, Index: at.LogIndex, First: first, Accounts: Diff(s.state, o.state)}
}

// facts are what the batch adds; none where the log has ended.
func (s *side) facts() facts {
	f, b := facts{}, s.batch
	if b == nil {
		return f
	}
	name := func(account int64) string { return s.state.Accounts[account].Name }
	f.head(b.ID, b.LogIndex, b.DecidedAt)
	f.number(OfBatch, 0, "", "window", int64(b.Window))
	for _, a := range b.Accounts {
		f.text(OfAccount, a.ID, name(a.ID), "name", name(a.ID))
	}
	for _, p := range b.Postings {
		f.posting(p, name)
	}
	for _, l := range b.Balances {
		f.balance(l, name(l.Account))
	}
	for _, l := range b.Liquidity {
		f.liquidity(l, name(l.Account))
	}
	for _, c := range b.CreditLines {
		f.number(OfLiquidity, c.Account, name(c.Account), "new_credit_line", c.AmountMinor)
		f.number(OfLiquidity, c.Account, name(c.Account), "new_credit_line_target", c.TargetMinor)
	}
	for _, e := range b.WindowEvents {
		f.window(e)
	}
	for _, n := range b.WindowNets {
		f.net(n, name(n.Account))
	}
	return f
}

func (f facts) posting(p ledger.Posting, name func(account int64) string) {
	f.text(OfPosting, p.ID, "", "kind", Name(string(p.Kind)))
	f.text(OfPosting, p.ID, "", "transfer", transferName(p))
	f.text(OfPosting, p.ID, "", "debit", name(p.Debit))
	f.text(OfPosting, p.ID, "", "credit", name(p.Credit))
	f.number(OfPosting, p.ID, "", "amount_minor", p.AmountMinor)
	f.text(OfPosting, p.ID, "", "currency", p.Currency.String())
}

// same tells whether two batches have the same rows in the same order, of what facts are made of. It is what nearly all
// batches of two logs are asked, and makes nothing.
func same(a, b *ledger.Batch) bool {
	return a != nil && b != nil && a.ID == b.ID && a.LogIndex == b.LogIndex && a.Window == b.Window && a.DecidedAt.Equal(b.DecidedAt) &&
		slices.Equal(a.Postings, b.Postings) && slices.Equal(a.Balances, b.Balances) && slices.Equal(a.Liquidity, b.Liquidity) &&
		slices.Equal(a.Accounts, b.Accounts) && slices.Equal(a.CreditLines, b.CreditLines) && slices.Equal(a.WindowNets, b.WindowNets) &&
		slices.EqualFunc(a.WindowEvents, b.WindowEvents, func(x, y ledger.WindowEvent) bool {
			return x.Window == y.Window && x.State == y.State && x.Group == y.Group && x.Moment.Equal(y.Moment)
		}) &&
		slices.EqualFunc(a.Participants, b.Participants, func(x, y settlement.Participant) bool { return x.ID == y.ID && x.Name == y.Name })
}
