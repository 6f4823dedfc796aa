package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/bench"
)

func benchAPICommand() *cobra.Command {
	var o bench.APIOptions
	var verbose bool
	var s shown
	var profile string
	c := &cobra.Command{
		Use:   "api",
		Short: "Reads of the API while clearing runs, with every flush on",
		Long: `Play a history, then publish transfers at a steady rate and read the API at another, both at once, over real HTTP with
machines' tokens. Reads come at random moments drawn before, whether or not earlier ones were answered; each counts from
its moment to its last byte. The order of reads and of traffic follows from the seed.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Log = logTo(os.Stderr, verbose)
			o.Progress = func(what string) { fmt.Fprintln(c.ErrOrStderr(), what) } //nolint:errcheck // to a person
			var r *bench.APIReport
			err := profiled(profile, func() (err error) {
				r, err = bench.API(c.Context(), o)
				return err
			})
			if err != nil {
				return err
			}
			return measured(c, &s, r)
		},
	}
	s.register(c)
	c.Flags().IntVar(&o.RPS, "rps", 500, "reads a second")
	c.Flags().IntVar(&o.Seconds, "seconds", 30, "how long they are measured")
	c.Flags().IntVar(&o.Load, "load", 2000, "transfers a second that are cleared and paid meanwhile")
	c.Flags().IntVar(&o.History, "history", 200_000, "transfers that the ledger holds before")
	c.Flags().IntVar(&o.Participants, "participants", 10, "who sends and receives them")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the same seed is the same traffic and the same order of reads")
	c.Flags().StringVar(&o.Dir, "data", "", "empty folder for the servers' data, which stays (default: a temporary one)")
	c.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile of everything in this process to a file; the parts' are not told then")
	c.Flags().BoolVar(&verbose, "verbose", false, "log what happens, to standard error")
	return c
}
