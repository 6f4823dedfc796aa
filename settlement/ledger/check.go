package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
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
	var findings []Finding
	err := pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, check := range []func(context.Context, pgx.Tx) (Finding, error){
			checkZeroSum, checkBalances, checkExactlyOnce, checkAppendOnly, checkLiquidity, checkUnknown, checkExact, checkWindows,
			func(ctx context.Context, tx pgx.Tx) (Finding, error) { return checkLog(ctx, tx, verifier) },
		} {
			finding, err := check(ctx, tx)
			if err != nil {
				return err
			}
			findings = append(findings, finding)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: check: %w", err)
	}
	return findings, nil
}

// counted runs a query that returns one number, which must be 0, and one text.
func counted(ctx context.Context, tx pgx.Tx, name, sql, right, wrong string) (Finding, error) {
	var bad, all int64
	if err := tx.QueryRow(ctx, sql).Scan(&bad, &all); err != nil {
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

func checkBalances(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "balances_are_postings", `
		SELECT count(*) FILTER (WHERE b.debits_minor <> coalesce(p.debits, 0) OR b.credits_minor <> coalesce(p.credits, 0)), count(*)
		FROM ledger.balance_now b
		LEFT JOIN (
			SELECT account, sum(debit)::bigint AS debits, sum(credit)::bigint AS credits
			FROM (SELECT debit AS account, amount AS debit, 0 AS credit FROM ledger.posting
			      UNION ALL SELECT credit, 0, amount FROM ledger.posting) sides
			GROUP BY account
		) p ON p.account = b.account`,
		"%d balances recomputed from their postings", "%d of %d balances differ from their postings")
}

func checkExactlyOnce(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "exactly_once", `
		SELECT (SELECT count(*) FROM ledger.intent n WHERE n.transfer IS NOT NULL
		            AND NOT EXISTS (SELECT FROM ledger.transfer t WHERE t.id = n.transfer AND t.return_of IS NULL))
		     + (SELECT count(*) FROM ledger.transfer t WHERE t.return_of IS NULL
		            AND (SELECT count(*) FROM ledger.intent n WHERE n.transfer = t.id AND n.participant = t.debtor AND n.id = t.intent) <> 1)
		     + (SELECT count(*) FROM (SELECT return_of FROM ledger.transfer WHERE return_of IS NOT NULL
		            GROUP BY return_of HAVING count(*) > 1) twice)
		     + (SELECT count(*) FROM ledger.transfer t
		            LEFT JOIN (SELECT transfer, count(*) AS postings FROM ledger.posting GROUP BY transfer) p ON p.transfer = t.id
		            LEFT JOIN ledger.transfer_event e ON e.transfer = t.id AND e.state = 'cleared'
		            WHERE coalesce(p.postings, 0) <> CASE WHEN e.transfer IS NULL THEN 0
		                WHEN t.source_currency = t.destination_currency THEN 1 ELSE 2 END),
		       (SELECT count(*) FROM ledger.intent)`,
		"%d ids, each one transfer or one refusal; each cleared transfer posted once", "%d faults among %d ids")
}

func checkAppendOnly(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "append_only", `
		SELECT count(*) FILTER (WHERE has_table_privilege(r.role, 'ledger.' || t.name, 'DELETE')
		                           OR has_table_privilege(r.role, 'ledger.' || t.name, 'TRUNCATE')
		                           OR has_table_privilege(r.role, 'ledger.' || t.name, 'UPDATE')), count(*)
		FROM unnest(ARRAY['ayni_engine', 'ayni_reader']) AS r (role)
		CROSS JOIN unnest(ARRAY['posting', 'batch', 'balance', 'transfer', 'transfer_event', 'intent', 'log_entry',
			'log_blob', 'log_checkpoint', 'envelope', 'outcome', 'outbox', 'window_event', 'window_net']) AS t (name)`,
		"%d pairs of running role and table without right to update, delete or truncate", "%d of %d pairs of role and table may change the past")
}

func checkLiquidity(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "within_liquidity", `
		SELECT count(*) FILTER (WHERE l.prefund_minor + l.credit_line_minor + l.position_minor < 0
		                           OR l.position_minor <> b.credits - b.debits), count(*)
		FROM ledger.liquidity l JOIN ledger.balance b ON b.account = l.account AND b.batch = l.batch`,
		"%d times that an account's money moved, never past its liquidity", "%d of %d times an account was past its liquidity")
}

func checkUnknown(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "unknown_is_not_failed", `
		SELECT (SELECT count(*) FROM ledger.transfer t WHERE t.return_of IS NOT NULL AND NOT EXISTS (
		            SELECT FROM ledger.outcome o WHERE o.transfer = t.return_of AND o.kind = 'payout'
		                AND o.state = 'failed' AND o.verdict = 'applied'))
		     + (SELECT count(*) FROM ledger.transfer_event e JOIN ledger.transfer t ON t.id = e.transfer
		            WHERE e.state = 'paid' AND t.return_of IS NULL AND NOT EXISTS (
		                SELECT FROM ledger.outcome o WHERE o.transfer = e.transfer AND o.kind = 'payout'
		                    AND o.state = 'paid' AND o.verdict = 'applied')),
		       (SELECT count(*) FROM ledger.outcome WHERE state = 'unknown')`,
		"%d unknown outcomes moved nothing; every return rests on a final refusal, every payment on a confirmation",
		"%d transfers moved without a final word; %d outcomes were unknown")
}

func checkWindows(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "windows_net_to_zero", `
		SELECT count(*) FILTER (WHERE total <> 0), count(*)
		FROM (SELECT n.settlement_window, a.currency, sum(n.net_minor) + coalesce((
		          SELECT sum(CASE WHEN r.kind = 'residual' AND p.credit = r.id THEN p.amount ELSE -p.amount END)
		          FROM ledger.posting p JOIN ledger.batch b ON b.id = p.batch
		          JOIN ledger.account r ON r.kind = 'residual' AND r.currency = a.currency AND r.id IN (p.debit, p.credit)
		          WHERE b.settlement_window = n.settlement_window AND p.kind = 'residual'), 0) AS total
		      FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account
		      GROUP BY n.settlement_window, a.currency) per_currency`,
		"%d pairs of closed window and currency net to zero", "%d of %d pairs of window and currency do not net to zero")
}

// checkExact converts every cross-currency transfer again, and holds all rounding against the residual
// accounts: what they hold and what is still carried is what rounding left, to the billionth.
func checkExact(ctx context.Context, tx pgx.Tx) (Finding, error) {
	finding := Finding{Name: "money_is_exact"}
	quotes := map[string]fx.Quote{}
	err := each(ctx, tx, `SELECT id, provider, from_currency, to_currency, rate FROM ledger.quote`, func(row pgx.Rows) error {
		var q fx.Quote
		var from, to, rate string
		if err := row.Scan(&q.ID, &q.Provider, &from, &to, &rate); err != nil {
			return err
		}
		quotes[q.ID] = q
		err := errors.Join(q.From.UnmarshalText([]byte(from)), q.To.UnmarshalText([]byte(to)), q.Rate.UnmarshalText([]byte(rate)))
		quotes[q.ID] = q
		return err
	})
	if err != nil {
		return finding, fmt.Errorf("quotes: %w", err)
	}
	left := map[string]int64{} // billionths of a minor unit that the pool kept, by currency
	converted := 0
	err = each(ctx, tx, `
		SELECT t.id, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency, t.quote,
		       t.residual_nano, t.residual_currency, t.return_of IS NOT NULL,
		       EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = t.id AND e.state = 'cleared')
		FROM ledger.transfer t WHERE t.source_currency <> t.destination_currency`, func(row pgx.Rows) error {
		var id, nano int64
		var source, destination fx.Money
		var sourceCode, destinationCode, quote, residualCode string
		var isReturn, cleared bool
		if err := row.Scan(&id, &source.Minor, &sourceCode, &destination.Minor, &destinationCode, &quote, &nano, &residualCode,
			&isReturn, &cleared); err != nil {
			return err
		}
		if err := errors.Join(source.Currency.UnmarshalText([]byte(sourceCode)), destination.Currency.UnmarshalText([]byte(destinationCode))); err != nil {
			return err
		}
		fixed, amount := fx.FixedSource, source
		if residualCode == sourceCode {
			fixed, amount = fx.FixedDestination, destination
		}
		again, err := quotes[quote].Convert(fixed, amount)
		if err != nil || again.Source != source || again.Destination != destination || again.Residual != nano {
			finding.Detail = fmt.Sprintf("transfer %d is not what its quote %s makes of it", id, quote)
		}
		converted++
		kept := nano
		if fixed == fx.FixedDestination {
			kept = -kept
		}
		if isReturn {
			kept = -kept
		}
		if cleared {
			left[residualCode] += kept
		}
		return nil
	})
	if err != nil {
		return finding, fmt.Errorf("conversions: %w", err)
	}
	err = each(ctx, tx, `
		SELECT b.currency, b.balance_minor, coalesce((SELECT c.nano FROM ledger.residual_carry c
			WHERE c.currency = b.currency ORDER BY c.batch DESC LIMIT 1), 0)
		FROM ledger.balance_now b WHERE b.kind = 'residual'`, func(row pgx.Rows) error {
		var code string
		var minor, carry int64
		if err := row.Scan(&code, &minor, &carry); err != nil {
			return err
		}
		if minor*fx.NanoPerMinor+carry != left[code] {
			finding.Detail = fmt.Sprintf("rounding in %s left %d billionths; the books have %d and carry %d", code, left[code],
				minor*fx.NanoPerMinor, carry)
		}
		delete(left, code)
		return nil
	})
	if err != nil {
		return finding, fmt.Errorf("residual accounts: %w", err)
	}
	for code, nano := range left {
		if nano != 0 {
			finding.Detail = fmt.Sprintf("rounding in %s left %d billionths and no account holds them", code, nano)
		}
	}
	if finding.Detail == "" {
		finding.OK = true
		finding.Detail = fmt.Sprintf("%d conversions recomputed from their quotes; all rounding is on residual accounts", converted)
	}
	return finding, nil
}

// checkLog rebuilds the tree from the entries and holds it against every signed checkpoint.
func checkLog(ctx context.Context, tx pgx.Tx, verifier note.Verifier) (Finding, error) {
	finding := Finding{Name: "log_is_whole"}
	checkpoints := map[int64]string{}
	err := each(ctx, tx, `SELECT size, note FROM ledger.log_checkpoint`, func(row pgx.Rows) error {
		var size int64
		var signed string
		if err := row.Scan(&size, &signed); err != nil {
			return err
		}
		checkpoints[size] = signed
		return nil
	})
	if err != nil {
		return finding, fmt.Errorf("checkpoints: %w", err)
	}
	var tree audit.Tree
	verified := 0
	err = each(ctx, tx, `SELECT index, body FROM ledger.log_entry ORDER BY index`, func(row pgx.Rows) error {
		var index int64
		var body []byte
		if err := row.Scan(&index, &body); err != nil {
			return err
		}
		if index != tree.Size() && finding.Detail == "" {
			finding.Detail = fmt.Sprintf("entry %d is missing", tree.Size())
		}
		tree.Append(audit.Leaf(body))
		signed, ok := checkpoints[tree.Size()]
		if !ok || finding.Detail != "" {
			return nil
		}
		checkpoint, err := audit.OpenCheckpoint(signed, verifier)
		switch {
		case err != nil:
			finding.Detail = err.Error()
		case checkpoint.Size != tree.Size() || checkpoint.Root != tree.Root():
			finding.Detail = fmt.Sprintf("the checkpoint of size %d commits to another log", tree.Size())
		default:
			verified++
		}
		return nil
	})
	if err != nil {
		return finding, fmt.Errorf("entries: %w", err)
	}
	if finding.Detail == "" {
		finding.OK = verified == len(checkpoints)
		finding.Detail = fmt.Sprintf("%d entries without a gap; %d of %d signed checkpoints commit to them", tree.Size(), verified, len(checkpoints))
	}
	return finding, nil
}
