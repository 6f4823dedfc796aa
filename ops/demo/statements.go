package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/reconcile"
)

// mostOpen bounds what is counted of a participant.
const mostOpen = 1000

// statements has every rail that gives statements write those of the days that the demo lasted, and puts each beside
// the log and the postings.
func (p *play) statements(ctx context.Context, add func(name string, ok bool, format string, args ...any)) error {
	matched, open, of, first := 0, 0, 0, ""
	for _, a := range p.stage.actors {
		from, states := a.sandbox.(sandbox.Stater)
		plug, found := rails.Find(a.Rail)
		if !states || !found || plug.Statement == nil {
			continue
		}
		settings, err := adapters.ParseSettings([]byte("currency: " + a.Currency.String()))
		if err != nil {
			return err
		}
		zone, err := plug.StatementZone(settings)
		if err != nil {
			return err
		}
		of++
		for day := midnight(p.script.Began.In(zone)); !day.After(time.Now()); day = day.AddDate(0, 0, 1) {
			written, err := write(from, day)
			if err != nil {
				return err
			}
			r, err := reconcile.Run(ctx, p.stage.books, reconcile.Config{
				Participant: a.Name, Day: fx.Date(day.Format(time.DateOnly)), Statements: written, Plug: plug, Settings: settings,
			})
			if err != nil {
				return err
			}
			matched += r.Matched
		}
		left, err := p.stage.books.Differences(ctx, a.Name, true, mostOpen) // that no day after them settled
		if err != nil {
			return err
		}
		if open += len(left); first == "" && len(left) > 0 {
			first = fmt.Sprintf("; first: %s of %s, %s", left[0].Kind, a.Name, left[0].Detail)
		}
	}
	add("statements_reconciled", open == 0 && matched > 0, "%d lines of the statements of %d rails are in the log and posted; %d differences are open%s", matched, of, open, first)
	return nil
}

// write has a rail write its statements of a day.
func write(from sandbox.Stater, day time.Time) (written []io.Reader, err error) {
	for _, write := range from.Statements() {
		var statement bytes.Buffer
		if err := write(&statement, day); err != nil {
			return nil, err
		}
		written = append(written, &statement)
	}
	return written, nil
}

// midnight is when the day of a moment began.
func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}
