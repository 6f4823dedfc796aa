package journal

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Text writes a journal: what a batch posted for a transfer is one transaction, every other posting is one. Whenever a
// window closes or settles, and at the end, it asserts what the batches said the balances are; so another program adds
// up the postings and finds out whether the books have it right.
//
// Days are those of the batches' clock in UTC.
type Text struct {
	w        *Writer
	books    *directory
	declared map[fx.Currency]bool
	kept     map[int64]int64 // balances as batches said them
	moved    map[int64]bool  // accounts whose balance was not asserted since
	day      fx.Date
}

var _ Consumer = (*Text)(nil)

// NewText makes a journal from the log's first batch on.
func NewText(out io.Writer) *Text {
	t := &Text{books: newDirectory(), kept: map[int64]int64{}, moved: map[int64]bool{}}
	t.begin(out)
	return t
}

// begin begins a text. What was declared in another one is declared again.
func (t *Text) begin(out io.Writer) {
	t.w, t.declared = NewWriter(out), map[fx.Currency]bool{}
	t.w.Comment("Ayni: the books of a settlement log")
	t.w.Comment("An amount above zero is a credit: money that the account's owner may dispose of.")
	t.declare(t.books.all())
}

func (t *Text) declare(accounts []Account) {
	for _, a := range accounts {
		if !t.declared[a.Currency] {
			t.declared[a.Currency] = true
			t.w.Commodity(a.Currency)
		}
		t.w.Account(a.Name, fmt.Sprintf("account:%d", a.ID))
	}
}

// Batch writes a batch's postings. Errors are *AccountError, *PostingError, *fx.AmountError and the writer's.
func (t *Text) Batch(b *ledger.Batch) error {
	opened, err := t.books.learn(b)
	if err != nil {
		return err
	}
	t.declare(opened)
	t.day = max(t.day, dayOf(b)) // a clock that went back must not undo assertions: they are checked by day
	for rest := b.Postings; len(rest) > 0; {
		n := together(rest)
		if err := t.transaction(b, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	for _, l := range b.Balances {
		if _, known := t.books.accounts[l.Account]; !known {
			return &PostingError{Batch: b.ID, Account: l.Account}
		}
		if t.kept[l.Account], err = balanceOf(l); err != nil {
			return fmt.Errorf("journal: batch %d: account %d: %w", b.ID, l.Account, err)
		}
		t.moved[l.Account] = true
	}
	t.assertWindows(b)
	return t.w.Err()
}

// Close asserts every balance that there is.
func (t *Text) Close() error {
	if len(t.books.accounts) > 0 {
		for id := range t.books.accounts {
			t.moved[id] = true
		}
		t.assert("balances")
	}
	return t.w.Flush()
}

// together is how many postings, from the first on, are one transaction.
func together(postings []ledger.Posting) int {
	n := 1
	for n < len(postings) && postings[0].Transfer != 0 && postings[n].Transfer == postings[0].Transfer {
		n++
	}
	return n
}

func (t *Text) transaction(b *ledger.Batch, postings []ledger.Posting) error {
	first, code, tags := postings[0], "", fmt.Sprintf("batch:%d, index:%d, at:%s", b.ID, b.LogIndex, moment(b.DecidedAt))
	if first.Transfer != 0 {
		code = first.Transfer.String()
		tags += ", transfer:" + code
	}
	t.w.Begin(t.day, code, Name(string(first.Kind)), tags)
	for _, p := range postings {
		debit, credit, err := t.books.sides(b.ID, p)
		if err != nil {
			return err
		}
		out, err := fx.Money{Currency: p.Currency}.Sub(fx.Money{Minor: p.AmountMinor, Currency: p.Currency})
		if err != nil {
			return fmt.Errorf("journal: batch %d: posting %d: %w", b.ID, p.ID, err)
		}
		t.w.Move(debit.Name, out, "posting:"+strconv.FormatInt(p.ID, 10)+", kind:"+Name(string(p.Kind)))
		t.w.Move(credit.Name, fx.Money{Minor: p.AmountMinor, Currency: p.Currency}, "")
		t.moved[p.Debit], t.moved[p.Credit] = true, true
	}
	return nil
}

// assertWindows asserts balances where a batch closes or settles windows.
func (t *Text) assertWindows(b *ledger.Batch) {
	for _, e := range b.WindowEvents {
		if e.State == settlement.WindowClosed || e.State == settlement.WindowSettled {
			t.assert(fmt.Sprintf("balances at window %d %s", e.Window, e.State))
		}
	}
}

// assert says what moved accounts have, if any did.
func (t *Text) assert(why string) {
	if len(t.moved) == 0 {
		return
	}
	t.w.Begin(t.day, "", why, "")
	for _, id := range slices.Sorted(maps.Keys(t.moved)) {
		a := t.books.accounts[id]
		t.w.MoveTo(a.Name, fx.Money{Currency: a.Currency}, fx.Money{Minor: t.kept[id], Currency: a.Currency})
	}
	clear(t.moved)
}

// balanceOf is what an account has by its totals. Errors are *fx.AmountError.
func balanceOf(b ledger.Balance) (int64, error) {
	m, err := fx.Money{Minor: b.Credits}.Sub(fx.Money{Minor: b.Debits}) // of whatever currency
	return m.Minor, err
}

func dayOf(b *ledger.Batch) fx.Date { return fx.Date(b.DecidedAt.UTC().Format(time.DateOnly)) }

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
