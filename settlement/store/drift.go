package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Compare holds totals of all accounts, as an engine had them in memory after a batch, against the postings:
// those of the last batch that was compared so, and every posting since. What agrees is recorded. Errors are
// *DriftError where something does not.
//
// Isolation: READ COMMITTED, beside the writer. It reads up to a batch that is committed, and nothing there
// changes; only an account's opening balance can be asked for later than its batch, and is kept by batch.
func (l *Ledger) Compare(ctx context.Context, batch int64, totals []ledger.Balance) error {
	var from int64
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(batch), 0) FROM ledger.comparison WHERE batch < $1`, batch).Scan(&from); err != nil {
		return fmt.Errorf("ledger: compare batch %d: %w", batch, err)
	}
	posted := map[int64]ledger.Balance{}
	collect := func(row pgx.Rows) error {
		var account, debits, credits int64
		if err := row.Scan(&account, &debits, &credits); err != nil {
			return err
		}
		b := posted[account]
		posted[account] = ledger.Balance{Account: account, Debits: b.Debits + debits, Credits: b.Credits + credits}
		return nil
	}
	err := each(ctx, l.pool, `SELECT a.id, last.debits, last.credits FROM ledger.account a
		CROSS JOIN LATERAL (SELECT debits, credits FROM ledger.balance b WHERE b.account = a.id AND b.batch <= $1 ORDER BY b.batch DESC LIMIT 1) last`,
		collect, from)
	if err != nil {
		return fmt.Errorf("ledger: compare batch %d: balances: %w", batch, err)
	}
	err = each(ctx, l.pool, `SELECT account, sum(debit)::bigint, sum(credit)::bigint FROM (
			SELECT debit AS account, amount AS debit, 0 AS credit FROM ledger.posting WHERE batch > $1 AND batch <= $2
			UNION ALL SELECT credit, 0, amount FROM ledger.posting WHERE batch > $1 AND batch <= $2) sides GROUP BY account`,
		collect, from, batch)
	if err != nil {
		return fmt.Errorf("ledger: compare batch %d: postings: %w", batch, err)
	}
	for _, kept := range totals {
		now := posted[kept.Account]
		if kept.Debits != now.Debits || kept.Credits != now.Credits {
			return &ledger.DriftError{Account: kept.Account, After: from, Through: batch, Kept: kept.Credits - kept.Debits, Posted: now.Credits - now.Debits}
		}
		delete(posted, kept.Account)
	}
	for account, b := range posted {
		return &ledger.DriftError{Account: account, After: from, Through: batch, Posted: b.Credits - b.Debits}
	}
	if _, err := l.pool.Exec(ctx, `INSERT INTO ledger.comparison (batch) VALUES ($1) ON CONFLICT DO NOTHING`, batch); err != nil {
		return fmt.Errorf("ledger: compare batch %d: %w", batch, err)
	}
	return nil
}

// SelfCheck looks at the newest batches, at a stretch of them at a time: so many postings are read in a moment.
const (
	recentBatches = 10_000
	stretch       = 100
)

// SelfCheck recomputes one account's balance over a stretch of recent batches from its postings, both chosen at
// random, and returns *DriftError where the balances that are kept do not agree. A new ledger has nothing to
// check.
func (l *Ledger) SelfCheck(ctx context.Context) error {
	var last, accounts int64
	err := l.pool.QueryRow(ctx, `SELECT coalesce((SELECT max(id) FROM ledger.batch), 0), coalesce((SELECT max(id) FROM ledger.account), 0)`).Scan(&last, &accounts)
	if err != nil {
		return fmt.Errorf("ledger: self-check: %w", err)
	}
	if last == 0 || accounts == 0 {
		return nil
	}
	after := last - 1 - rand.Int64N(min(last, recentBatches))
	through := min(last, after+1+rand.Int64N(stretch))
	return l.Recompute(ctx, 1+rand.Int64N(accounts), after, through)
}

// Recompute holds an account's balance after a batch against the one after an earlier batch and what was posted
// in between. Errors are *DriftError where they do not agree.
func (l *Ledger) Recompute(ctx context.Context, account, after, through int64) error {
	var before, kept, moved int64
	err := l.pool.QueryRow(ctx, `SELECT
		coalesce((SELECT credits - debits FROM ledger.balance WHERE account = $1 AND batch <= $2 ORDER BY batch DESC LIMIT 1), 0),
		coalesce((SELECT credits - debits FROM ledger.balance WHERE account = $1 AND batch <= $3 ORDER BY batch DESC LIMIT 1), 0),
		coalesce((SELECT sum(CASE WHEN credit = $1 THEN amount ELSE -amount END) FROM ledger.posting
			WHERE batch > $2 AND batch <= $3 AND (debit = $1 OR credit = $1)), 0)::bigint`, account, after, through).Scan(&before, &kept, &moved)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("ledger: recompute account %d: %w", account, err)
	}
	if before+moved != kept {
		return &ledger.DriftError{Account: account, After: after, Through: through, Kept: kept, Posted: before + moved}
	}
	return nil
}
