package main

import (
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/netfiles"
)

func netCommand() *cobra.Command {
	c := group("net", "Net files of intents and obligations")
	c.AddCommand(netSelectCommand(), netSetOffCommand(), netExchangeCommand(), netExplainCommand())
	return c
}

func netSelectCommand() *cobra.Command {
	var f netfiles.SelectFiles
	var s shown
	c := &cobra.Command{
		Use:   "select",
		Short: "Choose which intents clear at the liquidity there is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.JSON, err = s.asJSON(); err != nil {
				return err
			}
			return netfiles.Select(c.OutOrStdout(), f)
		},
	}
	registerBatch(c, &f.Intents, &f.Caps, &f.Rates, &f.Pools)
	c.Flags().StringVar(&f.Out, "out", "", "write the ids that clear to this file, - for standard output")
	s.register(c)
	return c
}

func netSetOffCommand() *cobra.Command {
	var f netfiles.SetOffFiles
	var s shown
	c := &cobra.Command{
		Use:   "setoff",
		Short: "Discharge obligations against each other, nobody's net position changed",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.JSON, err = s.asJSON(); err != nil {
				return err
			}
			return netfiles.SetOff(c.OutOrStdout(), f)
		},
	}
	c.Flags().StringVar(&f.Obligations, "obligations", "", "CSV: debtor,creditor,currency,amount (currency may be missing)")
	c.Flags().StringVar(&f.Credit, "credit", "", "CSV: participant,currency,limit; credit lines to use as liquidity")
	c.Flags().StringVar(&f.Out, "out", "", "write what is cleared of each row to this file, - for standard output")
	s.register(c)
	demand(c, "obligations")
	return c
}

func netExchangeCommand() *cobra.Command {
	var f netfiles.ExchangeFiles
	var s shown
	c := &cobra.Command{
		Use:   "fx",
		Short: "Net across currencies, and say what is left to trade outside",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.JSON, err = s.asJSON(); err != nil {
				return err
			}
			return netfiles.Exchange(c.OutOrStdout(), f)
		},
	}
	c.Flags().StringVar(&f.Intents, "intents", "", "CSV: id,debtor,debit_currency,debit_amount,creditor,credit_currency,credit_amount")
	c.Flags().StringVar(&f.Rates, "rates", "", "CSV: currency,minor_units,units_per_usd")
	c.Flags().StringVar(&f.OutNet, "out-net", "", "write nets per participant and currency to this file, - for standard output")
	c.Flags().StringVar(&f.OutPool, "out-pool", "", "write what each currency's pool is left with to this file, - for standard output")
	s.register(c)
	demand(c, "intents", "rates")
	return c
}

func netExplainCommand() *cobra.Command {
	var f netfiles.ExplainFiles
	var s shown
	c := &cobra.Command{
		Use:   "explain",
		Short: "Say why a participant's intents wait, and whose liquidity would release most",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.JSON, err = s.asJSON(); err != nil {
				return err
			}
			return netfiles.Explain(c.OutOrStdout(), f)
		},
	}
	registerBatch(c, &f.Intents, &f.Caps, &f.Rates, &f.Pools)
	c.Flags().StringVar(&f.Participant, "participant", "", "whose intents")
	s.register(c)
	demand(c, "participant")
	return c
}

// registerBatch adds the flags of what goes into a selection.
func registerBatch(c *cobra.Command, intents, caps, rates, pools *string) {
	c.Flags().StringVar(intents, "intents", "", "CSV: id,debtor,creditor,currency,amount, or with two currencies as for fx; priority and class may follow")
	c.Flags().StringVar(caps, "caps", "", "CSV: participant,currency,cap; what each can pay before it receives")
	c.Flags().StringVar(rates, "rates", "", "CSV: currency,minor_units,units_per_usd (default: what the conversions imply)")
	c.Flags().StringVar(pools, "pools", "", "CSV: currency,cap; what the FX pool of a currency can be short of (default: nothing)")
	demand(c, "intents", "caps")
}

// demand marks flags that must be given.
func demand(c *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := c.MarkFlagRequired(flag); err != nil {
			panic(err) // no such flag, written above
		}
	}
}
