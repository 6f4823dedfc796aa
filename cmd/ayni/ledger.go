package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/demo"
)

func ledgerCommand() *cobra.Command {
	c := group("ledger", "Look into the ledger")
	var dir string
	check := &cobra.Command{
		Use:   "check",
		Short: "Hold a data folder's whole ledger against the invariants",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			findings, err := demo.Check(c.Context(), dir, slog.New(slog.DiscardHandler))
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
	c.AddCommand(check)
	return c
}
