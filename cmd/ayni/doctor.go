package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/doctor"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/show"
)

var (
	errIll        = exit.Finding("something is not as it should be; the table says how to mend it")
	errNoPatience = exit.As(exit.Usage, errors.New("nothing to look at: give --database-url, --nats-url or --data, --config, or a context that has them"))
)

func doctorCommand() *cobra.Command {
	var cfg doctor.Config
	var s shown
	var file string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look at what a switch stands on, and say how to mend it: exit 0 if nothing fails, 6 if something does",
		Long: "Look at what a switch stands on: versions, migrations, clocks, flushing, streams, grants, the lease, disk, keys, certificates,\n" +
			"the outbox, the log's checkpoint, witnesses; and say of each that is not as it should be how to mend it. Changes nothing.\n" +
			"Takes addresses and keys from flags, from the environment or a context, or with --config from the settings of ayni serve.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if file != "" {
				if err := ofSettings(c, file, &cfg); err != nil {
					return err
				}
			}
			if cfg.LogKey, err = textOrFile(cfg.LogKey); err != nil {
				return err
			}
			if cfg.DatabaseURL == "" && cfg.Broker.URL == "" && cfg.Data == "" {
				return errNoPatience
			}
			found := doctor.Examine(c.Context(), cfg)
			if s.format == show.Table {
				err = doctor.Write(c.OutOrStdout(), found)
			} else {
				err = s.sheets(c, doctor.Sheet(found))
			}
			if err == nil && doctor.Worst(found) == doctor.Fail {
				err = errIll
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&file, "config", "", "the settings of ayni serve")
	f.StringVar(&cfg.DatabaseURL, "database-url", "", databaseHelp)
	f.StringVar(&cfg.Broker.URL, "nats-url", "", "the switch's NATS")
	f.StringVar(&cfg.Broker.Creds, "nats-creds", "", "the switch's credentials there")
	f.StringVar(&cfg.Data, "data", "", "the switch's data folder")
	contextual(f, "database-url", "nats-url", "nats-creds", "data")
	f.StringVar(&cfg.Monitor, "nats-monitor", "", "where NATS is monitored, as http://127.0.0.1:8222, to see whether it flushes")
	f.StringVar(&cfg.LogKey, "log-key", "", logKeyHelp)
	f.StringSliceVar(&cfg.Certificates, "certificate", nil, "file of a certificate, to see when it ends; may be repeated")
	f.StringSliceVar(&cfg.Witnesses, "witness", nil, "URL of a witness; may be repeated")
	s.register(c)
	return c
}

// ofSettings takes from the settings of the switch what no flag, environment or context said.
func ofSettings(c *cobra.Command, file string, cfg *doctor.Config) error {
	s := settings.DefaultServe()
	from := sources(c, file, servePrefix)
	from.Flags = nil
	if _, err := settings.Load(&s, from); err != nil {
		return exit.As(exit.Usage, err)
	}
	var err [2]error
	if cfg.DatabaseURL == "" {
		cfg.DatabaseURL, err[0] = s.DatabaseURL.Read()
	}
	if cfg.Broker.URL == "" {
		cfg.Broker.URL, err[1] = s.NATSURL.Read()
		cfg.Broker.Creds = s.NATSCreds
	}
	for _, path := range []string{s.SwitchSeed.File(), s.LogKey.File(), s.ScreeningKey.File(), s.Persons, s.NATSCreds} {
		if path != "" {
			cfg.Secrets = append(cfg.Secrets, path)
		}
	}
	if err := errors.Join(err[:]...); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
