package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
)

// Finding is what a check of one invariant found.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // the figure that it stands on, or the first thing that is wrong
}

// Check holds the whole database against the invariants, from the postings up, in one snapshot: no
// batch is half there. verifier is the key that signs the log's checkpoints.
func (l *Ledger) Check(ctx context.Context, verifier note.Verifier) ([]Finding, error) {
	return l.CheckWatched(ctx, verifier, func(int, int) {})
}

// CheckWatched is Check that tells watch after each piece of work how many of all are done.
//
// Isolation: every connection is REPEATABLE READ and READ ONLY in the snapshot that the first exported, so all
// see the same batches, however long the check takes.
func (l *Ledger) CheckWatched(ctx context.Context, verifier note.Verifier, watch func(done, all int)) (findings []Finding, err error) {
	err = pgx.BeginTxFunc(ctx, l.pool, lookOptions, func(tx pgx.Tx) error {
		from, err := horizonOf(ctx, tx)
		if err != nil {
			return err
		}
		all, err := stretches(ctx, tx, from)
		if err != nil {
			return err
		}
		intents, err := pagesOf(ctx, tx, "intent")
		if err != nil {
			return err
		}
		var of posted
		postings, once := inspectPostings(all, intents, from, &of)
		findings, err = l.inspect(ctx, tx, []inspection{
			whole(checkZeroSum), inspectBalances(all), postings, once, inspectSteps(all, from, &of), inspectTraces(from), whole(checkAppendOnly), whole(checkGuards),
			inspectLiquidity(all), inspectUnknown(all), inspectExact(all), whole(checkRates), whole(from.checkWindows), inspectClearing(all),
			whole(from.checkLetters), whole(checkKeys), inspectLog(all, verifier), whole(from.tell),
		}, watch)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: check: %w", err)
	}
	return findings, nil
}

// counted runs a query that returns one number, which must be 0, and one text.
func counted(ctx context.Context, tx pgx.Tx, name, sql, right, wrong string, args ...any) (Finding, error) {
	var bad, all int64
	if err := tx.QueryRow(ctx, sql, args...).Scan(&bad, &all); err != nil {
		return Finding{}, fmt.Errorf("%s: %w", name, err)
	}
	if bad != 0 {
		return Finding{Name: name, Detail: fmt.Sprintf(wrong, bad, all)}, nil
	}
	return Finding{Name: name, OK: true, Detail: fmt.Sprintf(right, all)}, nil
}

func checkZeroSum(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "zero_sum", `
		SELECT count(*) FILTER (WHERE total <> 0), count(*)
		FROM (SELECT currency, sum(balance_minor) AS total FROM ledger.balance_now GROUP BY currency) per_currency`,
		"accounts add up to zero in each of %d currencies", "accounts do not add up to zero in %d of %d currencies")
}

func checkAppendOnly(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "append_only", `
		SELECT count(*) FILTER (WHERE has_table_privilege(r.role, t.oid, 'DELETE') OR has_table_privilege(r.role, t.oid, 'TRUNCATE')
		           OR (has_any_column_privilege(r.role, t.oid, 'UPDATE')
		               AND t.relname NOT IN ('stream_position', 'outbox_position', 'lease', 'participant'))), count(*)
		FROM unnest(ARRAY['ayni_engine', 'ayni_reader', 'ayni_auditor', 'ayni_pii', 'ayni_migrator']) AS r (role)
		CROSS JOIN pg_class t WHERE t.relnamespace = 'ledger'::regnamespace AND t.relkind IN ('r', 'p')`,
		"%d pairs of running role and table: none may delete or truncate, and none update what happened",
		"%d of %d pairs of role and table may change the past")
}

func (h horizon) checkWindows(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "windows_net_to_zero", `
		WITH rounded AS ( -- what rounding took out of each window
			SELECT b.settlement_window, r.currency, sum(CASE WHEN p.credit = r.id THEN p.amount ELSE -p.amount END) AS minor
			FROM ledger.posting p JOIN ledger.batch b ON b.id = p.batch
			JOIN ledger.account r ON r.kind = 'residual' AND r.id IN (p.debit, p.credit)
			WHERE p.transfer IS NULL AND p.kind = 'residual' AND p.batch >= $1
			GROUP BY b.settlement_window, r.currency
		), net AS (
			SELECT n.settlement_window, a.currency, sum(n.net_minor) AS minor
			FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account
			JOIN ledger.window_event o ON o.settlement_window = n.settlement_window AND o.state = 'open' AND o.batch >= $1
			GROUP BY n.settlement_window, a.currency
		)
		SELECT count(*) FILTER (WHERE net.minor + coalesce(rounded.minor, 0) <> 0), count(*)
		FROM net LEFT JOIN rounded USING (settlement_window, currency)`,
		"%d pairs of closed window and currency net to zero", "%d of %d pairs of window and currency do not net to zero", h.batch)
}
