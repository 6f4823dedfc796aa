package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Check holds the whole database against the invariants, from the postings up, in one snapshot: no
// batch is half there. verifier is the key that signs the log's checkpoints.
func (l *Ledger) Check(ctx context.Context, verifier note.Verifier) ([]ledger.Finding, error) {
	return l.CheckWatched(ctx, verifier, func(int, int) {})
}

// CheckWatched is Check that tells watch after each piece of work how many of all are done.
//
// Isolation: every connection is REPEATABLE READ and READ ONLY in the snapshot that the first exported, so all
// see the same batches, however long the check takes.
func (l *Ledger) CheckWatched(ctx context.Context, verifier note.Verifier, watch func(done, all int)) (findings []ledger.Finding, err error) {
	err = pgx.BeginTxFunc(ctx, l.pool, lookOptions, func(tx pgx.Tx) error {
		from, err := horizonOf(ctx, tx)
		if err != nil {
			return err
		}
		all, err := sections(ctx, tx, from)
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
			inspectLiquidity(all), inspectUnknown(all), whole(checkLives), whole(from.checkBundles), whole(from.checkScreened), whole(from.checkHealth), inspectExact(all), whole(checkRates), whole(checkWindows), inspectClearing(all), whole(checkBacking), whole(checkDefaults), whole(checkWindowLife), whole(checkFees),
			whole(from.checkLetters), whole(checkKeys), whole(checkRequests), inspectLog(all, verifier), whole(from.tell),
		}, watch)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: check: %w", err)
	}
	return findings, nil
}

// counted runs a query that returns one number, which must be 0, and one text.
func counted(ctx context.Context, tx pgx.Tx, name, sql, right, wrong string, args ...any) (ledger.Finding, error) {
	var bad, all int64
	if err := tx.QueryRow(ctx, sql, args...).Scan(&bad, &all); err != nil {
		return ledger.Finding{}, fmt.Errorf("%s: %w", name, err)
	}
	if bad != 0 {
		return ledger.Finding{Name: name, Detail: fmt.Sprintf(wrong, bad, all)}, nil
	}
	return ledger.Finding{Name: name, OK: true, Detail: fmt.Sprintf(right, all)}, nil
}

func checkZeroSum(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "zero_sum", `
		SELECT count(*) FILTER (WHERE total <> 0), count(*)
		FROM (SELECT currency, sum(balance_minor) AS total FROM ledger.balance_now GROUP BY currency) per_currency`,
		"accounts add up to zero in each of %d currencies", "accounts do not add up to zero in %d of %d currencies")
}

func checkAppendOnly(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "append_only", `
		SELECT count(*) FILTER (WHERE has_table_privilege(r.role, t.oid, 'DELETE') OR has_table_privilege(r.role, t.oid, 'TRUNCATE')
		           OR (has_any_column_privilege(r.role, t.oid, 'UPDATE')
		               AND t.relname NOT IN ('stream_position', 'outbox_position', 'lease', 'lease_renewal', 'participant'))), count(*)
		FROM unnest(ARRAY['ayni_engine', 'ayni_reader', 'ayni_auditor', 'ayni_pii', 'ayni_migrator']) AS r (role)
		CROSS JOIN pg_class t WHERE t.relnamespace = 'ledger'::regnamespace AND t.relkind IN ('r', 'p')`,
		"%d pairs of running role and table: none may delete or truncate, and none update what happened",
		"%d of %d pairs of role and table may change the past")
}

func checkWindows(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "windows_net_to_zero", `
		WITH rounding AS (
			SELECT batch, debit, credit, amount FROM ledger.posting WHERE transfer IS NULL AND kind = 'residual'
			UNION ALL SELECT batch, debit, credit, amount FROM ledger.posting WHERE kind IN ('fee', 'interchange') AND EXISTS (SELECT FROM ledger.fee_schedule)
			UNION ALL SELECT batch, debit, credit, amount FROM ledger.detached_posting WHERE kind IN ('residual', 'fee', 'interchange')
		), rounded AS ( -- what rounding and fees took out of what each currency nets, batch by batch
			SELECT p.batch, r.currency, sum(CASE WHEN p.credit = r.id THEN p.amount ELSE -p.amount END) AS minor
			FROM rounding p JOIN ledger.account r ON r.kind IN ('residual', 'fee') AND r.id IN (p.debit, p.credit)
			GROUP BY p.batch, r.currency
		), net AS (
			SELECT n.settlement_window, a.currency, o.batch AS opened, c.batch AS closed, sum(n.net_minor) AS minor
			FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account
			JOIN ledger.window_event o ON o.settlement_window = n.settlement_window AND o.state = 'open'
			JOIN ledger.window_event c ON c.settlement_window = n.settlement_window AND c.state = 'closed'
			GROUP BY n.settlement_window, a.currency, o.batch, c.batch
		), total AS (
			SELECT net.settlement_window, net.currency, net.minor + coalesce(sum(r.minor), 0) AS minor
			FROM net LEFT JOIN rounded r ON r.currency = net.currency AND r.batch >= net.opened AND r.batch < net.closed
			GROUP BY net.settlement_window, net.currency, net.minor
		)
		SELECT count(*) FILTER (WHERE minor <> 0), count(*) FROM total`,
		"%d pairs of closed window and currency net to zero", "%d of %d pairs of window and currency do not net to zero")
}

// checkWindowLife holds the windows of each group against the log: one follows on the other, an account's net is
// what its postings moved in between, and what is settled was settled last.
func checkWindowLife(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "windows_are_whole", `
		WITH life AS (
			SELECT settlement_window, min(settlement_group) AS settlement_group, count(DISTINCT settlement_group) AS groups,
			       min(batch) FILTER (WHERE state = 'open') AS opened, min(batch) FILTER (WHERE state = 'closed') AS closed,
			       min(batch) FILTER (WHERE state = 'settled') AS settled, max(batch) AS last
			FROM ledger.window_event GROUP BY settlement_window
		), other AS ( -- what no window nets
			SELECT batch, side.account, sum(side.amount_in) AS amount_in, sum(side.amount_out) AS amount_out FROM (
				SELECT batch, debit, credit, amount FROM ledger.posting WHERE transfer IS NULL AND kind <> 'residual'
				UNION ALL SELECT batch, debit, credit, amount FROM ledger.detached_posting WHERE kind NOT IN ('residual', 'fee', 'interchange')) p
			CROSS JOIN LATERAL (VALUES (debit, 0, amount), (credit, amount, 0)) AS side (account, amount_in, amount_out)
			GROUP BY batch, side.account
		), gross AS ( -- balances are their postings; what is left of them is what a window nets
			SELECT n.settlement_window, n.account, n.gross_in, n.gross_out,
			       coalesce(after.credits, 0) - coalesce(before.credits, 0) - coalesce(sum(o.amount_in), 0) AS flow_in,
			       coalesce(after.debits, 0) - coalesce(before.debits, 0) - coalesce(sum(o.amount_out), 0) AS flow_out
			FROM ledger.window_net n JOIN life l ON l.settlement_window = n.settlement_window
			LEFT JOIN LATERAL (SELECT v.debits, v.credits FROM ledger.balance v
				WHERE v.account = n.account AND v.batch < l.opened ORDER BY v.batch DESC LIMIT 1) before ON true
			LEFT JOIN LATERAL (SELECT v.debits, v.credits FROM ledger.balance v
				WHERE v.account = n.account AND v.batch < l.closed ORDER BY v.batch DESC LIMIT 1) after ON true
			LEFT JOIN other o ON o.account = n.account AND o.batch >= l.opened AND o.batch < l.closed
			GROUP BY n.settlement_window, n.account, n.gross_in, n.gross_out, after.debits, after.credits, before.debits, before.credits
		)
		SELECT (SELECT count(*) FROM life WHERE groups <> 1 OR opened IS NULL OR closed < opened OR settled < closed OR last > settled)
		     + (SELECT count(*) FROM (SELECT closed, lead(opened) OVER (PARTITION BY settlement_group ORDER BY settlement_window) AS next FROM life) l
		            WHERE next IS NOT NULL AND next IS DISTINCT FROM closed)
		     + (SELECT count(*) FROM ledger.window_event e JOIN ledger.batch b ON b.id = e.batch WHERE e.log_index <> b.log_index)
		     + (SELECT count(*) FROM gross WHERE gross_in <> flow_in OR gross_out <> flow_out),
		       (SELECT count(*) FROM life)`,
		"%d windows, each from one index of the log to the next of its group's, with the nets that its postings give",
		"%d faults in %d windows")
}
