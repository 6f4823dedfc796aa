package main

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

func batchCommand() *cobra.Command {
	c := group("batch", "Look at clearing batches: what each reached of what was possible, and what it moved")
	var d desk
	d.register(c)
	c.AddCommand(d.batches(), d.batch())
	return c
}

// numbered reads a number that names something.
func numbered(text, what string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, exit.As(exit.Usage, fmt.Errorf("%.20q is no number of a %s", text, what))
	}
	return n, nil
}

func (d *desk) batches() *cobra.Command {
	var s shown
	var before int64
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List batches, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.read(c.Context(), func(books *store.Ledger) error {
				found, err := books.ListBatches(c.Context(), before, limit)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("batches", batchColumns(), found))
			})
		},
	}
	c.Flags().Int64Var(&before, "before", 0, "those below this number (default: the newest)")
	c.Flags().IntVar(&limit, "limit", ledger.DefaultPage, "how many")
	s.register(c)
	return c
}

// batchColumns show what a batch reached in parts of what no choice could pass: the value itself is weighted, and no money.
func batchColumns() []show.Column[ledger.ListedBatch] {
	percent := func(b ledger.ListedBatch, of int64) any {
		if b.Clearing.Bound == 0 { // it had nothing to choose
			return nil
		}
		return decimal.NewFromInt(100).Mul(decimal.NewFromInt(of)).DivRound(decimal.NewFromInt(b.Clearing.Bound), 2).StringFixed(2)
	}
	return []show.Column[ledger.ListedBatch]{
		{Name: "batch", Value: func(b ledger.ListedBatch) any { return b.ID }},
		{Name: "decided_at", Value: func(b ledger.ListedBatch) any { return b.DecidedAt }},
		{Name: "accepted", Value: func(b ledger.ListedBatch) any { return b.Accepted }},
		{Name: "cleared", Value: func(b ledger.ListedBatch) any { return b.Cleared }},
		{Name: "queued", Value: func(b ledger.ListedBatch) any { return b.Queued }},
		{Name: "reached_percent", Title: "reached %", Value: func(b ledger.ListedBatch) any { return percent(b, b.Clearing.Reached) }},
		{Name: "fifo_percent", Title: "by age %", Value: func(b ledger.ListedBatch) any { return percent(b, b.Clearing.FIFO) }},
		{Name: "window", Value: func(b ledger.ListedBatch) any { return int64(b.Window) }},
		{Name: "log_index", Value: func(b ledger.ListedBatch) any { return b.LogIndex }},
	}
}

func (d *desk) batch() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "show BATCH", Short: "Show a batch: what it read, moved and carried out, and whose liquidity bound it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := numbered(args[0], "batch")
			if err != nil {
				return err
			}
			return d.read(c.Context(), func(books *store.Ledger) error {
				b, err := books.BatchStory(c.Context(), id)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("batches", batchColumns(), []ledger.ListedBatch{b.ListedBatch}), movedSheet(b.Moved), lackSheet(b.Lacking))
			})
		},
	}
	s.register(c)
	return c
}

func movedSheet(all []ledger.AccountMove) show.Sheet {
	money := func(m ledger.AccountMove, minor int64) any { return fx.Money{Minor: minor, Currency: m.Currency} }
	return show.Rows("moved", []show.Column[ledger.AccountMove]{
		{Name: "account", Value: func(m ledger.AccountMove) any { return accountName(m.Side) }},
		{Name: "debit", Money: true, Value: func(m ledger.AccountMove) any { return money(m, m.DebitMinor) }},
		{Name: "credit", Money: true, Value: func(m ledger.AccountMove) any { return money(m, m.CreditMinor) }},
		{Name: "balance", Money: true, Value: func(m ledger.AccountMove) any { return money(m, m.BalanceMinor) }},
	}, all)
}

func lackSheet(all []ledger.AccountLack) show.Sheet {
	return show.Rows("lacking", []show.Column[ledger.AccountLack]{
		{Name: "account", Value: func(l ledger.AccountLack) any { return accountName(l.Side) }},
		{Name: "short", Money: true, Value: func(l ledger.AccountLack) any { return l.Short }},
		{Name: "transfers", Value: func(l ledger.AccountLack) any { return l.Transfers }},
	}, all)
}
