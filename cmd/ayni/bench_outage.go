package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/exit"
)

// mostOutageRatio is what a rail's outage may do to everybody else's 99th percentile.
const mostOutageRatio = 1.5

// errNoticed ends a measurement in which an outage reached who had nothing to do with it.
var errNoticed = exit.Finding("the others noticed the outage")

func benchOutageCommand() *cobra.Command {
	var o demo.Outage
	var how string
	var s shown
	c := &cobra.Command{
		Use:   "outage",
		Short: "What everybody else notices of a rail that is down",
		Long: `Play the demo's day twice at the same pace. The second time one rail is down, all its operators, from when a fifth of
the customers have paid until the transfers of everybody else have ended. Ends with 0 if the others' 99th percentile from
intent to payout is at most 1.5 times that of the first day, and every invariant of both held, what waited for the rail
included. Waits until the switch has said of all of them that they are down, and then that they are up again.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.How = sandbox.Outage(how)
			o.Log = slog.New(slog.DiscardHandler)
			o.Progress = func(what string) { _, _ = fmt.Fprintln(c.ErrOrStderr(), what) }
			r, err := demo.MeasureOutage(c.Context(), o)
			if err != nil {
				return err
			}
			err = s.report(c, r, func(out io.Writer) error {
				_, err := fmt.Fprintf(out,
					"%s down (%s) for %.0f s of a day of %d transfers, %d payments a second; %d payouts waited for it\n"+
						"the others, undisturbed: %d transfers, to paid p50 %d ms, p99 %d ms; to cleared p99 %d ms\n"+
						"the others, meanwhile:   %d transfers, to paid p50 %d ms, p99 %d ms; to cleared p99 %d ms\n"+
						"the switch said so of %d operators after %.1f s, and %.1f s after they were back that they were up\n"+
						"ratio %.2f (at most %.1f); invariants of both days: %t\n",
					r.Rail, r.How, r.DownS, r.Transfers, r.PaymentsPerS, r.Waiting,
					r.Undisturbed.Transfers, r.Undisturbed.PaidP50MS, r.Undisturbed.PaidMS, r.Undisturbed.ClearedMS,
					r.Disturbed.Transfers, r.Disturbed.PaidP50MS, r.Disturbed.PaidMS, r.Disturbed.ClearedMS,
					r.Said.Operators, r.Said.DownS, r.Said.UpS, r.Ratio, mostOutageRatio, r.OK)
				return err
			})
			switch {
			case err != nil:
				return err
			case !r.OK:
				return errBroken
			case r.Ratio > mostOutageRatio:
				return errNoticed
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.Rail, "rail", "upi", "the rail that is down: mpesa, upi, gcash")
	c.Flags().StringVar(&how, "how", string(sandbox.OutageHang), "how it is down: refuse, hang, error")
	c.Flags().IntVar(&o.Transfers, "transfers", 10_000, "of each day")
	c.Flags().IntVar(&o.PaymentsPerS, "rate", 200, "payments a second")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the same seed is the same day")
	c.Flags().StringVar(&o.Dir, "data", "", "empty folder for both days' data, which stays (default: a temporary one)")
	s.register(c)
	return c
}
