package journal

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Table writes a state for people: what each account has, what may still be owed, and the windows that have not settled.
func (s *State) Table(out io.Writer) error {
	shown, err := s.shown()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) {
		fmt.Fprintf(w, format+"\n", args...) //nolint:errcheck // Flush tells of it
	}
	row("batch %d, log index %d, %s", s.Batch, s.Index, shown.At)
	row("\nACCOUNT\tDEBITS\tCREDITS\tBALANCE")
	for _, a := range shown.Accounts {
		row("%s\t%s\t%s\t%s", a.Name, a.Debits, a.Credits, a.Balance)
	}
	row("\nPOSITION\tBALANCE\tPREFUNDED\tCREDIT LINE\tAVAILABLE\tWINDOW IN\tWINDOW OUT")
	for _, p := range shown.Positions {
		row("%s\t%s\t%s\t%s\t%s\t%s\t%s", p.Name, p.Balance, p.Prefund, p.CreditLine, p.Available, p.GrossIn, p.GrossOut)
	}
	row("\nWINDOW\tGROUP\tSTATE\tMOMENT")
	for _, v := range shown.Windows {
		row("%d\t%s\t%s\t%s", v.Window, v.Group, v.State, cmp.Or(v.Moment, "-"))
	}
	return w.Flush()
}

// JSON writes a state for programs: canonical (audit.Canonical), with amounts as decimals of their currencies, and a line
// feed.
func (s *State) JSON(out io.Writer) error {
	shown, err := s.shown()
	if err != nil {
		return err
	}
	text, err := audit.Canonical(shown)
	if err == nil {
		_, err = out.Write(append(text, '\n'))
	}
	return err
}

// shown is a state as it is shown.
type shown struct {
	Accounts  []shownAccount  `json:"accounts"`
	At        string          `json:"at"`
	Batch     int64           `json:"batch"`
	LogIndex  int64           `json:"log_index"`
	Positions []shownPosition `json:"positions"`
	Windows   []shownWindow   `json:"windows"`
}

type shownAccount struct {
	Account  int64  `json:"account"`
	Balance  string `json:"balance"`
	Credits  string `json:"credits"`
	Currency string `json:"currency"`
	Debits   string `json:"debits"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Owner    string `json:"owner"`
}

type shownPosition struct {
	Account    int64  `json:"account"`
	Available  string `json:"available"`
	Balance    string `json:"balance"`
	CreditLine string `json:"credit_line"`
	Currency   string `json:"currency"`
	GrossIn    string `json:"gross_in"`
	GrossOut   string `json:"gross_out"`
	Name       string `json:"name"`
	Prefund    string `json:"prefund"`
}

type shownWindow struct {
	Group  string     `json:"group"`
	Moment string     `json:"moment,omitempty"`
	Nets   []shownNet `json:"nets,omitempty"`
	State  string     `json:"state"`
	Window int64      `json:"window"`
}

type shownNet struct {
	Account  int64  `json:"account"`
	Currency string `json:"currency"`
	GrossIn  string `json:"gross_in"`
	GrossOut string `json:"gross_out"`
	Name     string `json:"name"`
}

// shown makes texts of a state. Errors are *fx.AmountError, as of Positions.
func (s *State) shown() (shown, error) {
	v := shown{Batch: s.Batch, LogIndex: s.Index, At: moment(s.At)}
	for _, a := range s.books.all() {
		b := s.Balances[a.ID]
		balance, err := balanceOf(b)
		if err != nil {
			return v, fmt.Errorf("journal: account %s: %w", a.Name, err)
		}
		text := texts(a.Currency)
		v.Accounts = append(v.Accounts, shownAccount{
			Account: a.ID, Name: a.Name, Owner: a.Owner, Kind: Name(string(a.Kind)), Currency: a.Currency.String(),
			Debits: text(b.Debits), Credits: text(b.Credits), Balance: text(balance),
		})
	}
	positions, err := s.Positions()
	if err != nil {
		return v, err
	}
	for _, p := range positions {
		text := texts(p.Currency)
		v.Positions = append(v.Positions, shownPosition{
			Account: p.ID, Name: p.Name, Currency: p.Currency.String(), Balance: text(p.BalanceMinor), Prefund: text(p.PrefundMinor),
			CreditLine: text(p.CreditLineMinor), Available: text(p.AvailableMinor), GrossIn: text(p.GrossInMinor), GrossOut: text(p.GrossOutMinor),
		})
	}
	for _, id := range slices.Sorted(maps.Keys(s.Windows)) {
		v.Windows = append(v.Windows, s.shownWindow(s.Windows[id]))
	}
	return v, nil
}

func (s *State) shownWindow(w Window) shownWindow {
	v := shownWindow{Window: int64(w.ID), Group: Name(w.Group), State: Name(string(w.State))}
	if !w.Moment.IsZero() {
		v.Moment = moment(w.Moment)
	}
	for _, n := range w.Nets {
		a := s.Accounts[n.Account]
		text := texts(a.Currency)
		v.Nets = append(v.Nets, shownNet{
			Account: n.Account, Name: a.Name, Currency: a.Currency.String(), GrossIn: text(n.GrossIn), GrossOut: text(n.GrossOut),
		})
	}
	return v
}

// texts writes amounts of a currency.
func texts(c fx.Currency) func(minor int64) string {
	return func(minor int64) string { return fx.Money{Minor: minor, Currency: c}.Text() }
}
