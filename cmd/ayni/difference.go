package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

var differenceColumns = []show.Column[ledger.Difference]{
	{Name: "id", Value: func(d ledger.Difference) any { return d.ID }},
	{Name: "participant", Value: func(d ledger.Difference) any { return d.Participant }},
	{Name: "day", Value: func(d ledger.Difference) any { return string(d.Day) }},
	{Name: "kind", Value: func(d ledger.Difference) any { return d.Kind }},
	{Name: "rail", Money: true, Value: func(d ledger.Difference) any { return fx.Money{Minor: d.RailMinor, Currency: d.Currency} }},
	{Name: "ours", Money: true, Value: func(d ledger.Difference) any { return fx.Money{Minor: d.OursMinor, Currency: d.Currency} }},
	{Name: "receipt", Value: func(d ledger.Difference) any { return d.RailRef }},
	{Name: "movement", Value: func(d ledger.Difference) any { return d.Movement }},
	{Name: "transfer", Value: func(d ledger.Difference) any { return d.Transfer }},
	{Name: "detail", Value: func(d ledger.Difference) any { return d.Detail }},
	{Name: "state", Value: func(d ledger.Difference) any { return resolution(d.Resolution) }},
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
	var s shown
	c := &cobra.Command{
		Use: "differences", Short: "List what was found and is open", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
				found, err := books.Differences(c.Context(), name, !all, limit)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("differences", differenceColumns, found))
			})
		},
	}
	c.Flags().StringVar(&name, "participant", "", "only of this one")
	c.Flags().BoolVar(&all, "all", false, "resolved ones too")
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	s.register(c)
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
	d.who(c, "who says so")
	c.Flags().StringVar(&r.How, "how", "", "explained, corrected, written_off or retried")
	c.Flags().StringVar(&r.Reason, "reason", "", "why, for those who look later")
	c.Flags().StringVar(&r.Evidence, "evidence", "", "where the proof is; of what was corrected or retried, the command or transfer that did it")
	demand(c, "how", "reason")
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
	d.who(c, "who decides; not who said so")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who look later")
	c.Flags().BoolVar(&refuse, "refuse", false, "refuse it")
	demand(c, "reason")
	return c
}

func (d *desk) approveOne(ctx context.Context, out io.Writer, books *store.Ledger, id int64, approved bool, reason string) error {
	if err := reconcile.Approve(ctx, books, id, d.as, approved, reason); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "request %d: decided\n", id)
	return err
}
