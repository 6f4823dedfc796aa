package main

import (
	"bufio"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/statement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

const zoneHelp = "time zone of the day, as in Africa/Nairobi (default: where the currency's windows close, else UTC)"

func statementCommand() *cobra.Command {
	var d desk
	var cfg statement.Config
	var date, currency, zone, account, format string
	c := &cobra.Command{
		Use:   "statement",
		Short: "Write a participant's statement of a day: camt.053, camt.052 (so far), camt.054 (entries), csv or hledger",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if cfg.Day, err = fx.ParseDate(date); err != nil {
				return err
			}
			if cfg.Currency, err = fx.ParseCurrency(currency); err != nil {
				return err
			}
			if cfg.Zone, err = namedZone(zone); err != nil {
				return err
			}
			cfg.Account, cfg.Format, cfg.Now = ledger.AccountKind(account), statement.Format(format), time.Now()
			out := bufio.NewWriter(c.OutOrStdout())
			return d.read(c.Context(), func(books *store.Ledger) error {
				if err := statement.Write(c.Context(), books, cfg, out); err != nil {
					return err
				}
				return out.Flush()
			})
		},
	}
	d.register(c)
	f := c.Flags()
	f.StringVar(&cfg.Participant, "participant", "", "whose accounts; "+ledger.SchemeName+" for the scheme's own")
	f.StringVar(&currency, "currency", "", "in which currency")
	f.StringVar(&account, "account", "", "only of this kind, as in position or settlement (default: all)")
	f.StringVar(&date, "date", "", "the day, YYYY-MM-DD")
	f.StringVar(&zone, "zone", "", zoneHelp)
	f.StringVar(&format, "format", string(statement.EndOfDay), "camt.053, camt.052, camt.054, csv or hledger")
	demand(c, "participant", "currency", "date")
	c.AddCommand(d.emit())
	return c
}

func (d *desk) emit() *cobra.Command {
	var e statement.Emission
	var date, currency, zone string
	c := &cobra.Command{
		Use:   "emit",
		Short: "Write everything that the switch tells of a day into a folder: camt.053 and camt.054 of every account, pacs.009 of every net obligation, a journal",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if e.Day, err = fx.ParseDate(date); err != nil {
				return err
			}
			if currency != "" {
				if e.Currency, err = fx.ParseCurrency(currency); err != nil {
					return err
				}
			}
			if e.Zone, err = namedZone(zone); err != nil {
				return err
			}
			e.Now = time.Now()
			return d.read(c.Context(), func(books *store.Ledger) error {
				done, err := statement.Emit(c.Context(), books, e)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), done)
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVar(&e.Dir, "out", "", "folder")
	f.StringVar(&date, "date", "", "the day, YYYY-MM-DD")
	f.StringVar(&currency, "currency", "", "only of this one")
	f.StringVar(&zone, "zone", "", "time zone of the day (default: UTC)")
	f.StringVar(&e.Version, "pacs009", "", "version of pacs.009, as in pacs.009.001.10")
	demand(c, "out", "date")
	return c
}

// namedZone is nil where nothing is named.
func namedZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // nothing named is no error
	}
	return time.LoadLocation(name)
}
