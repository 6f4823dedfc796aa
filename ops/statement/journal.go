package statement

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// journal writes the postings of all accounts, each once, as hledger and ledger read them. Every line of an account
// asserts the balance after it; a program that reads the journal so finds what was left out, added or changed. An
// auditor's journal (journal.Text) has no balances from outside the log and asserts them at windows; both are written by
// one writer.
func (d *day) journal(ctx context.Context, out io.Writer) error {
	w := &bookkeeper{Writer: journal.NewWriter(out), day: d.config.Day, balance: map[int64]int64{}}
	w.Comment("Ayni: " + d.title())
	w.Comment("An amount above zero is a credit: money that the account's owner may dispose of.")
	if err := w.open(d.Accounts); err != nil {
		return err
	}
	accounts := make([]int64, len(d.Accounts))
	for i, a := range d.Accounts {
		accounts[i] = a.Account
	}
	if err := d.Entries(ctx, accounts, w.entry); err != nil {
		return err
	}
	for _, a := range d.Accounts {
		if w.balance[a.Account] != a.ClosingMinor {
			return &ledger.DriftError{Account: a.Account, After: d.Span.First - 1, Through: d.Span.Last, Kept: a.ClosingMinor, Posted: w.balance[a.Account]}
		}
	}
	return w.Flush()
}

// title says whose books these are.
func (d *day) title() string {
	whose := d.config.Participant
	if whose == "" {
		whose = "everybody"
	}
	return strings.TrimSpace(fmt.Sprintf("the books of %s on %s (%s) %s", whose, d.config.Day, d.config.Zone, d.config.Currency))
}

// bookkeeper writes a day, and knows the balances of the accounts that it is about.
type bookkeeper struct {
	*journal.Writer
	day     fx.Date
	balance map[int64]int64
}

func (j *bookkeeper) open(accounts []ledger.PeriodAccount) error {
	openings := make([]journal.Opening, len(accounts))
	for i, a := range accounts {
		j.balance[a.Account] = a.OpeningMinor
		openings[i] = journal.Opening{Account: inJournals(a.Owner, a.Kind), Balance: fx.Money{Minor: a.OpeningMinor, Currency: a.Currency}}
	}
	return j.Open(j.day, openings)
}

func (j *bookkeeper) entry(e ledger.StatementEntry) error {
	j.Begin(j.day, strconv.FormatInt(e.Posting, 10), string(e.Kind), strings.Join(tags(e), ", "))
	out := e.Amount
	out.Minor = -out.Minor
	j.side(e.Debit, out)
	j.side(e.Credit, e.Amount)
	return j.Err()
}

func (j *bookkeeper) side(s ledger.Side, amount fx.Money) {
	before, own := j.balance[s.Account]
	if !own {
		j.Move(inJournals(s.Owner, s.Kind), amount, "")
		return
	}
	j.balance[s.Account] = before + amount.Minor
	j.MoveTo(inJournals(s.Owner, s.Kind), amount, fx.Money{Minor: j.balance[s.Account], Currency: amount.Currency})
}

// inJournals is an account by its owner and kind; its currency is that of its amounts.
func inJournals(owner string, kind ledger.AccountKind) string {
	return journal.Name(owner) + ":" + string(kind)
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
