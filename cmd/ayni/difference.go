package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

func writeDifferences(out io.Writer, all []ledger.Difference) error {
	for _, d := range all {
		_, err := fmt.Fprintf(out, "%s  %s %s %s  rail %d, ours %d %s  receipt %q, %s %s: %s (%s)\n", d.ID, d.Participant, d.Day, d.Kind,
			d.RailMinor, d.OursMinor, d.Currency, d.RailRef, d.Movement, d.Transfer, d.Detail, resolution(d.Resolution))
		if err != nil {
			return err
		}
	}
	return nil
}

// resolution says by whom, when and how.
func resolution(r *ledger.Resolution) string {
	switch {
	case r == nil:
		return "open"
	case r.How == ledger.HowMatched:
		return fmt.Sprintf("matched by reconciliation %d, %s", r.Reconciliation, r.At.Format(time.RFC3339))
	}
	text := fmt.Sprintf("%s by %s, approved by %s, %s: %s", r.How, r.Maker, r.Checker, r.At.Format(time.RFC3339), r.Reason)
	if r.Evidence != "" {
		text += "; evidence: " + r.Evidence
	}
	return text
}

func (d *desk) differences() *cobra.Command {
	var name string
	var all bool
	var limit int
	c := &cobra.Command{
		Use: "differences", Short: "List what was found and is open", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
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
			return d.open(c.Context(), func(books *store.Ledger) error {
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
	c.Flags().StringVar(&r.Evidence, "evidence", "", "where the proof is; of what was corrected or retried, the command or transfer that did it")
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
			return d.open(c.Context(), func(books *store.Ledger) error {
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

func (d *desk) approveOne(ctx context.Context, out io.Writer, books *store.Ledger, id int64, approved bool, reason string) error {
	if err := reconcile.Approve(ctx, books, id, d.as, approved, reason); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "request %d: decided\n", id)
	return err
}
