package main

import (
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/ops/audit"
)

const whatIfHelp = `Clear an export's history again under other rules, beside what happened.

What people sent, what operators asked for and every clock stay as they were. What a rail said of a transfer waits
until the transfer has cleared in the other history, and is lost where it never does. So the result says what the same
demand would have met. It does not say what people would have done: who had waited less might have sent more, and who
had more credit might have used it otherwise. Confirmations of a settlement agent stay as they were, too, and fit no
instruction where windows net to something else: read a result across a settlement by instruction with care.

A file of caps is CSV: participant,currency,amount_minor and, if the amount is no credit line, prefund. What it names
holds from when the participant joins, instead of what commands said.

Tier A is strict first-in-first-out; B chooses by the relaxation; C improves on it, which is how the switch chooses.`

func whatIfCommand() *cobra.Command {
	var f replayFlags
	var caps, tier string
	var s shown
	c := &cobra.Command{
		Use: "what-if DIR", Short: "Clear an export's history under other caps or in strict order, beside what happened", Long: whatIfHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := f.of(c, args[0])
			if err != nil {
				return err
			}
			r, err := audit.WhatIf(c.Context(), cfg, caps, netting.Tier(tier))
			if err != nil {
				return err
			}
			return s.report(c, r, r.Table)
		},
	}
	f.register(c)
	c.Flags().StringVar(&caps, "caps", "", "a CSV file of credit lines and prefunding")
	c.Flags().StringVar(&tier, "tier", "", "how every batch chooses: A, B or C")
	s.register(c)
	c.MarkFlagsOneRequired("caps", "tier")
	return c
}
