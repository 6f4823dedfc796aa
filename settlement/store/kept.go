package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// kinds are what a batch leaves behind in rows, each as one text: what it is called, and the query for it. An account's
// balance and position are kept with the batch that moved them, so whoever has all rows of all batches has the balances
// as of any.
var kinds = []struct{ name, query string }{
	{"balance", `SELECT batch, concat_ws(' ', account, debits, credits, gross_in, gross_out) FROM ledger.balance`},
	{"position", `SELECT batch, concat_ws(' ', account, prefund_minor, credit_line_minor, position_minor, step) FROM ledger.liquidity`},
	{"transfer", `SELECT batch, concat_ws(' ', id, coalesce(return_of, 0), debtor, creditor, source_minor, source_currency,
		destination_minor, destination_currency) FROM ledger.transfer`},
	{"state", `SELECT batch, concat_ws(' ', transfer, state, reason) FROM ledger.transfer_event`},
	{"posting", `SELECT batch, concat_ws(' ', id, coalesce(transfer, 0), kind, debit, credit, amount, currency) FROM ledger.posting`},
}

// Row is something that a batch leaves behind: what it is, and what it says.
type Row struct{ Kind, Text string }

// RowsOf are those that a batch must have left behind, in order.
func RowsOf(b *ledger.Batch) (rows []Row) {
	add := func(kind string, values ...any) {
		text := fmt.Sprintln(values...) // with a space between any two
		rows = append(rows, Row{kind, text[:len(text)-1]})
	}
	for _, v := range b.Balances {
		add("balance", v.Account, v.Debits, v.Credits, v.GrossIn, v.GrossOut)
	}
	for _, v := range b.Liquidity {
		add("position", v.Account, v.PrefundMinor, v.CreditLineMinor, v.PositionMinor, v.Step)
	}
	for _, t := range b.Transfers {
		add("transfer", int64(t.ID), int64(t.ReturnOf), t.Debtor, t.Creditor, t.Source.Minor, t.Source.Currency.String(),
			t.Destination.Minor, t.Destination.Currency.String())
	}
	for _, e := range b.Events {
		add("state", int64(e.Transfer), string(e.State), e.Reason)
	}
	for _, p := range b.Postings {
		add("posting", p.ID, int64(p.Transfer), string(p.Kind), p.Debit, p.Credit, p.AmountMinor, p.Currency.String())
	}
	sortRows(rows)
	return rows
}

func sortRows(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int {
		switch {
		case a == b:
			return 0
		case a.Kind < b.Kind, a.Kind == b.Kind && a.Text < b.Text:
			return -1
		default:
			return 1
		}
	})
}

// Kept is a ledger as it is at one moment, read batch by batch beside something else. It is for one goroutine at a time.
type Kept struct {
	tx      pgx.Tx
	pending [][]keptRow // of each kind, what was fetched and is of later batches
}

type keptRow struct {
	batch int64
	text  string
}

// Keep has a ledger read from one snapshot, which nothing else sees or changes.
func (l *Ledger) Keep(ctx context.Context, read func(*Kept) error) error {
	tx, err := l.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("ledger: snapshot: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // reading only: nothing to undo
	for _, k := range kinds {
		if _, err := tx.Exec(ctx, `DECLARE kept_`+k.name+` NO SCROLL CURSOR FOR `+k.query+` ORDER BY batch`); err != nil {
			return fmt.Errorf("ledger: %s rows: %w", k.name, err)
		}
	}
	return read(&Kept{tx: tx, pending: make([][]keptRow, len(kinds))})
}

// Logged is what the log has of a batch.
func (k *Kept) Logged(ctx context.Context, batch int64) (LoggedBatch, error) {
	logged, err := readLogged(ctx, k.tx, batch)
	if err != nil {
		return logged, fmt.Errorf("ledger: log of batch %d: %w", batch, err)
	}
	return logged, nil
}

// Through are the rows that batches left behind which were not asked for yet, up to one, in order. Batches are asked for
// from the first on.
func (k *Kept) Through(ctx context.Context, batch int64) (rows []Row, err error) {
	for i := range kinds {
		for {
			pending := k.pending[i]
			n := 0
			for n < len(pending) && pending[n].batch <= batch {
				rows = append(rows, Row{kinds[i].name, pending[n].text})
				n++
			}
			if k.pending[i] = pending[n:]; n < len(pending) {
				break
			}
			if err := k.fetch(ctx, i); err != nil {
				return nil, fmt.Errorf("ledger: %s rows: %w", kinds[i].name, err)
			}
			if len(k.pending[i]) == 0 {
				break
			}
		}
	}
	sortRows(rows)
	return rows, nil
}

// fetch brings the next rows of a kind; none at the end.
func (k *Kept) fetch(ctx context.Context, kind int) error {
	k.pending[kind] = nil
	return each(ctx, k.tx, `FETCH FORWARD 10000 FROM kept_`+kinds[kind].name, func(row pgx.Rows) error {
		var r keptRow
		err := row.Scan(&r.batch, &r.text)
		k.pending[kind] = append(k.pending[kind], r)
		return err
	})
}
