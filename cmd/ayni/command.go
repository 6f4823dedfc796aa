package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/telemetry"
)

// newCommand builds the command tree.
func newCommand() *cobra.Command {
	root := group("ayni", "A cross-border settlement switch for mobile money and mutual-aid pools")
	root.SilenceUsage, root.SilenceErrors = true, true
	contextFlag(root)
	root.AddCommand(
		exitCodesTopic(),
		contextCommand(),
		devCommand(),
		demoCommand(),
		serveSwitchCommand(),
		configCommand(),
		doctorCommand(),
		readyCommand(),
		topCommand(),
		transferCommand(),
		batchCommand(),
		windowCommand(),
		ledgerCommand(),
		requestCommand(),
		participantCommand(),
		personCommand(),
		accessCommand(),
		reconcileCommand(),
		statementCommand(),
		auditCommand(),
		ratesCommand(),
		netCommand(),
		bulkCommand(),
		iso20022Command(),
		adapterCommand(),
		sandboxCommand(),
		poolCommand(),
		webhookCommand(),
		backupCommand(),
		restoreCommand(),
		benchCommand(),
		versionCommand(),
	)
	completes(root)
	return root
}

// collectAt has the collector run half as often as usual: a day is thirty programs in one process that
// share two cores, and collecting takes a tenth of their time.
const collectAt = 200

// playFlags are the flags of what plays a day.
type playFlags struct {
	demo.Config
	file    string
	verbose bool
}

func (f *playFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.Dir, "data", "", "folder that holds everything (default: /var/lib/ayni for root, else ~/.local/share/ayni)")
	c.Flags().StringVar(&f.DatabaseURL, "database-url", "", "use this PostgreSQL instead of a private one")
	c.Flags().StringVar(&f.NATSURL, "nats-url", "", "use this NATS with JetStream instead of the embedded one")
	c.Flags().StringVar(&f.NATSCreds, "nats-creds", "", "credentials file for --nats-url")
	c.Flags().IntVar(&f.Transfers, "transfers", 20_000, "how many transfers the day has")
	c.Flags().Uint64Var(&f.Seed, "seed", 1, "the same seed is the same day")
	c.Flags().BoolVar(&f.ProductionTimers, "production-timers", false, "let rails wait as in production (UPI: 90 s before its first status query)")
	c.Flags().StringVar(&f.file, "config", "", "settings of it; \"ayni config example dev\" writes them")
	c.Flags().StringVar(&f.ISO20022, "iso20022", "", "write everything that the switch tells of the day into this folder, as ISO 20022 and as a journal")
	c.Flags().StringVar(&f.Export, "export", "", "write the day's settlement log into this folder, for `ayni audit verify`")
	c.Flags().BoolVar(&f.verbose, "verbose", false, "log what happens, to standard error")
	settingFlags(c, &settings.Telemetry{})
}

// devPrefix is of the settings of what plays a day: an AYNI_DATABASE_URL that is meant for work is not played in.
const devPrefix = "AYNI_DEV_"

func (f *playFlags) config(c *cobra.Command) (demo.Config, error) {
	out := c.OutOrStdout()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	cfg := f.Config
	if err := f.settle(c, &cfg); err != nil {
		return cfg, err
	}
	cfg.Out = out
	return cfg, nil
}

// settle fills what flags do not say from the environment and the file.
func (f *playFlags) settle(c *cobra.Command, cfg *demo.Config) error {
	s := settings.DefaultDev()
	if _, err := settings.Load(&s, sources(c, f.file, devPrefix)); err != nil {
		return exit.As(exit.Usage, err)
	}
	if err := s.Telemetry.Check("dev"); err != nil {
		return exit.As(exit.Usage, err)
	}
	cfg.Telemetry, cfg.Log = s.Telemetry, telemetry.Log(c.ErrOrStderr(), louder(s.Telemetry, f.verbose))
	var err [2]error
	cfg.DatabaseURL, err[0] = s.DatabaseURL.Read()
	cfg.NATSURL, err[1] = s.NATSURL.Read()
	cfg.Dir, cfg.NATSCreds, cfg.Transfers, cfg.Seed, cfg.ProductionTimers = s.Data, s.NATSCreds, s.Transfers, s.Seed, s.ProductionTimers
	return errors.Join(err[:]...)
}

func devCommand() *cobra.Command {
	var f playFlags
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run everything in one process: servers, sandboxes, adapters, a demo day; stay up until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := f.config(c)
			if err != nil {
				return err
			}
			err = demo.Run(c.Context(), cfg, true, func(*demo.Report) error { return nil })
			if errors.Is(err, context.Canceled) && c.Context().Err() != nil {
				return nil //nolint:nilerr // Ctrl-C is how it is meant to end
			}
			return err
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.HTTPAddr, "http-addr", "", "HOST:PORT of API and console (default: 127.0.0.1:8080, or any port where that is taken)")
	return c
}

// errBroken ends a demo in which an invariant did not hold.
var errBroken = exit.Finding("an invariant is broken; the table names it")

func demoCommand() *cobra.Command {
	var f playFlags
	var file string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play the demo day once and exit: 0 only if every invariant held",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := f.config(c)
			if err != nil {
				return err
			}
			return demo.Run(c.Context(), cfg, false, func(r *demo.Report) error {
				if file != "" {
					if err := writeReport(file, r); err != nil {
						return err
					}
				}
				if !r.OK() {
					return errBroken
				}
				return nil
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&file, "json", "", "write the figures to this file, - for standard output")
	return c
}

// writeReport writes the figures as JSON.
func writeReport(file string, r *demo.Report) error {
	text, err := json.Marshal(r, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	text = append(text, '\n')
	if file == "-" {
		_, err = os.Stdout.Write(text)
	} else {
		err = os.WriteFile(file, text, 0o644) //nolint:gosec // figures are for everybody
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// group is a command that only holds others: a name that is none of theirs is an error.
func group(use, short string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
}
