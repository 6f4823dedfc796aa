package journal

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Noun says what a difference is about.
type Noun string

// The nouns, in the order in which differences are told.
const (
	OfBatch     Noun = "batch"
	OfAccount   Noun = "account"
	OfPosting   Noun = "posting"
	OfBalance   Noun = "balance"
	OfLiquidity Noun = "liquidity"
	OfWindow    Noun = "window"
	OfNet       Noun = "net" // of a window that has closed
)

var nouns = []Noun{OfBatch, OfAccount, OfPosting, OfBalance, OfLiquidity, OfWindow, OfNet}

// About is what a difference is about. Account is its name where it is about one account, by the first of the two
// sides that knows it.
type About struct {
	Noun    Noun   `json:"noun"`
	ID      int64  `json:"id"` // the noun's; a net's is its window's
	Account string `json:"account,omitempty"`
	Field   string `json:"field"`
}

// Difference is what two sides say of one thing; "" is nothing.
type Difference struct {
	About
	A string `json:"a"`
	B string `json:"b"`
}

// Diff says what two states differ in, in the order of nouns, ids, accounts and fields. Nothing where they agree.
func Diff(a, b *State) []Difference { return differ(a.facts(), b.facts()) }

// facts are what somebody says, each thing once.
type facts map[About]string

func differ(a, b facts) []Difference {
	var all []Difference
	for about, said := range a {
		if other, known := b[about]; !known || other != said {
			all = append(all, Difference{About: about, A: said, B: other})
		}
	}
	for about, said := range b {
		if _, known := a[about]; !known {
			all = append(all, Difference{About: about, B: said})
		}
	}
	slices.SortFunc(all, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(slices.Index(nouns, x.Noun), slices.Index(nouns, y.Noun)), cmp.Compare(x.ID, y.ID),
			cmp.Compare(x.Account, y.Account), cmp.Compare(x.Field, y.Field))
	})
	return all
}

// text adds a fact. What is said again of the same thing is a fact of its own: a row that is there twice must not hide.
func (f facts) text(noun Noun, id int64, account, field, said string) {
	about := About{Noun: noun, ID: id, Account: account, Field: field}
	for _, known := f[about]; known; _, known = f[about] {
		about.Field += ", again"
	}
	f[about] = said
}

func (f facts) number(noun Noun, id int64, account, field string, n int64) {
	f.text(noun, id, account, field, strconv.FormatInt(n, 10))
}

func (s *State) facts() facts {
	f := facts{}
	f.head(s.Batch, s.Index, s.At)
	for id, a := range s.Accounts {
		f.text(OfAccount, id, a.Name, "name", a.Name)
	}
	name := func(account int64) string { return s.Accounts[account].Name }
	for id, b := range s.Balances {
		f.balance(b, name(id))
	}
	for id, l := range s.Liquidity {
		f.liquidity(l, name(id))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Windows)) {
		w := s.Windows[id]
		f.window(ledger.WindowEvent{Window: id, State: w.State, Group: w.Group, Moment: w.Moment})
		for _, n := range w.Nets {
			f.net(n, name(n.Account))
		}
	}
	return f
}

// head is where in the log somebody is. It has no id: batches of other numbers are compared, too.
func (f facts) head(batch, index int64, at time.Time) {
	f.number(OfBatch, 0, "", "batch", batch)
	f.number(OfBatch, 0, "", "log_index", index)
	f.text(OfBatch, 0, "", "at", moment(at))
}

func (f facts) balance(b ledger.Balance, account string) {
	f.number(OfBalance, b.Account, account, "debits", b.Debits)
	f.number(OfBalance, b.Account, account, "credits", b.Credits)
	f.number(OfBalance, b.Account, account, "gross_in", b.GrossIn)
	f.number(OfBalance, b.Account, account, "gross_out", b.GrossOut)
}

func (f facts) liquidity(l ledger.Liquidity, account string) {
	f.number(OfLiquidity, l.Account, account, "prefund", l.PrefundMinor)
	f.number(OfLiquidity, l.Account, account, "credit_line", l.CreditLineMinor)
	f.number(OfLiquidity, l.Account, account, "position", l.PositionMinor)
	f.number(OfLiquidity, l.Account, account, "step", int64(l.Step))
}

func (f facts) window(e ledger.WindowEvent) {
	f.text(OfWindow, int64(e.Window), "", "state", string(e.State))
	f.text(OfWindow, int64(e.Window), "", "group", Name(e.Group))
	if !e.Moment.IsZero() {
		f.text(OfWindow, int64(e.Window), "", "moment", moment(e.Moment))
	}
}

func (f facts) net(n ledger.WindowNet, account string) {
	f.number(OfNet, int64(n.Window), account, "gross_in", n.GrossIn)
	f.number(OfNet, int64(n.Window), account, "gross_out", n.GrossOut)
}
