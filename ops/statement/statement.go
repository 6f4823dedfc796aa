// Package statement tells participants what moved on their accounts, and settlement agents what windows left to be paid:
// as ISO 20022 messages, as CSV, and as journals that plain-text accounting reads.
//
// All say it as the ledger's books have it (settlement/ledger): a credit, above zero, is money that the account's owner
// may dispose of; a debit, below zero, is what it gave or owes. What is written was held against the books before its
// first byte: opening balance and entries make the closing balance. Entries pass through; a page of them is kept at a
// time, however many a day has.
package statement

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Format is how a statement is written.
type Format string

// The formats.
const (
	EndOfDay Format = "camt.053" // a day that is over
	Intraday Format = "camt.052" // a day so far
	Advice   Format = "camt.054" // its entries alone
	CSV      Format = "csv"
	Journal  Format = "hledger"
)

// messages are what the formats of ISO 20022 are written as.
var messages = map[Format]string{
	EndOfDay: iso20022.MessageStatement, Intraday: iso20022.MessageAccountReport, Advice: iso20022.MessageAdvice,
}

// pageEntries is how many entries one message of a statement has: some six megabytes.
const pageEntries = 5_000

// Config is one statement: of a participant's accounts in a currency on a day.
type Config struct {
	Participant string // ledger.SchemeName for the scheme's own accounts
	Currency    fx.Currency
	Account     ledger.AccountKind // "" for all of them
	Day         fx.Date
	Zone        *time.Location // where the day is; nil: where the currency's windows close, or else UTC
	Format      Format
	Now         time.Time // the clock's; a day that is not over ends with it

	pageEntries int // in tests
}

// The errors of what cannot be written as asked for. A retry with other settings helps, of ErrOpenDay one later.
var (
	ErrFormat  = errors.New("statement: no such format")
	ErrOpenDay = errors.New("statement: the day is not over: camt.052 tells it so far")
	ErrPages   = errors.New("statement: more entries than one message has: have it written into a folder")
)

// Write writes a statement as one text: the messages of ISO 20022 have the accounts one after the other. Errors before
// the first byte are those of store.Books, and ErrFormat, ErrOpenDay and ErrPages.
func Write(ctx context.Context, books *store.Ledger, c Config, out io.Writer) error {
	return c.read(ctx, books, func(d *day) error {
		switch {
		case c.Format == CSV:
			return d.csv(ctx, out)
		case c.Format == Journal:
			return d.journal(ctx, out)
		case d.entries() > d.page:
			return fmt.Errorf("%w: %d", ErrPages, d.entries())
		}
		var all []iso20022.Statement
		for _, a := range d.Accounts {
			err := d.pages(ctx, a, c.Format, func(s iso20022.Statement) error {
				all = append(all, s)
				return nil
			})
			if err != nil {
				return err
			}
		}
		data, err := iso20022.MarshalStatements(messages[c.Format], all...)
		if err == nil {
			_, err = out.Write(data)
		}
		return err
	})
}

// day is the books of a day, as one moment saw them.
type day struct {
	*store.Books
	config      Config
	from, until time.Time
	page        int
}

// read opens the books of the day.
func (c Config) read(ctx context.Context, books *store.Ledger, use func(*day) error) error {
	if messages[c.Format] == "" && c.Format != CSV && c.Format != Journal {
		return fmt.Errorf("%w: %.20q", ErrFormat, c.Format)
	}
	if c.Zone == nil {
		name, err := books.Zone(ctx, c.Currency)
		if err == nil {
			c.Zone, err = time.LoadLocation(name) // UTC where there is none
		}
		if err != nil {
			return fmt.Errorf("statement: zone of %s: %w", c.Currency, err)
		}
	}
	d := &day{config: c, page: pageEntries}
	if c.pageEntries > 0 {
		d.page = c.pageEntries
	}
	var err error
	if d.from, d.until, err = span(c.Day, c.Zone); err != nil {
		return err
	}
	if c.Now.Before(d.until) {
		if c.Format == EndOfDay {
			return fmt.Errorf("%w (%s)", ErrOpenDay, c.Day)
		}
		d.until = c.Now
	}
	return books.Books(ctx, ledger.Period{Owner: c.Participant, Currency: c.Currency, From: d.from, Until: d.until}, func(b *store.Books) error {
		d.Books = b
		if err := d.choose(); err != nil {
			return err
		}
		return use(d)
	})
}

// choose leaves the accounts of the kind that was asked for.
func (d *day) choose() error {
	if d.config.Account == "" {
		return nil
	}
	for _, a := range d.Accounts {
		if a.Kind == d.config.Account {
			d.Accounts = []ledger.PeriodAccount{a}
			return nil
		}
	}
	return fmt.Errorf("%w: %s of %s in %s", ledger.ErrNoAccount, d.config.Account, d.config.Participant, d.config.Currency)
}

// span is where a day begins and where the next one does. A day may have 23 hours, or 25.
func span(of fx.Date, zone *time.Location) (from, until time.Time, err error) {
	begins, err := time.Parse(time.DateOnly, string(of))
	if err != nil {
		return from, until, fmt.Errorf("statement: the day: %w", err)
	}
	y, m, n := begins.Date()
	return time.Date(y, m, n, 0, 0, 0, 0, zone), time.Date(y, m, n+1, 0, 0, 0, 0, zone), nil
}

// entries is how many entries the accounts have together.
func (d *day) entries() int {
	sum := 0
	for _, a := range d.Accounts {
		sum += int(a.Postings)
	}
	return sum
}

// number counts the statements of an account: one a day since the ledger's first.
func (d *day) number() int64 {
	if d.Began.IsZero() {
		return 1
	}
	return int64(d.config.Day.DaysSince(fx.Date(d.Began.In(d.config.Zone).Format(time.DateOnly)))) + 1
}

// seen is an entry as one of its two accounts sees it.
type seen struct {
	ledger.StatementEntry
	amount       fx.Money // a debit below zero
	counterparty string   // the participant at the other end of a transfer, or whose account the other one is
}

func (d *day) see(e ledger.StatementEntry, a ledger.PeriodAccount) seen {
	v := seen{StatementEntry: e, amount: e.Amount, counterparty: e.Debit.Owner}
	if e.Debit.Account == a.Account {
		v.amount.Minor, v.counterparty = -v.amount.Minor, e.Credit.Owner
	}
	switch a.Owner {
	case e.Debtor:
		v.counterparty = e.Creditor
	case e.Creditor:
		v.counterparty = e.Debtor
	}
	return v
}

// reference is what an entry refers to beside ids, in words.
func (v seen) reference() string {
	if v.Original != v.Transfer {
		return "return of " + v.Original.String()
	}
	return v.Reference
}

// transfer is the id of the entry's transfer, "" where it has none.
func (v seen) transfer() string {
	if v.Transfer == 0 {
		return ""
	}
	return v.Transfer.String()
}

// follow goes through the entries of an account with the balance after each, and makes sure that they end where the
// books do.
func (d *day) follow(ctx context.Context, a ledger.PeriodAccount, entry func(v seen, balanceMinor int64) error) error {
	balance := a.OpeningMinor
	err := d.Entries(ctx, []int64{a.Account}, func(e ledger.StatementEntry) error {
		v := d.see(e, a)
		balance += v.amount.Minor
		return entry(v, balance)
	})
	if err == nil && balance != a.ClosingMinor {
		err = &ledger.DriftError{Account: a.Account, After: d.Span.First - 1, Through: d.Span.Last, Kept: a.ClosingMinor, Posted: balance}
	}
	return err
}
