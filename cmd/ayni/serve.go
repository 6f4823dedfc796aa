package main

import (
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/serve"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
)

func serveSwitchCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the switch on PostgreSQL and NATS of others until Ctrl-C; stand by while another engine leads",
		Long: "Run the switch on PostgreSQL and NATS of others until Ctrl-C. Several may run on the same servers, with the same keys: one\n" +
			"leads, the others stand by and take over within seconds. Settings come from a file (ayni config example serve), then the\n" +
			"environment (AYNI_ and the setting's name in capitals), then flags; ayni config print serve shows what holds. It ends by\n" +
			"itself only where a person has to look: where a stream and the ledger contradict each other, or balances their postings.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s := settings.DefaultServe()
			if _, err := settings.Load(&s, sources(c, file, servePrefix)); err != nil {
				return exit.As(exit.Usage, err)
			}
			if err := s.Check(); err != nil {
				return exit.As(exit.Usage, err)
			}
			w, err := serve.Open(c.Context(), &s, telemetry.Log(c.ErrOrStderr(), s.Telemetry))
			if err != nil {
				return err
			}
			defer w.Close()
			fmt.Fprintf(c.OutOrStdout(), "%s: ready, leads or stands by\n", s.NATSURL) //nolint:errcheck // to a person
			if at := w.URL(); at != "" {
				fmt.Fprintf(c.OutOrStdout(), "%s: API and console\n", at) //nolint:errcheck // likewise
			}
			return unlessStopped(c.Context(), w.Run(c.Context()))
		},
	}
	c.Flags().StringVar(&file, "config", "", "file of settings")
	settingFlags(c, &settings.Serve{})
	return c
}

func migrateCommand() *cobra.Command {
	var url string
	c := &cobra.Command{
		Use: "migrate", Short: "Bring a database to this version's schema, which is made where there is none", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := store.Migrate(c.Context(), url); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "the schema is this version's")
			return err
		},
	}
	c.Flags().StringVar(&url, "database-url", "", databaseHelp+"; its user may make roles and a schema")
	contextual(c.Flags(), "database-url")
	demand(c, "database-url")
	return c
}

func logKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "log-key ORIGIN FILE", Short: "Make the key of a new settlement log: the secret half goes into a new file, the public half is printed",
		Long: "Make the key of a new settlement log. ORIGIN names the log for ever, as in ayni.example/log. The public half is what auditors\n" +
			"verify by.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			secret, public, err := note.GenerateKey(rand.Reader, args[0])
			if err != nil {
				return err
			}
			if _, err := note.NewSigner(secret); err != nil {
				return exit.As(exit.Usage, fmt.Errorf("%.100q cannot name a log", args[0]))
			}
			if err := writeNew(args[1], secret+"\n"); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), public)
			return err
		},
	}
}

func personKeysCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keys FILE", Short: "Make the file of keys of a new switch, under which persons are sealed", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := persons.Create(args[0])
			return err
		},
	}
}
