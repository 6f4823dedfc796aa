package statement

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// openingAccount is where the balances come from that a journal begins with.
const openingAccount = "opening"

// journal writes the postings of all accounts, each once, as hledger and ledger read them. Every line of an account
// asserts the balance after it; a program that reads the journal so finds what was left out, added or changed.
func (d *day) journal(ctx context.Context, out io.Writer) error {
	w := &journal{out: bufio.NewWriter(out), day: d.config.Day, balance: map[int64]int64{}}
	w.line("; Ayni: %s", d.title())
	w.line("; An amount above zero is a credit: money that the account's owner may dispose of.")
	w.open(d.Accounts)
	accounts := make([]int64, len(d.Accounts))
	for i, a := range d.Accounts {
		accounts[i] = a.Account
	}
	err := d.Entries(ctx, accounts, func(e ledger.StatementEntry) error { return w.entry(e) })
	if err != nil {
		return err
	}
	for _, a := range d.Accounts {
		if w.balance[a.Account] != a.ClosingMinor {
			return &ledger.DriftError{Account: a.Account, After: d.Span.First - 1, Through: d.Span.Last, Kept: a.ClosingMinor, Posted: w.balance[a.Account]}
		}
	}
	return w.out.Flush()
}

// title says whose books these are.
func (d *day) title() string {
	whose := d.config.Participant
	if whose == "" {
		whose = "everybody"
	}
	return strings.TrimSpace(fmt.Sprintf("the books of %s on %s (%s) %s", whose, d.config.Day, d.config.Zone, d.config.Currency))
}

// journal is a journal on its way out. The writer keeps the first error.
type journal struct {
	out     *bufio.Writer
	day     fx.Date
	balance map[int64]int64 // of the accounts that it is about
}

func (j *journal) line(format string, args ...any) {
	fmt.Fprintf(j.out, format+"\n", args...) //nolint:errcheck // kept until Flush
}

// open brings every account to its opening balance. All accounts together need nothing from outside for that.
func (j *journal) open(accounts []ledger.PeriodAccount) {
	j.line("\n%s * opening balances", j.day)
	outside := map[fx.Currency]int64{}
	for _, a := range accounts {
		j.balance[a.Account] = a.OpeningMinor
		outside[a.Currency] -= a.OpeningMinor
		opening := commodity(fx.Money{Minor: a.OpeningMinor, Currency: a.Currency})
		j.line("    %s:%s  %s = %s", a.Owner, a.Kind, opening, opening)
	}
	for _, a := range accounts {
		if minor := outside[a.Currency]; minor != 0 {
			j.line("    %s  %s", openingAccount, commodity(fx.Money{Minor: minor, Currency: a.Currency}))
			delete(outside, a.Currency)
		}
	}
}

func (j *journal) entry(e ledger.StatementEntry) error {
	j.line("\n%s * (%d) %s  ; %s", j.day, e.Posting, e.Kind, strings.Join(tags(e), ", "))
	out := e.Amount
	out.Minor = -out.Minor
	j.side(e.Debit, out)
	j.side(e.Credit, e.Amount)
	_, err := j.out.Write(nil) // the first error, if there was one
	return err
}

func (j *journal) side(s ledger.Side, amount fx.Money) {
	before, own := j.balance[s.Account]
	if !own {
		j.line("    %s:%s  %s", s.Owner, s.Kind, commodity(amount))
		return
	}
	j.balance[s.Account] = before + amount.Minor
	j.line("    %s:%s  %s = %s", s.Owner, s.Kind, commodity(amount), commodity(fx.Money{Minor: j.balance[s.Account], Currency: amount.Currency}))
}

// tags are what the journal's reader can look for. Their values have no comma: ids and names are letters, digits and
// marks that are none.
func tags(e ledger.StatementEntry) []string {
	all := []string{"at:" + moment(e.At)}
	if e.Transfer == 0 {
		return all
	}
	all = append(all, "transfer:"+e.Transfer.String(), "intent:"+e.Intent, "debtor:"+e.Debtor, "creditor:"+e.Creditor)
	if e.Original != e.Transfer {
		all = append(all, "returns:"+e.Original.String())
	}
	return all
}

// commodity is an amount as journals have it. The codes of community units have points and digits, and are quoted.
func commodity(m fx.Money) string {
	code := m.Currency.String()
	if len(code) != 3 {
		code = `"` + code + `"`
	}
	return m.Text() + " " + code
}
