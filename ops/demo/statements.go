package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/reconcile"
)

// stater is a sandbox that writes the statement of the day that begins at a moment, as its rail would.
type stater interface {
	WriteStatement(w io.Writer, day time.Time) error
}

// statementsOf is how the demo's rails state their days: where these end, and what a reader is told beside the currency.
var statementsOf = map[string]struct {
	zone     *time.Location
	settings string
}{
	"mpesa": {time.FixedZone("EAT", 3*60*60), ""},
	"upi":   {upi.IndianTime, "allow_unsigned: true\n"}, // a statement is not signed, and no key is needed to read it
}

// statements has every rail that gives statements write those of the days that the demo lasted, and puts each beside
// the log and the postings.
func (p *play) statements(ctx context.Context, add func(name string, ok bool, format string, args ...any)) error {
	matched, open, of, first := 0, 0, 0, ""
	for _, a := range p.stage.actors {
		from, writes := a.sandbox.(stater)
		plug, found := rails.Find(a.Rail)
		how, known := statementsOf[a.Rail]
		if !writes || !found || plug.Statement == nil || !known {
			continue
		}
		settings, err := adapters.ParseSettings([]byte(how.settings + "currency: " + a.Currency.String()))
		if err != nil {
			return err
		}
		of++
		for day := midnight(p.script.Began.In(how.zone)); !day.After(time.Now()); day = day.AddDate(0, 0, 1) {
			var statement bytes.Buffer
			if err := from.WriteStatement(&statement, day); err != nil {
				return err
			}
			r, err := reconcile.Run(ctx, p.stage.books, reconcile.Config{
				Participant: a.Name, Day: fx.Date(day.Format(time.DateOnly)), Zone: how.zone, Statement: &statement, Plug: plug, Settings: settings,
			})
			if err != nil {
				return err
			}
			matched += r.Matched
			if open += r.Open(); first == "" && r.Open() > 0 {
				first = fmt.Sprintf("; first: %s of %s, %s", r.Differences[0].Kind, a.Name, r.Differences[0].Detail)
			}
		}
	}
	add("statements_reconciled", open == 0 && matched > 0, "%d lines of the statements of %d rails are in the log and posted; %d differences are open%s", matched, of, open, first)
	return nil
}

// midnight is when the day of a moment began.
func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}
