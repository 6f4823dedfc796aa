package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

func windowCommand() *cobra.Command {
	c := group("window", "Look at settlement windows, and have one closed: one person asks, another approves")
	var d desk
	d.register(c)
	c.AddCommand(d.windows(), d.window(), d.closes())
	return c
}

func (d *desk) windows() *cobra.Command {
	var s shown
	var before int64
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List windows, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.read(c.Context(), func(books *store.Ledger) error {
				found, err := books.WindowStories(c.Context(), settlement.WindowID(before), limit)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("windows", windowColumns(), found))
			})
		},
	}
	c.Flags().Int64Var(&before, "before", 0, "those below this number (default: the newest)")
	c.Flags().IntVar(&limit, "limit", ledger.DefaultPage, "how many")
	s.register(c)
	return c
}

func windowColumns() []show.Column[ledger.ListedWindow] {
	maybe := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at
	}
	return []show.Column[ledger.ListedWindow]{
		{Name: "window", Value: func(w ledger.ListedWindow) any { return int64(w.ID) }},
		{Name: "group", Value: func(w ledger.ListedWindow) any { return w.Group }},
		{Name: "state", Value: func(w ledger.ListedWindow) any { return string(w.State) }},
		{Name: "since", Value: func(w ledger.ListedWindow) any { return w.Since }},
		{Name: "closes_or_due", Value: func(w ledger.ListedWindow) any { return maybe(w.Moment) }},
		{Name: "closed_at", Wide: true, Value: func(w ledger.ListedWindow) any { return maybe(w.ClosedAt) }},
		{Name: "first_batch", Value: func(w ledger.ListedWindow) any { return w.Batches.First }},
		{Name: "last_batch", Value: func(w ledger.ListedWindow) any { return w.Batches.Last }},
	}
}

func (d *desk) window() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "show WINDOW", Short: "Show a window: its steps, what everybody earned or owes, instructions to the agent, and who paid for whom", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := numbered(args[0], "window")
			if err != nil {
				return err
			}
			return d.read(c.Context(), func(books *store.Ledger) error {
				w, err := books.WindowStory(c.Context(), settlement.WindowID(id))
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("windows", windowColumns(), []ledger.ListedWindow{w.ListedWindow}), windowSteps(w.States),
					windowSums(w.Currencies), windowNets(w.Nets), windowInstructions(w.Instructions), windowDefaults(w.Defaults))
			})
		},
	}
	s.register(c)
	return c
}

func windowSteps(all []ledger.WindowStep) show.Sheet {
	return show.Rows("steps", []show.Column[ledger.WindowStep]{
		{Name: "state", Value: func(s ledger.WindowStep) any { return string(s.State) }},
		{Name: "at", Value: func(s ledger.WindowStep) any { return s.At }},
		{Name: "batch", Value: func(s ledger.WindowStep) any { return s.Batch }},
		{Name: "log_index", Value: func(s ledger.WindowStep) any { return s.LogIndex }},
	}, all)
}

func windowSums(all []ledger.WindowSum) show.Sheet {
	money := func(s ledger.WindowSum, minor int64) any { return fx.Money{Minor: minor, Currency: s.Currency} }
	return show.Rows("netting", []show.Column[ledger.WindowSum]{
		{Name: "gross", Money: true, Value: func(s ledger.WindowSum) any { return money(s, s.GrossMinor) }},
		{Name: "net", Money: true, Value: func(s ledger.WindowSum) any { return money(s, s.NetMinor) }},
	}, all)
}

func windowNets(all []ledger.WindowPosition) show.Sheet {
	money := func(p ledger.WindowPosition, minor int64) any { return fx.Money{Minor: minor, Currency: p.Currency} }
	return show.Rows("positions", []show.Column[ledger.WindowPosition]{
		{Name: "account", Value: func(p ledger.WindowPosition) any { return accountName(p.Side) }},
		{Name: "in", Money: true, Value: func(p ledger.WindowPosition) any { return money(p, p.InMinor) }},
		{Name: "out", Money: true, Value: func(p ledger.WindowPosition) any { return money(p, p.OutMinor) }},
		{Name: "net", Money: true, Value: func(p ledger.WindowPosition) any { return money(p, p.NetMinor) }},
	}, all)
}

func windowInstructions(all []ledger.ListedInstruction) show.Sheet {
	return show.Rows("instructions", []show.Column[ledger.ListedInstruction]{
		{Name: "instruction", Value: func(i ledger.ListedInstruction) any { return int64(i.ID) }},
		{Name: "kind", Value: func(i ledger.ListedInstruction) any { return string(i.Kind) }},
		{Name: "participant", Value: func(i ledger.ListedInstruction) any { return i.Participant }},
		{Name: "amount", Money: true, Value: func(i ledger.ListedInstruction) any { return i.Amount }},
		{Name: "result", Value: func(i ledger.ListedInstruction) any {
			if i.Result == "" {
				return "open"
			}
			return string(i.Result)
		}},
		{Name: "evidence", Value: func(i ledger.ListedInstruction) any { return i.Evidence }},
	}, all)
}

func windowDefaults(all []ledger.WindowDefault) show.Sheet {
	return show.Rows("defaults", []show.Column[ledger.WindowDefault]{
		{Name: "step", Value: func(w ledger.WindowDefault) any { return int64(w.Step) }},
		{Name: "owed_by", Value: func(w ledger.WindowDefault) any { return accountName(w.Owed) }},
		{Name: "paid_by", Value: func(w ledger.WindowDefault) any { return accountName(w.Payer) }},
		{Name: "amount", Money: true, Value: func(w ledger.WindowDefault) any { return w.Amount }},
		{Name: "kind", Value: func(w ledger.WindowDefault) any { return string(w.Kind) }},
	}, all)
}

func (d *desk) closes() *cobra.Command {
	var group string
	c := &cobra.Command{
		Use: "close", Short: "Ask for the open window of a group to be closed: what clears from then on is in the next one", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
				p, err := request.CloseWindowPlan(group, d.why)
				if err != nil {
					return err
				}
				id, err := request.Ask(c.Context(), books, d.as, p)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "request %d: %s; somebody else approves it with: ayni request approve %d\n", id, p.Kind, id)
				return err
			})
		},
	}
	c.Flags().StringVar(&group, "group", "", "of currencies that settle together (default: the default group)")
	d.who(c, "who asks")
	c.Flags().StringVar(&d.why, "reason", "", "why, for who decides and who looks later")
	demand(c, "reason")
	return c
}
