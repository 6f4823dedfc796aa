package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/store"
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
	c.AddCommand(check, commandCommand(), deadLettersCommand(), replayDeadLetterCommand(), splitViewsCommand())
	return c
}

func splitViewsCommand() *cobra.Command {
	var d desk
	var limit int
	c := &cobra.Command{
		Use: "split-views", Short: "List witnesses that know another log than this ledger's, newest first", Args: cobra.NoArgs,
		Long: "List witnesses that know another log than this ledger's, newest first. Then the log was forked, the ledger or the\n" +
			"witness was put back from a copy, or the witness lies: `ayni audit gossip` tells by their checkpoints.",
		RunE: func(c *cobra.Command, _ []string) error {
			return d.read(c.Context(), func(books *store.Ledger) error {
				all, err := books.SplitViews(c.Context(), limit)
				if err != nil {
					return err
				}
				for _, v := range all {
					fmt.Fprintf(c.OutOrStdout(), "%s  %s  at %d: %q\n", v.NoticedAt.UTC().Format(time.RFC3339), v.Witness, v.Size, v.Said) //nolint:errcheck // to a person
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&d.url, "database-url", "", databaseHelp)
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	demand(c, "database-url")
	return c
}
