package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/statement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// statementDays is how many days a statement has where nobody says from when.
const statementDays = 7

// statementView is an account of a participant over a time, with the balance after each posting.
type statementView struct {
	List
	Name     string
	Currency fx.Currency
	Account  ledger.AccountKind
	From, To string // days, both included
	ledger.AccountPage
	Accounts []entry
	Fault    string // of a file that was not made
}

// Money is an amount in the statement's currency.
func (s statementView) Money(minor int64) fx.Money {
	return fx.Money{Minor: minor, Currency: s.Currency}
}

// Opens tells whether the page begins with the time's opening balance, and Ends whether with its closing one.
func (s statementView) Opens() bool { return s.First == "" }

// Ends is the other end.
func (s statementView) Ends() bool { return s.List.Next == "" }

func (s *Site) statement(v *visit) (view, error) { return s.statementPage(v, "") }

func (s *Site) statementPage(v *visit, fault string) (view, error) {
	shown := statementView{List: listOf(v, "currency", "account", "from", "to"), Name: v.r.PathValue("name"), Fault: fault}
	if err := auth.Own(v.r.Context(), shown.Name); err != nil {
		return view{}, err
	}
	shown.Path = "/console/participants/" + shown.Name + "/statement"
	page := view{name: "statement", title: "Statement of " + shown.Name, at: "Participants", data: &shown}
	if fault != "" {
		page.status = http.StatusUnprocessableEntity
	}
	filter, wrong, err := s.accountFilter(v, &shown)
	if err != nil {
		return view{}, err
	}
	if shown.Wrong = wrong; wrong != "" {
		return page, nil
	}
	if v.asCSV() {
		return view{}, s.accountCSV(v, filter)
	}
	shown.AccountPage, err = s.Books.AccountPage(v.r.Context(), filter)
	switch detached := new(ledger.DetachedError); {
	case errors.Is(err, ledger.ErrNoAccount):
		return view{}, errNoPage
	case errors.Is(err, ledger.ErrCursor):
		shown.Wrong = "This address is damaged: begin at the beginning."
		return page, nil
	case errors.As(err, &detached):
		shown.Wrong = "Postings before " + detached.Through.Format(time.DateOnly) + " are kept elsewhere. Choose a later time."
		return page, nil
	case err != nil:
		return view{}, err
	}
	shown.List = shown.paged(filter.Cursor, shown.AccountPage.Next)
	shown.Account = shown.Kind
	for _, kind := range shown.Kinds {
		shown.Accounts = append(shown.Accounts, entry{Name: string(kind), Path: shown.address("account", string(kind))})
	}
	return page, nil
}

// accountFilter reads what was filled in; wrong says for people what cannot be looked for.
func (s *Site) accountFilter(v *visit, shown *statementView) (f ledger.AccountFilter, wrong string, err error) {
	f = ledger.AccountFilter{Participant: shown.Name, Kind: ledger.AccountKind(shown.Query.Get("account")), Cursor: v.r.URL.Query().Get("after")}
	if f.Currency, err = fx.ParseCurrency(shown.Query.Get("currency")); err != nil {
		if f.Currency, err = s.settlesIn(v.r.Context(), shown.Name); err != nil {
			return f, "", err
		}
	}
	shown.Currency = f.Currency
	zone := v.zone()
	now := s.Now().In(zone)
	shown.To, shown.From = shown.Query.Get("to"), shown.Query.Get("from")
	if shown.To == "" {
		shown.To = now.Format(time.DateOnly)
	}
	until := dayIn(zone, shown.To)
	if shown.From == "" && !until.IsZero() {
		shown.From = until.AddDate(0, 0, 1-statementDays).Format(time.DateOnly)
	}
	if f.From = dayIn(zone, shown.From); until.IsZero() || f.From.IsZero() {
		return f, "A day is written as 2026-11-22.", nil
	}
	if f.Until = until.AddDate(0, 0, 1); !f.From.Before(f.Until) {
		return f, "It ends before it begins.", nil
	}
	return f, "", nil
}

// dayIn is where a day begins, the zero time where it is none.
func dayIn(zone *time.Location, day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}
	}
	return at
}

// settlesIn is the currency that a participant settles in.
func (s *Site) settlesIn(ctx context.Context, name string) (fx.Currency, error) {
	all, err := s.Books.Participants(ctx)
	if err != nil {
		return fx.Currency{}, err
	}
	for _, p := range all {
		if p.Name == name {
			return p.Currency, nil
		}
	}
	return fx.Currency{}, errNoPage
}

// accountCSV answers with all of the time: its first row is the opening balance, its last the closing one.
func (s *Site) accountCSV(v *visit, f ledger.AccountFilter) error {
	f.Cursor, f.Limit = "", ledger.MaxPage
	first, err := s.Books.AccountPage(v.r.Context(), f)
	if errors.Is(err, ledger.ErrNoAccount) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	money := func(minor int64) string { return fx.Money{Minor: minor, Currency: f.Currency}.Text() }
	head := []string{"account", "posting", "time", "batch", "kind", "transfer", "with", "currency", "amount", "balance"}
	edge := func(at time.Time, kind string, minor int64) []string {
		return []string{string(first.Kind), "", stamp(at), "", kind, "", "", f.Currency.String(), "", money(minor)}
	}
	return v.csv("statement", head, func(write func(...string) error) error {
		if err := write(edge(f.From, "opening", first.OpeningMinor)...); err != nil {
			return err
		}
		for page := first; ; {
			for _, l := range page.Lines {
				transfer := ""
				if l.Transfer != 0 {
					transfer = l.Transfer.String()
				}
				err := write(string(page.Kind), text64(l.Posting), stamp(l.At), text64(l.Batch), string(l.Kind), transfer, l.Other,
					f.Currency.String(), money(l.AmountMinor), money(l.BalanceMinor))
				if err != nil {
					return err
				}
			}
			if page.Next == "" {
				return write(edge(f.Until, "closing", page.ClosingMinor)...)
			}
			f.Cursor = page.Next
			if page, err = s.Books.AccountPage(v.r.Context(), f); err != nil {
				return err
			}
		}
	})
}

// files are the forms of a day's statement, and what a file of each ends with.
var files = map[statement.Format]string{
	statement.EndOfDay: ".camt.053.xml", statement.Intraday: ".camt.052.xml", statement.Advice: ".camt.054.xml", statement.CSV: ".csv", statement.Journal: ".journal",
}

// statementFile answers with a day's statement of all accounts in a currency.
func (s *Site) statementFile(v *visit) (view, error) {
	name, given := v.r.PathValue("name"), v.r.URL.Query()
	if err := auth.Own(v.r.Context(), name); err != nil {
		return view{}, err
	}
	format, day := statement.Format(given.Get("as")), given.Get("day")
	ending, known := files[format]
	currency, err := fx.ParseCurrency(given.Get("currency"))
	if !known || err != nil {
		return view{}, errNoPage
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return s.statementPage(v, "A day is written as 2026-11-22.")
	}
	kind := "text/plain; charset=utf-8"
	switch format {
	case statement.EndOfDay, statement.Intraday, statement.Advice:
		kind = "application/xml"
	case statement.CSV:
		kind = "text/csv; charset=utf-8"
	case statement.Journal:
	}
	out := &begun{w: v.w, begin: func(h http.Header) {
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="`+name+"-"+currency.String()+"-"+day+ending+`"`)
	}}
	err = s.Papers.Statement(v.r.Context(), statement.Config{Participant: name, Currency: currency, Day: fx.Date(day), Format: format, Now: s.Now()}, out)
	detached := new(ledger.DetachedError)
	switch {
	case err == nil:
		return view{}, errAnswered
	case out.yes:
		panic(http.ErrAbortHandler) // no part is taken for the whole
	case errors.Is(err, statement.ErrOpenDay):
		return s.statementPage(v, "That day is not over: camt.052 tells it so far.")
	case errors.Is(err, statement.ErrPages):
		return s.statementPage(v, "That day has more entries than one message: ayni statement writes it into a folder.")
	case errors.As(err, &detached):
		return s.statementPage(v, "That day’s postings are kept elsewhere.")
	case errors.Is(err, ledger.ErrNoAccount):
		return view{}, errNoPage
	default:
		return view{}, err
	}
}

// begun is an answer whose head is written with its first byte.
type begun struct {
	w     http.ResponseWriter
	begin func(http.Header)
	yes   bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.begin(b.w.Header())
		b.yes = true
	}
	return b.w.Write(p)
}
