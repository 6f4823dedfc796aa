package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Config is one reconciliation.
type Config struct {
	Participant string
	Day         fx.Date           // at the rail
	Statements  []io.Reader       // that together hold the day: of several accounts, or pages
	Plug        adapters.Plug     // whose statements they are
	Settings    adapters.Settings // that they are read by
}

// Limits of a reconciliation.
const (
	maxLines    = 5_000_000 // of the day and those beside it
	maxText     = 256       // bytes of a text of a line
	carriedDays = 31        // over which what is open is matched by itself; beyond, people have to
	maxOpen     = 10_000    // differences that are carried
)

// ErrNoStatement says that a rail gives no statement that we read. A retry fails again.
var ErrNoStatement = errors.New("reconcile: that rail gives no statement that we read")

// Fetch asks the rail for the day's statement, and writes what Run reads. The error is ErrNoStatement where statements
// come as files only; after another, what was written is not whole.
func Fetch(ctx context.Context, c Config, w io.Writer) error {
	if c.Plug.FetchStatement == nil {
		return fmt.Errorf("%w by an API: %s", ErrNoStatement, c.Plug.Name)
	}
	begins, _, err := c.begins()
	if err != nil {
		return err
	}
	return c.Plug.FetchStatement(ctx, c.Settings, begins, begins.AddDate(0, 0, 1), w)
}

// begins is when the day begins at the rail.
func (c *Config) begins() (begins time.Time, zone *time.Location, err error) {
	if zone, err = c.Plug.StatementZone(c.Settings); err != nil {
		return begins, nil, fmt.Errorf("reconcile: %s: %w", c.Plug.Name, err)
	}
	if begins, err = time.ParseInLocation(time.DateOnly, string(c.Day), zone); err != nil {
		return begins, nil, fmt.Errorf("reconcile: the day: %w", err)
	}
	return begins, zone, nil
}

// Run reads statements, puts them beside the ledger, and keeps what differs and what does no longer. What was found
// before keeps its resolution. Errors of the statements are the plug's, among them *adapters.StatementError; nothing is
// kept after one.
func Run(ctx context.Context, books *store.Ledger, c Config) (*Report, error) {
	if c.Plug.Statement == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoStatement, c.Plug.Name)
	}
	begins, zone, err := c.begins()
	if err != nil {
		return nil, err
	}
	sides := Sides{Participant: c.Participant, Day: c.Day, Zone: zone}
	sum := sha256.New()
	for i, statement := range c.Statements {
		if err := sides.read(io.TeeReader(statement, sum), begins, c); err != nil {
			return nil, fmt.Errorf("reconcile: statement %d of %s: %w", i+1, c.Participant, err)
		}
	}
	if err := sides.look(ctx, books, begins); err != nil {
		return nil, err
	}
	r := Match(sides)
	r.Reconciliation, err = books.KeepReconciliation(ctx, ledger.Reconciliation{
		Participant: r.Participant, Day: r.Day, Statements: [32]byte(sum.Sum(nil)), Lines: r.Lines, Matched: r.Matched,
		Differences: r.Differences, Settled: r.Settled,
	})
	if err != nil {
		return nil, err
	}
	return r, resolved(ctx, books, r)
}

// read takes from a statement what is of the day or of one beside it.
func (s *Sides) read(statement io.Reader, begins time.Time, c Config) error {
	from, until := begins.AddDate(0, 0, -1), begins.AddDate(0, 0, 2)
	return c.Plug.Statement(statement, c.Settings, func(l adapters.StatementLine) error {
		switch {
		case l.At.Before(from) || !l.At.Before(until):
			return nil
		case len(s.Lines) == maxLines:
			return fmt.Errorf("reconcile: over %d lines", maxLines)
		case l.Amount.Minor <= 0 || l.Amount.Currency.IsZero():
			return fmt.Errorf("reconcile: %.40q moves nothing", l.Ref)
		}
		l.Ref, l.Order, l.Alias, l.Party, l.Code, l.Text = plain(l.Ref), plain(l.Order), plain(l.Alias), "", "", ""
		s.Lines = append(s.Lines, l)
		return nil
	})
}

// plain is a text that the ledger can keep, and whose line need not be kept for it.
func plain(text string) string {
	return strings.Clone(strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), maxText)], "\x00", ""), ""))
}

// look takes from the ledger what moved on the day and those beside it, what is open, and what moved where that is open.
func (s *Sides) look(ctx context.Context, books *store.Ledger, begins time.Time) (err error) {
	day := func(days int) fx.Date { return fx.Date(begins.AddDate(0, 0, days).Format(time.DateOnly)) }
	if s.Open, err = books.OpenDifferences(ctx, s.Participant, day(-carriedDays), day(carriedDays+1), maxOpen); err != nil {
		return err
	}
	err = books.RailMovements(ctx, s.Participant, begins.AddDate(0, 0, -1), begins.AddDate(0, 0, 2), func(m ledger.RailMovement) error {
		s.Log = append(s.Log, m)
		return nil
	})
	if err != nil {
		return err
	}
	type name struct{ kind, transfer string }
	open := map[name]bool{}
	var days []fx.Date // beside those that were taken, in order
	for _, d := range s.Open {
		if beside := d.Day.DaysSince(s.Day); d.Transfer == "" || beside >= -1 && beside <= 1 {
			continue
		}
		open[name{d.Movement, d.Transfer}] = true
		if len(days) == 0 || days[len(days)-1] != d.Day {
			days = append(days, d.Day)
		}
	}
	for _, d := range days {
		from := begins.AddDate(0, 0, d.DaysSince(s.Day))
		err := books.RailMovements(ctx, s.Participant, from, from.AddDate(0, 0, 1), func(m ledger.RailMovement) error {
			if open[name{string(m.Kind), m.Transfer.String()}] {
				s.Log = append(s.Log, m)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resolved adds how differences were resolved.
func resolved(ctx context.Context, books *store.Ledger, r *Report) error {
	ids := make([]string, len(r.Differences))
	for i, d := range r.Differences {
		ids[i] = d.ID
	}
	kept, err := books.DifferencesOf(ctx, ids)
	if err != nil {
		return err
	}
	how := map[string]*ledger.Resolution{}
	for _, d := range kept {
		how[d.ID] = d.Resolution
	}
	for i := range r.Differences {
		r.Differences[i].Resolution = how[r.Differences[i].ID]
	}
	return nil
}
