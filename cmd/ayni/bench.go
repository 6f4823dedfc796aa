package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/bench"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
)

func benchCommand() *cobra.Command {
	c := group("bench", "Measure what the product promises, on this machine")
	c.AddCommand(benchNettingCommand(), benchE2ECommand(), benchLedgerCommand(), benchOutageCommand(), benchAPICommand())
	return c
}

func benchNettingCommand() *cobra.Command {
	var o bench.NettingOptions
	var s shown
	c := &cobra.Command{
		Use:   "netting",
		Short: "Selection, netting and set-off against their targets",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			asJSON, err := s.asJSON()
			if err != nil {
				return err
			}
			rows := []bench.Row{}
			err = bench.Netting(o, func(r bench.Row) error {
				rows = append(rows, r)
				if asJSON {
					return nil
				}
				_, err := fmt.Fprint(c.OutOrStdout(), r.Line())
				return err
			})
			if err != nil || !asJSON {
				return err
			}
			return show.Value(c.OutOrStdout(), rows)
		},
	}
	s.register(c)
	c.Flags().IntVar(&o.Runs, "runs", 5, "measured runs of each row; the median counts")
	c.Flags().BoolVar(&o.Large, "large", false, "also set off five million debts (a minute, 3 GB)")
	c.Flags().StringVar(&o.Instances, "instances", "", "folder of sets with known best choices: NAME.intents.csv, NAME.caps.csv, NAME.best.json")
	return c
}

// errUntrue ends a measurement whose own checks did not hold.
var errUntrue = exit.Finding("what was measured is not what must be; the report names it")

func benchE2ECommand() *cobra.Command {
	o := bench.E2EOptions{Latency: 10 * time.Second, Alone: 600}
	var check, verbose bool
	var s shown
	var profile string
	c := &cobra.Command{
		Use:   "e2e",
		Short: "The whole switch: from published intents to cleared and paid transfers, with every flush on",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.SkipCheck, o.Log = !check, logTo(os.Stderr, verbose)
			o.Progress = func(what string) { fmt.Fprintln(c.ErrOrStderr(), what) } //nolint:errcheck // to a person
			var r *bench.E2EReport
			err := profiled(profile, func() (err error) {
				r, err = bench.E2E(c.Context(), o)
				return err
			})
			if err != nil {
				return err
			}
			return measured(c, &s, r)
		},
	}
	s.register(c)
	c.Flags().IntVar(&o.Transfers, "transfers", 1_000_000, "transfers of the run in which everything is paid")
	c.Flags().IntVar(&o.Participants, "participants", 50, "who sends and receives them")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the same seed is the same traffic")
	c.Flags().DurationVar(&o.Latency, "latency", o.Latency, "how long each run at a fixed rate takes")
	c.Flags().StringVar(&o.Dir, "data", "", "empty folder for the servers' data, which stays (default: a temporary one)")
	c.Flags().BoolVar(&check, "check", true, "hold the whole ledger against its invariants at the end")
	c.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile of everything in this process to a file")
	c.Flags().BoolVar(&verbose, "verbose", false, "log what happens, to standard error")
	return c
}

func benchLedgerCommand() *cobra.Command {
	var o bench.LedgerOptions
	var verbose bool
	var s shown
	var profile string
	c := &cobra.Command{
		Use:   "ledger",
		Short: "The ledger alone: batches of transfers that are chosen already, made durable",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Log = logTo(os.Stderr, verbose)
			o.Progress = func(what string) { fmt.Fprintln(c.ErrOrStderr(), what) } //nolint:errcheck // to a person
			var r *bench.LedgerReport
			err := profiled(profile, func() (err error) {
				r, err = bench.Ledger(c.Context(), o)
				return err
			})
			if err != nil {
				return err
			}
			return measured(c, &s, r)
		},
	}
	s.register(c)
	c.Flags().IntVar(&o.Transfers, "transfers", 400_000, "transfers written with each size of batch")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the same seed is the same traffic")
	c.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile of everything in this process to a file")
	c.Flags().BoolVar(&verbose, "verbose", false, "log what happens, to standard error")
	return c
}

// measured prints what was measured. It ends with an error where the measurement's own checks did not hold.
func measured(c *cobra.Command, s *shown, r interface {
	Table() string
	OK() bool
}) error {
	err := s.report(c, r, func(out io.Writer) error {
		_, err := io.WriteString(out, r.Table())
		return err
	})
	if err == nil && !r.OK() {
		err = errUntrue
	}
	return err
}

// profiled does the work and profiles it, where a file is named.
func profiled(file string, work func() error) (err error) {
	if file == "" {
		return work()
	}
	to, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := pprof.StartCPUProfile(to); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return work()
}
