package main

import (
	"fmt"
	"net"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/ops/adapter"
)

func sandboxCommand() *cobra.Command {
	var s adapter.Sandbox
	var faults, currency string
	var quick bool
	c := &cobra.Command{
		Use:   "sandbox RAIL",
		Short: "Run one rail's sandbox until Ctrl-C",
		Long: `Run one rail's sandbox until Ctrl-C: the rail's wire format and behaviour, with books of its own. It writes the settings
that join an adapter to it into its folder.

Faults are switched while it runs, at the admin address: PUT /admin/faults. GET /admin/faults shows them, GET
/admin/ledger sums the books, GET /admin/operations lists them, and POST /admin/pay has a customer pay for an order.

Rails:
` + listOfRails(),
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if s.Plug, err = railArgument(args[0]); err != nil {
				return err
			}
			if err := s.Currency.UnmarshalText([]byte(currency)); err != nil {
				return err
			}
			if faults != "" {
				text, err := readFile(faults, maxConfigBytes)
				if err == nil {
					err = json.Unmarshal(text, &s.Faults, json.RejectUnknownMembers(true))
				}
				if err != nil {
					return fmt.Errorf("%s: %w", faults, err)
				}
			}
			if quick {
				s.AdapterTimes = quickTimes
			}
			err = s.Run(c.Context(), func(listen, admin net.Addr, settings string) {
				_, _ = fmt.Fprintf(c.OutOrStdout(), "%s at %s, admin at http://%s/admin; settings for an adapter: %s\n", s.Plug.Name, s.URL(listen), admin, settings)
			})
			return unlessStopped(c.Context(), err)
		},
	}
	c.Flags().StringVar(&s.Dir, "dir", "sandbox", "folder of its books and keys")
	c.Flags().StringVar(&s.Listen, "listen", "127.0.0.1:9090", "where the rail's API is")
	c.Flags().BoolVar(&s.TLS, "tls", false, "listen by https; certificates for both sides are in the folder")
	c.Flags().StringVar(&s.Admin, "admin", "127.0.0.1:9091", "where faults, books and customers are")
	c.Flags().StringVar(&s.CallbackURL, "callbacks", "http://127.0.0.1:8082/rail", "where it reaches the adapter's callbacks")
	c.Flags().StringVar(&currency, "currency", "KES", "of its books")
	c.Flags().Uint64Var(&s.Seed, "seed", 1, "the same seed treats the same customers alike")
	c.Flags().StringVar(&faults, "faults", "", "file of the faults to begin with, JSON as PUT /admin/faults takes it")
	c.Flags().BoolVar(&quick, "quick", false, "have the adapter ask within milliseconds, not as in production")
	return c
}

// quickTimes are those of an adapter that is tried out.
var quickTimes = adapters.Timers{
	SubmitTimeout: 2 * time.Second, FirstQuery: 100 * time.Millisecond, QueryEvery: 100 * time.Millisecond,
	QueryEveryMax: 2 * time.Second, CollectionEvery: 200 * time.Millisecond,
	QueryNotBefore: time.Millisecond, QueriesMost: 8, QueriesWithin: time.Millisecond, OpenFor: time.Minute,
}
