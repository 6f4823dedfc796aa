package main

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/bench"
)

func benchCommand() *cobra.Command {
	c := group("bench", "Measure what the product promises, on this machine")
	c.AddCommand(benchNettingCommand())
	return c
}

func benchNettingCommand() *cobra.Command {
	var o bench.NettingOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "netting",
		Short: "Selection, netting and set-off against their targets",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			rows := []bench.Row{}
			err := bench.Netting(o, func(r bench.Row) error {
				rows = append(rows, r)
				if asJSON {
					return nil
				}
				_, err := fmt.Fprint(c.OutOrStdout(), r.Line())
				return err
			})
			if err != nil || !asJSON {
				return err
			}
			text, err := json.Marshal(rows, jsontext.WithIndent("  "))
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	c.Flags().IntVar(&o.Runs, "runs", 5, "measured runs of each row; the median counts")
	c.Flags().BoolVar(&o.Large, "large", false, "also set off five million debts (a minute, 3 GB)")
	c.Flags().StringVar(&o.Instances, "instances", "", "folder of sets with known best choices: NAME.intents.csv, NAME.caps.csv, NAME.best.json")
	return c
}
