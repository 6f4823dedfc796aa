package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/top"
	"github.com/ayni-switch/ayni/settlement/store"
)

// onceWidth and onceHeight are of a page that nobody's terminal bounds.
const onceWidth, onceHeight = 120, 1000

func topCommand() *cobra.Command {
	var d desk
	var once bool
	c := &cobra.Command{
		Use: "top", Short: "Show live what clears, what waits and where, on a terminal; q quits", Args: cobra.NoArgs,
		Long: "Show live, once a second, what clears, what waits, how long it takes, whose liquidity is used most, which rails are not up and\n" +
			"which windows are open. Where nobody looks, a line a second. q quits.",
		RunE: func(c *cobra.Command, _ []string) error {
			return d.read(c.Context(), func(books *store.Ledger) error {
				if !once {
					return top.Follow(c.Context(), books, c.InOrStdin(), c.OutOrStdout())
				}
				s, err := top.Look(c.Context(), books, time.Now())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), top.Render(s, onceWidth, onceHeight))
				return err
			})
		},
	}
	d.register(c)
	c.Flags().BoolVar(&once, "once", false, "print one page and end")
	return c
}
