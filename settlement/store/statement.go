package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// WindowSpan returns the batches whose flows a closed window nets. It is empty (Last before First) where the
// window closed in the batch that opened it. Errors wrap ErrNoWindow where the window is not there or open.
func (l *Ledger) WindowSpan(ctx context.Context, w settlement.WindowID) (ledger.Span, error) {
	var s ledger.Span
	err := l.pool.QueryRow(ctx, `SELECT o.batch, c.batch - 1 FROM ledger.window_event o
		JOIN ledger.window_event c ON c.settlement_window = o.settlement_window AND c.state = 'closed'
		WHERE o.settlement_window = $1 AND o.state = 'open'`, int64(w)).Scan(&s.First, &s.Last)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ledger.ErrNoWindow
	}
	if err != nil {
		return s, fmt.Errorf("ledger: window %d: %w", w, err)
	}
	return s, nil
}

// Statement gives a participant's accounts in one currency over a span of batches, in order of their ids, after
// it handed over each of their postings in order. An account whose postings do not lead from its opening balance
// to its closing one is a *DriftError.
//
// Isolation: REPEATABLE READ, so that a statement up to now is of one moment.
func (l *Ledger) Statement(ctx context.Context, participant string, currency fx.Currency, span ledger.Span, line func(ledger.StatementLine) error) ([]ledger.AccountStatement, error) {
	var accounts []ledger.AccountStatement
	err := l.moment(ctx, func(m *moment) error {
		b, its := &pgx.Batch{}, given{}
		b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
		queue(b, `SELECT a.id, a.kind, coalesce(o.balance, 0), coalesce(c.balance, 0)
			FROM ledger.participant p JOIN ledger.account a ON a.participant = p.id AND a.currency = $2
			LEFT JOIN LATERAL (SELECT b.credits - b.debits AS balance FROM ledger.balance b WHERE b.account = a.id AND b.batch < $3
				ORDER BY b.batch DESC LIMIT 1) o ON true
			LEFT JOIN LATERAL (SELECT b.credits - b.debits AS balance FROM ledger.balance b WHERE b.account = a.id AND b.batch <= greatest($4, $3 - 1)
				ORDER BY b.batch DESC LIMIT 1) c ON true
			WHERE p.name = $1 ORDER BY a.id`, func(row pgx.Rows) error {
			var a ledger.AccountStatement
			err := row.Scan(&a.Account, &a.Kind, &a.OpeningMinor, &a.ClosingMinor)
			accounts = append(accounts, a)
			return err
		}, participant, currency.String(), span.First, span.Last)
		queue(b, givenIDs, its.row, []int64{span.First, span.Last})
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		at := map[int64]*ledger.AccountStatement{}
		ids := make([]int64, len(accounts))
		for i := range accounts {
			ids[i], at[accounts[i].Account] = accounts[i].Account, &accounts[i]
		}
		first, end := its.within(span)
		var full error // nothing more is wanted
		take := func(v ledger.StatementLine) {
			if full == nil {
				full = line(v)
			}
		}
		b = &pgx.Batch{}
		queue(b, `SELECT p.id, p.batch, b.decided_at, p.kind, coalesce(p.transfer, 0), p.debit, p.credit, p.amount
			FROM ledger.posting p JOIN ledger.batch b ON b.id = p.batch
			WHERE p.batch BETWEEN $1 AND $2 AND (p.debit = ANY ($3) OR p.credit = ANY ($3))
				AND (p.id >= $4 AND p.id < $5 OR p.id < 1::bigint << 40) ORDER BY p.id`, func(row pgx.Rows) error {
			var v ledger.StatementLine
			var debit, credit, amount int64
			if err := row.Scan(&v.Posting, &v.Batch, &v.At, &v.Kind, &v.Transfer, &debit, &credit, &amount); err != nil {
				return err
			}
			v.At = v.At.UTC()
			if a := at[debit]; a != nil {
				a.DebitMinor, a.Postings = a.DebitMinor+amount, a.Postings+1
				v.Account, v.Of, v.AmountMinor, v.BalanceMinor = debit, a.Kind, -amount, a.OpeningMinor-a.DebitMinor+a.CreditMinor
				take(v)
			}
			if a := at[credit]; a != nil {
				a.CreditMinor, a.Postings = a.CreditMinor+amount, a.Postings+1
				v.Account, v.Of, v.AmountMinor, v.BalanceMinor = credit, a.Kind, amount, a.OpeningMinor-a.DebitMinor+a.CreditMinor
				take(v)
			}
			return nil
		}, span.First, span.Last, ids, first, end)
		if err := m.last(ctx, b); err != nil {
			return err
		}
		if full != nil {
			return full
		}
		for _, a := range accounts {
			if moved := a.OpeningMinor - a.DebitMinor + a.CreditMinor; moved != a.ClosingMinor {
				return &ledger.DriftError{Account: a.Account, After: span.First - 1, Through: span.Last, Kept: a.ClosingMinor, Posted: moved}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: statement of %s in %s: %w", participant, currency, err)
	}
	return accounts, nil
}

// MovedBatches lists the batches of a span that moved a participant's accounts in one currency, in order, as many as asked
// for. The first of an account may have left it where it was.
func (l *Ledger) MovedBatches(ctx context.Context, participant string, currency fx.Currency, span ledger.Span, most int) (batches []int64, err error) {
	err = each(ctx, l.pool, `SELECT DISTINCT v.batch FROM ledger.participant o JOIN ledger.account a ON a.participant = o.id AND a.currency = $5
		CROSS JOIN LATERAL (`+movedBatches("a.id")+` LIMIT $4) v WHERE o.name = $1 ORDER BY v.batch LIMIT $4`, func(row pgx.Rows) error {
		var batch int64
		err := row.Scan(&batch)
		batches = append(batches, batch)
		return err
	}, participant, span.First, span.Last, most, currency.String())
	if err != nil {
		return nil, fmt.Errorf("ledger: batches that moved %s in %s: %w", participant, currency, err)
	}
	return batches, nil
}
