package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// errDiffers ends a reconciliation with something left to resolve.
var errDiffers = errors.New("there are open differences")

// maxSettingsFile bounds what is read of an adapter's settings; their own limit is lower.
const maxSettingsFile = 1 << 20

func reconcileCommand() *cobra.Command {
	var d desk
	var rail, statement, settings, day, zone string
	var cfg reconcile.Config
	var asJSON bool
	c := &cobra.Command{
		Use:   "reconcile",
		Short: "Put a rail's statement beside the log and the postings, for a participant and a day: exit 0 only without open differences",
		Long: "Put a rail's statement beside the log and the postings, for a participant and a day. What differs is kept, and is open until\n" +
			"one person says how it was resolved (reconcile resolve) and another approves (reconcile approve). Exit 0 only without open differences.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if cfg.Day, err = fx.ParseDate(day); err != nil {
				return err
			}
			if cfg.Zone, err = time.LoadLocation(zone); err != nil {
				return err
			}
			plug, found := rails.Find(rail)
			if !found {
				return fmt.Errorf("no rail %.40q", rail)
			}
			cfg.Plug = plug
			if cfg.Settings, err = readSettingsFile(settings); err != nil {
				return err
			}
			file, err := os.Open(statement)
			if err != nil {
				return err
			}
			defer file.Close() //nolint:errcheck // only read
			cfg.Statement = file
			return d.open(c.Context(), func(books *ledger.Ledger) error {
				r, err := reconcile.Run(c.Context(), books, cfg)
				if err != nil {
					return err
				}
				if err := writeReconciliation(c.OutOrStdout(), r, asJSON); err != nil {
					return err
				}
				if r.Open() > 0 {
					return errDiffers
				}
				return nil
			})
		},
	}
	c.PersistentFlags().StringVar(&d.url, "database-url", "", databaseHelp)
	f := c.Flags()
	f.StringVar(&cfg.Participant, "participant", "", "whose rail")
	f.StringVar(&day, "day", "", "the day at the rail, YYYY-MM-DD")
	f.StringVar(&zone, "zone", "UTC", "the rail's time zone, as in Africa/Nairobi")
	f.StringVar(&rail, "rail", "", "whose statement it is, as in mpesa")
	f.StringVar(&statement, "statement", "", "file of the statement")
	f.StringVar(&settings, "settings", "", "the adapter's settings, which say how its statements read")
	f.BoolVar(&asJSON, "json", false, jsonHelp)
	demand(c, "participant", "day", "rail", "statement", "settings")
	c.AddCommand(d.differences(), d.resolve(), d.approveResolution())
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

func writeReconciliation(out io.Writer, r *reconcile.Report, asJSON bool) error {
	if asJSON {
		return json.MarshalWrite(out, r, json.Deterministic(true), jsontext.WithIndent("  "))
	}
	if _, err := fmt.Fprintf(out, "%s %s: %d matched, %d of them on a day beside it in the log\n", r.Participant, r.Day, r.Matched, r.OtherDay); err != nil {
		return err
	}
	for _, fee := range r.Fees {
		if _, err := fmt.Fprintf(out, "the rail charged %s\n", fee); err != nil {
			return err
		}
	}
	return writeDifferences(out, r.Differences)
}

func writeDifferences(out io.Writer, all []ledger.Difference) error {
	for _, d := range all {
		state := "open"
		if d.Resolution != nil {
			state = d.Resolution.How + ": " + d.Resolution.Reason
		}
		_, err := fmt.Fprintf(out, "%s  %s %s %s  rail %d, ours %d %s  receipt %q, %s %s: %s (%s)\n", d.ID, d.Participant, d.Day, d.Kind,
			d.RailMinor, d.OursMinor, d.Currency, d.RailRef, d.Movement, d.Transfer, d.Detail, state)
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) differences() *cobra.Command {
	var name string
	var all bool
	var limit int
	c := &cobra.Command{
		Use: "differences", Short: "List what was found and is open", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c.Context(), func(books *ledger.Ledger) error {
				found, err := books.Differences(c.Context(), name, !all, limit)
				if err != nil {
					return err
				}
				return writeDifferences(c.OutOrStdout(), found)
			})
		},
	}
	c.Flags().StringVar(&name, "participant", "", "only of this one")
	c.Flags().BoolVar(&all, "all", false, "resolved ones too")
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	return c
}

func (d *desk) resolve() *cobra.Command {
	var r ledger.Resolution
	c := &cobra.Command{
		Use: "resolve DIFFERENCE", Short: "Say how a difference was resolved; somebody else approves it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Difference = args[0]
			return d.open(c.Context(), func(books *ledger.Ledger) error {
				id, err := reconcile.Propose(c.Context(), books, d.as, r)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "request %d; somebody else approves it with: ayni reconcile approve %d\n", id, id)
				return err
			})
		},
	}
	c.Flags().StringVar(&d.as, "as", "", "who says so")
	c.Flags().StringVar(&r.How, "how", "", "explained, corrected, written_off or retried")
	c.Flags().StringVar(&r.Reason, "reason", "", "why, for those who look later")
	c.Flags().StringVar(&r.Evidence, "evidence", "", "where the proof is")
	demand(c, "as", "how", "reason")
	return c
}

func (d *desk) approveResolution() *cobra.Command {
	var reason string
	var refuse bool
	c := &cobra.Command{
		Use: "approve REQUEST", Short: "Approve how somebody else resolved a difference, or refuse it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%.20q is no number of a request", args[0])
			}
			return d.open(c.Context(), func(books *ledger.Ledger) error {
				return d.approveOne(c.Context(), c.OutOrStdout(), books, id, !refuse, reason)
			})
		},
	}
	c.Flags().StringVar(&d.as, "as", "", "who decides; not who said so")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who look later")
	c.Flags().BoolVar(&refuse, "refuse", false, "refuse it")
	demand(c, "as", "reason")
	return c
}

func (d *desk) approveOne(ctx context.Context, out io.Writer, books *ledger.Ledger, id int64, approved bool, reason string) error {
	if err := reconcile.Approve(ctx, books, id, d.as, approved, reason); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "request %d: decided\n", id)
	return err
}
