package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/rates"
)

func ratesCommand() *cobra.Command {
	c := group("rates", "Import reference rates; write, sign and verify a committee's sheet of them")
	c.AddCommand(ratesImportCommand(), ratesSheetCommand(), ratesSignCommand(), ratesVerifyCommand(), ratesKeyCommand())
	return c
}

// registerSources adds the flags of where rates come from.
func registerSources(c *cobra.Command, s *rates.Sources) {
	c.Flags().StringVar(&s.ECB, "ecb", "", "the European Central Bank's history file (eurofxref-hist.csv)")
	c.Flags().StringVar(&s.IMF, "imf", "", "the International Monetary Fund's annual averages, per US dollar; for what the ECB lacks")
	c.Flags().StringVar(&s.Agreed, "agreed", "", "CSV: currency,per_base,source,on; rates that were agreed on, before all others")
	c.Flags().StringVar(&s.Base, "base", "USD", "currency that the rates are against")
	c.Flags().StringVar(&s.Date, "date", "", "the day, YYYY-MM-DD")
	c.Flags().IntVar(&s.MaxAgeDays, "max-age-days", 7, "how much older a daily rate may be; an annual average may be a year older still")
	demand(c, "date")
}

func ratesImportCommand() *cobra.Command {
	var s rates.Sources
	var out shown
	c := &cobra.Command{
		Use:   "import",
		Short: "Merge public files into one rate a currency, each with its source and day",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return rates.Import(c.OutOrStdout(), s, out.format) },
	}
	registerSources(c, &s)
	out.register(c)
	return c
}

func ratesSheetCommand() *cobra.Command {
	var s rates.Sources
	var terms rates.SheetTerms
	var file string
	c := &cobra.Command{
		Use:   "sheet",
		Short: "Write an unsigned sheet of reference rates",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return rates.ToFile(c.OutOrStdout(), file, func(out io.Writer) error { return rates.NewSheet(out, s, terms) })
		},
	}
	registerSources(c, &s)
	c.Flags().Int64Var(&terms.Serial, "serial", 0, "number of the sheet, greater than the last one's")
	c.Flags().StringVar(&terms.From, "from", "", "when it begins to hold, such as 2025-01-01T00:00:00Z")
	c.Flags().StringVar(&terms.Until, "until", "", "when it ceases to hold")
	c.Flags().StringVar(&file, "out", "", sheetOutHelp)
	demand(c, "serial", "from", "until")
	return c
}

const sheetOutHelp = "write the sheet to this file (default: standard output)"

func ratesSignCommand() *cobra.Command {
	var key, file string
	c := &cobra.Command{
		Use:   "sign SHEET",
		Short: "Add a member's signature to a sheet",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return rates.ToFile(c.OutOrStdout(), file, func(out io.Writer) error { return rates.Sign(out, key, args[0]) })
		},
	}
	c.Flags().StringVar(&key, "key", "", "file of the member's private key, as rates key makes it")
	c.Flags().StringVar(&file, "out", "", sheetOutHelp)
	demand(c, "key")
	return c
}

func ratesVerifyCommand() *cobra.Command {
	var keys []string
	var threshold int
	c := &cobra.Command{
		Use:   "verify SHEET",
		Short: "Say whether enough of a committee signed a sheet",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return rates.Verify(c.OutOrStdout(), keys, threshold, args[0])
		},
	}
	c.Flags().StringSliceVar(&keys, "keys", nil, "the members' public keys, with commas between")
	c.Flags().IntVar(&threshold, "threshold", 0, "how many of them must have signed")
	demand(c, "keys", "threshold")
	return c
}

func ratesKeyCommand() *cobra.Command {
	var fresh bool
	c := &cobra.Command{
		Use:   "key FILE",
		Short: "Print the public half of a member's key",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if fresh {
				return rates.NewKey(c.OutOrStdout(), args[0])
			}
			return rates.ShowKey(c.OutOrStdout(), args[0])
		},
	}
	c.Flags().BoolVar(&fresh, "new", false, "make the key first; the file must not be there yet")
	return c
}
