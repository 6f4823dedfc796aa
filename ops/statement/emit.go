package statement

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/ops/atomicfile"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Emission is everything that the switch tells of a day, into a folder:
//
//	DIR/DAY/camt.053/OWNER.ACCOUNT.CURRENCY.PAGE.xml   the day of each account that ever moved
//	DIR/DAY/camt.054/…                                 the entries of each account that moved on that day
//	DIR/DAY/pacs.009/window-N.PARTICIPANT.CURRENCY.xml what each window that closed on it left to be paid
//	DIR/DAY/books.journal                              all postings, for hledger and ledger
//
// Community units are no currencies of ISO 4217, so their accounts are only in the journal.
type Emission struct {
	Dir      string
	Day      fx.Date
	Zone     *time.Location
	Currency fx.Currency // zero for all
	Now      time.Time
	// Over is when the books of the day were closed, where that was before midnight; zero where they are closed then.
	Over time.Time
	// Version is of pacs.009; iso20022.MessageNetObligation where nothing is said.
	Version string
}

// Emitted counts what was written.
type Emitted struct {
	Accounts    int // with a camt.053
	Statements  int // camt.053, pages counted each
	Advices     int // camt.054
	Obligations int // pacs.009
	Entries     int // in the camt.053
}

// String says it to people.
func (e Emitted) String() string {
	return fmt.Sprintf("%d entries of %d accounts in %d camt.053 and %d camt.054, %d net obligations in as many pacs.009",
		e.Entries, e.Accounts, e.Statements, e.Advices, e.Obligations)
}

// Add adds what another day had.
func (e *Emitted) Add(o Emitted) {
	e.Accounts += o.Accounts
	e.Statements += o.Statements
	e.Advices += o.Advices
	e.Obligations += o.Obligations
	e.Entries += o.Entries
}

// Emit writes the folder; what is there under the same names is replaced. Errors are those of Write.
func Emit(ctx context.Context, books *store.Ledger, e Emission) (Emitted, error) {
	var done Emitted
	c := Config{Currency: e.Currency, Day: e.Day, Zone: e.Zone, Format: Intraday, Now: e.Now}
	if !e.Over.IsZero() {
		c.Now = e.Over
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	err := c.read(ctx, books, func(d *day) error {
		if e.Over.IsZero() && d.until.Equal(e.Now) {
			return fmt.Errorf("%w (%s)", ErrOpenDay, e.Day)
		}
		d.config.Now = e.Now
		w := folder{day: d, dir: filepath.Join(e.Dir, string(e.Day))}
		for _, a := range d.Accounts {
			if err := w.account(ctx, a); err != nil {
				return fmt.Errorf("%s: %w", accountName(a.Owner, a.Kind), err)
			}
		}
		if err := w.obligations(ctx, e.Version); err != nil {
			return err
		}
		done = w.done
		return w.write(".", "books.journal", func(out io.Writer) error { return d.journal(ctx, out) })
	})
	if err != nil {
		return done, fmt.Errorf("statement: %s: %w", e.Day, err)
	}
	return done, nil
}

// folder is what a day's messages are written into.
type folder struct {
	*day
	dir  string
	done Emitted
}

func (w *folder) account(ctx context.Context, a ledger.PeriodAccount) error {
	if !isCurrency(a.Currency) || a.OpeningMinor == 0 && a.Postings == 0 {
		return nil
	}
	w.done.Accounts++
	return w.pages(ctx, a, EndOfDay, func(s iso20022.Statement) error {
		name := fmt.Sprintf("%s.%s.%s.%d.xml", a.Owner, a.Kind, a.Currency, s.Page)
		w.done.Statements++
		w.done.Entries += len(s.Entries)
		if err := w.message(string(EndOfDay), name, func() ([]byte, error) { return s.Marshal(messages[EndOfDay]) }); err != nil {
			return err
		}
		if len(s.Entries) == 0 {
			return nil
		}
		w.done.Advices++
		return w.message(string(Advice), name, func() ([]byte, error) { return w.advice(a, s).Marshal(messages[Advice]) })
	})
}

func (w *folder) obligations(ctx context.Context, version string) error {
	all, err := w.NetObligations(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		if !isCurrency(o.Net.Currency) {
			continue
		}
		w.done.Obligations++
		name := fmt.Sprintf("window-%d.%s.%s.xml", o.Window, o.Participant, o.Net.Currency)
		if err := w.message("pacs.009", name, func() ([]byte, error) { return Obligation(o, w.config.Now, version) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *folder) message(kind, name string, marshal func() ([]byte, error)) error {
	data, err := marshal()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return w.write(kind, name, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

func (w *folder) write(kind, name string, write func(io.Writer) error) error {
	dir := filepath.Join(w.dir, kind)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, name), write)
}

// isCurrency tells whether a unit is a currency of ISO 4217, and not a community's.
func isCurrency(c fx.Currency) bool { return len(c.String()) == 3 }
