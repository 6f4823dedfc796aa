package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/demo"
)

// progress draws a bar on a stream that no machine reads, gone when it is full.
func progress(to io.Writer, what string) func(done, all int) {
	var bar *progressbar.ProgressBar
	return func(done, all int) {
		if bar == nil {
			bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(to), progressbar.OptionSetDescription(what),
				progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(40),
				progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done) // to a person
	}
}

func ledgerCommand() *cobra.Command {
	c := group("ledger", "Look into the ledger, and have the engine act")
	var dir string
	check := &cobra.Command{
		Use:   "check",
		Short: "Hold a data folder's whole ledger against the invariants",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			findings, err := demo.Check(c.Context(), dir, slog.New(slog.DiscardHandler), progress(c.ErrOrStderr(), "looking"))
			if err != nil {
				return err
			}
			for _, f := range findings {
				mark := "holds "
				if !f.OK {
					mark, err = "BROKEN", errBroken
				}
				fmt.Fprintf(c.OutOrStdout(), "%s  %-24s %s\n", mark, f.Name, f.Detail) //nolint:errcheck // to a person
			}
			return err
		},
	}
	check.Flags().StringVar(&dir, "data", "", "the data folder (default: as in dev)")
	c.AddCommand(check, commandCommand(), deadLettersCommand(), replayDeadLetterCommand())
	return c
}
