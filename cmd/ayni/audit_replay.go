package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
)

// errDiffer ends a comparison of two logs that are not the same.
var errDiffer = exit.Finding("the logs differ")

// replayFlags are what everything that replays an export takes.
type replayFlags struct {
	key string
}

func (f *replayFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.key, "log-key", "", logKeyHelp+" (default: the export's own, which proves less)")
}

// of is the configuration for an export.
func (f *replayFlags) of(c *cobra.Command, dir string) (cfg audit.Config, err error) {
	cfg.Dir = dir
	bar := progress(c.ErrOrStderr(), "replaying")
	cfg.Watch = func(done, all int64) { bar(int(done), int(all)) }
	cfg.Key, err = textOrFile(f.key)
	return cfg, err
}

// replayingCommands are those that replay an export for more than to verify it.
func replayingCommands() []*cobra.Command {
	return []*cobra.Command{replayCommand(), journalCommand(), diffCommand(), whatIfCommand()}
}

func replayCommand() *cobra.Command {
	var f replayFlags
	var until int64
	var at string
	var s shown
	c := &cobra.Command{
		Use: "replay DIR", Short: "Say balances, positions and windows at any moment of an export, verified up to there", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			moment := audit.Moment{Index: until}
			if at != "" {
				var err error
				if moment.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
					return fmt.Errorf("--at: %w", err)
				}
			}
			cfg, err := f.of(c, args[0])
			if err != nil {
				return err
			}
			state, err := audit.StateAt(c.Context(), cfg, moment)
			if err != nil {
				return err
			}
			switch s.format {
			case show.JSON:
				return state.JSON(c.OutOrStdout())
			case show.CSV:
				return errNoCSV
			default:
				return state.Table(c.OutOrStdout())
			}
		},
	}
	f.register(c)
	c.Flags().Int64Var(&until, "until", 0, "the last entry; in the middle of a batch, that batch counts whole")
	c.Flags().StringVar(&at, "at", "", "the last moment, as RFC 3339, by the clock of the batches")
	s.register(c)
	c.Flags().Var(&s.format, "format", "the same as -o")
	c.MarkFlagsMutuallyExclusive("until", "at")
	c.MarkFlagsOneRequired("until", "at")
	return c
}

func journalCommand() *cobra.Command {
	var f replayFlags
	var format, file, byDay string
	c := &cobra.Command{
		Use: "journal DIR", Short: "Write an export's postings for other programs, once all of it is verified", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := f.of(c, args[0])
			switch {
			case err != nil:
				return err
			case byDay != "" && format != string(audit.Hledger):
				return errors.New("--by-day writes journals for hledger only")
			case byDay != "":
				return audit.JournalByDay(c.Context(), cfg, byDay)
			case file != "":
				return audit.Journal(c.Context(), cfg, audit.Format(format), file)
			default:
				return audit.JournalTo(c.Context(), cfg, audit.Format(format), c.OutOrStdout())
			}
		},
	}
	f.register(c)
	c.Flags().StringVar(&format, "format", string(audit.Hledger), "hledger (ledger reads it, too), csv or parquet")
	c.Flags().StringVar(&file, "out", "", "the file to write, whole or not at all (default: standard output)")
	c.Flags().StringVar(&byDay, "by-day", "", "a new folder, for a journal of each day, which begins with the balances of the day before")
	c.MarkFlagsMutuallyExclusive("out", "by-day")
	return c
}

func diffCommand() *cobra.Command {
	var f replayFlags
	var s shown
	c := &cobra.Command{
		Use: "diff DIR_A DIR_B", Short: "Say where two exports part and what that comes to: exit 0 only if they are one log", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := f.of(c, args[0])
			if err != nil {
				return err
			}
			b, err := f.of(c, args[1])
			if err != nil {
				return err
			}
			b.Watch = nil // one bar is enough
			p, err := audit.Diff(c.Context(), a, b)
			if err != nil {
				return err
			}
			if err := s.report(c, p, p.Table); err != nil {
				return err
			}
			if !p.Same() {
				return errDiffer
			}
			return nil
		},
	}
	f.register(c)
	s.register(c)
	return c
}
