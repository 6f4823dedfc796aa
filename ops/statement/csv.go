package statement

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// columns are those of a statement as CSV. Times are UTC. The first and the last line of an account have its opening and
// its closing balance.
var columns = []string{
	"account", "posting", "time", "kind", "transfer", "end_to_end_id", "counterparty", "reference", "currency", "amount", "balance",
}

// csv writes the accounts one after the other.
func (d *day) csv(ctx context.Context, out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(columns); err != nil {
		return err
	}
	for _, a := range d.Accounts {
		code := a.Currency.String()
		money := func(minor int64) string { return fx.Money{Minor: minor, Currency: a.Currency}.Text() }
		edge := func(at time.Time, kind string, minor int64) error {
			return w.Write([]string{string(a.Kind), "", moment(at), kind, "", "", "", "", code, "", money(minor)})
		}
		if err := edge(d.from, "opening", a.OpeningMinor); err != nil {
			return err
		}
		err := d.follow(ctx, a, func(v seen, balance int64) error {
			return w.Write([]string{
				string(a.Kind), strconv.FormatInt(v.Posting, 10), moment(v.At), string(v.Kind), v.transfer(), v.Intent, v.counterparty,
				v.reference(), code, money(v.amount.Minor), money(balance),
			})
		})
		if err != nil {
			return err
		}
		if err := edge(d.until, "closing", a.ClosingMinor); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
