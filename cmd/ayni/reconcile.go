package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement/store"
)

// errDiffers ends a reconciliation with something left to resolve.
var errDiffers = exit.Finding("there are open differences")

// maxSettingsFile bounds what is read of an adapter's settings; their own limit is lower.
const maxSettingsFile = 1 << 20

func reconcileCommand() *cobra.Command {
	var d desk
	var of railDay
	var participant string
	var statements []string
	var s shown
	c := &cobra.Command{
		Use:   "reconcile",
		Short: "Put a rail's statements beside the log and the postings, for a participant and a day: exit 0 only without open differences",
		Long: "Put a rail's statements beside the log and the postings, for a participant and a day, which begins when the rail says so. What\n" +
			"differs is kept. It is carried to other days until both sides are found, or until one person says how it was resolved\n" +
			"(reconcile resolve) and another approves (reconcile approve). Exit 0 only without open differences.\n\n" +
			"All statements of the day go into one reconciliation: GCash has two, the wallet's and the sponsor bank's, and large ones have pages.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := of.read()
			if err != nil {
				return err
			}
			cfg.Participant = participant
			cfg.Statements = files(statements)
			return d.open(c.Context(), func(books *store.Ledger) error {
				r, err := reconcile.Run(c.Context(), books, cfg)
				if err != nil {
					return err
				}
				if err := writeReconciliation(c.OutOrStdout(), r, s.format); err != nil {
					return err
				}
				if r.Open() > 0 {
					return errDiffers
				}
				return nil
			})
		},
	}
	d.register(c)
	of.flags(c)
	f := c.Flags()
	f.StringVar(&participant, "participant", "", "whose rail it is")
	f.StringSliceVar(&statements, "statement", nil, "file of a statement; may be repeated")
	s.register(c)
	demand(c, "participant", "statement")
	c.AddCommand(d.differences(), d.resolve(), d.approveResolution(), fetchCommand())
	return c
}

// files are read one after the other, each open while it is read.
func files(names []string) (readers []io.Reader) {
	for _, name := range names {
		readers = append(readers, &lateFile{name: name})
	}
	return readers
}

// lateFile is a file that opens when it is read, and closes at its end.
type lateFile struct {
	name string
	file *os.File
}

func (f *lateFile) Read(p []byte) (n int, err error) {
	if f.file == nil {
		if f.file, err = os.Open(f.name); err != nil {
			return 0, err
		}
	}
	if n, err = f.file.Read(p); err != nil {
		_ = f.file.Close() // only read
	}
	return n, err
}

// railDay is a day of a rail, as flags say it.
type railDay struct{ rail, settings, day string }

func (r *railDay) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.day, "day", "", "the day at the rail: YYYY-MM-DD")
	f.StringVar(&r.rail, "rail", "", "whose statement it is, as in mpesa")
	complete(c, "rail", rails.Names()...)
	f.StringVar(&r.settings, "settings", "", "the adapter's settings, which say how its statements read")
	demand(c, "day", "rail", "settings")
}

func (r *railDay) read() (cfg reconcile.Config, err error) {
	if cfg.Day, err = fx.ParseDate(r.day); err != nil {
		return cfg, err
	}
	plug, found := rails.Find(r.rail)
	if !found {
		return cfg, exit.As(exit.Usage, fmt.Errorf("no rail %.40q", r.rail))
	}
	cfg.Plug = plug
	cfg.Settings, err = readSettingsFile(r.settings)
	return cfg, err
}

func fetchCommand() *cobra.Command {
	var of railDay
	var out string
	c := &cobra.Command{
		Use: "fetch", Short: "Ask a rail that gives statements by its API for a day's, and write it to a file", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := of.read()
			if err != nil {
				return err
			}
			file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			if err := reconcile.Fetch(c.Context(), cfg, file); err != nil {
				return errors.Join(err, file.Close(), os.Remove(out)) // half a statement would read as a whole one
			}
			return file.Close()
		},
	}
	of.flags(c)
	c.Flags().StringVar(&out, "out", "", "the file, which must not be there yet")
	demand(c, "out")
	return c
}

func readSettingsFile(path string) (adapters.Settings, error) {
	file, err := os.Open(path)
	if err != nil {
		return adapters.Settings{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(file, maxSettingsFile))
	if err != nil {
		return adapters.Settings{}, fmt.Errorf("settings: %w", err)
	}
	return adapters.ParseSettings(text)
}

func writeReconciliation(out io.Writer, r *reconcile.Report, format show.Format) error {
	if format == show.JSON {
		return show.Value(out, r)
	}
	differences := show.Rows("differences", differenceColumns, r.Differences)
	if format == show.CSV {
		return format.Write(out, differences)
	}
	if _, err := fmt.Fprintf(out, "reconciliation %d: %s %s: %d of %d lines matched, %d on another day in the log, %d differences settled\n",
		r.Reconciliation, r.Participant, r.Day, r.Matched, r.Lines, r.Count(reconcile.OtherDay), len(r.Settled)); err != nil {
		return err
	}
	for _, fee := range r.Fees {
		if _, err := fmt.Fprintf(out, "the rail charged %s\n", fee); err != nil {
			return err
		}
	}
	if len(r.Differences) == 0 {
		return nil
	}
	return format.Write(out, differences)
}
