package main

import (
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// progress draws a bar on a terminal, gone when it is full, and nothing where nobody looks.
func progress(to io.Writer, what string) func(done, all int) {
	if !show.IsTerminal(to) {
		return func(int, int) {}
	}
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
	var s shown
	check := &cobra.Command{
		Use:   "check",
		Short: "Hold a data folder's whole ledger against the invariants",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			findings, err := demo.Check(c.Context(), dir, slog.New(slog.DiscardHandler), progress(c.ErrOrStderr(), "looking"))
			if err != nil {
				return err
			}
			if err := s.sheets(c, show.Rows("findings", findingColumns, findings)); err != nil {
				return err
			}
			if slices.ContainsFunc(findings, func(f ledger.Finding) bool { return !f.OK }) {
				return errBroken
			}
			return nil
		},
	}
	s.register(check)
	check.Flags().StringVar(&dir, "data", "", "the data folder (default: as in dev)")
	contextual(check.Flags(), "data")
	c.AddCommand(check, migrateCommand(), logKeyCommand(), commandCommand(), deadLettersCommand(), replayDeadLetterCommand(), splitViewsCommand())
	return c
}

var findingColumns = []show.Column[ledger.Finding]{
	{Name: "invariant", Value: func(f ledger.Finding) any { return f.Name }},
	{Name: "state", Value: func(f ledger.Finding) any {
		if f.OK {
			return "holds"
		}
		return "BROKEN"
	}},
	{Name: "detail", Value: func(f ledger.Finding) any { return f.Detail }},
}

var splitViewColumns = []show.Column[ledger.SplitView]{
	{Name: "noticed_at", Value: func(v ledger.SplitView) any { return v.NoticedAt }},
	{Name: "witness", Value: func(v ledger.SplitView) any { return v.Witness }},
	{Name: "size", Title: "at", Value: func(v ledger.SplitView) any { return v.Size }},
	{Name: "said", Value: func(v ledger.SplitView) any { return v.Said }},
}

func splitViewsCommand() *cobra.Command {
	var d desk
	var s shown
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
				return s.sheets(c, show.Rows("split_views", splitViewColumns, all))
			})
		},
	}
	d.register(c)
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	s.register(c)
	return c
}
