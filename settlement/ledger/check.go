package ledger

import (
	"bytes"
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
			checkZeroSum, checkBalances, checkPostings, checkExactlyOnce, checkTraces, checkAppendOnly, checkLiquidity,
			checkUnknown, checkLives, checkExact, checkRates, checkWindows, checkClearing, checkBacking, checkDefaults, checkWindowLife,
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
		SELECT count(*) FILTER (WHERE has_table_privilege(r.role, t.oid, 'DELETE') OR has_table_privilege(r.role, t.oid, 'TRUNCATE')
		           OR (has_any_column_privilege(r.role, t.oid, 'UPDATE')
		               AND t.relname NOT IN ('stream_position', 'outbox_position', 'lease', 'lease_renewal', 'participant'))), count(*)
		FROM unnest(ARRAY['ayni_engine', 'ayni_reader']) AS r (role)
		CROSS JOIN pg_class t WHERE t.relnamespace = 'ledger'::regnamespace AND t.relkind IN ('r', 'p')`,
		"%d pairs of running role and table: none may delete or truncate, and none update what happened",
		"%d of %d pairs of role and table may change the past")
}

// checkPostings holds every posting against what asked for it: a transfer that cleared, a command that
// funded, a window that settled. Rounding is checkExact's.
func checkPostings(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "postings_have_causes", `
		WITH leg AS ( -- what each cleared transfer moves: out of one participant, into the other
			SELECT t.id, CASE WHEN way.gross THEN 'gross' WHEN t.return_of IS NULL THEN 'clear' ELSE 'return' END AS kind,
			       f.id AS from_account, o.id AS pool_in, i.id AS pool_out, c.id AS to_account,
			       CASE WHEN t.return_of IS NULL THEN t.source_minor ELSE t.destination_minor END AS out_minor,
			       CASE WHEN t.return_of IS NULL THEN t.destination_minor ELSE t.source_minor END AS in_minor,
			       t.source_currency = t.destination_currency AS one_currency
			FROM ledger.transfer t
			JOIN ledger.transfer_event e ON e.transfer = t.id AND e.state = 'cleared'
			CROSS JOIN LATERAL (SELECT
				CASE WHEN t.return_of IS NULL THEN t.debtor ELSE t.creditor END AS giver,
				CASE WHEN t.return_of IS NULL THEN t.creditor ELSE t.debtor END AS taker,
				CASE WHEN t.return_of IS NULL THEN t.source_currency ELSE t.destination_currency END AS out_currency,
				CASE WHEN t.return_of IS NULL THEN t.destination_currency ELSE t.source_currency END AS in_currency,
				EXISTS (SELECT FROM ledger.life_event g WHERE g.transfer = t.id AND g.kind = 'gross') AS gross) way
			CROSS JOIN LATERAL (SELECT -- by way of prefunded accounts where it was settled by itself
				CASE WHEN way.gross THEN 'settlement' ELSE 'position' END AS own,
				CASE WHEN way.gross THEN 'settlement' ELSE 'fx' END AS pool,
				CASE WHEN way.gross THEN (SELECT p.id FROM ledger.participant p WHERE p.role = 'provider') ELSE 0 END AS pool_of) via
			LEFT JOIN ledger.account f ON f.participant = way.giver AND f.kind = via.own AND f.currency = way.out_currency
			LEFT JOIN ledger.account c ON c.participant = way.taker AND c.kind = via.own AND c.currency = way.in_currency
			LEFT JOIN ledger.account o ON o.participant = via.pool_of AND o.kind = via.pool AND o.currency = way.out_currency
			LEFT JOIN ledger.account i ON i.participant = via.pool_of AND i.kind = via.pool AND i.currency = way.in_currency
		), net AS ( -- what each settled window moves, where nobody had to pay for another: into the prefunding behind an
			-- account, or out of it, or out of what was paid in
			SELECT CASE a.kind WHEN 'fx' THEN 'trade' ELSE 'settle' END AS kind, n.account, s.id AS prefund, n.net_minor
			FROM ledger.window_net n
			JOIN ledger.window_event e ON e.settlement_window = n.settlement_window AND e.state = 'settled'
			JOIN ledger.account a ON a.id = n.account
			LEFT JOIN ledger.instruction i ON i.settlement_window = n.settlement_window AND i.account = n.account AND i.kind = 'pay_in'
			LEFT JOIN ledger.account s ON s.currency = a.currency AND s.kind = CASE WHEN i.id IS NULL THEN 'settlement' ELSE 'suspense' END
				AND s.participant = CASE a.kind WHEN 'fx' THEN (SELECT p.id FROM ledger.participant p WHERE p.role = 'provider') ELSE a.participant END
			WHERE n.net_minor <> 0 AND NOT EXISTS (SELECT FROM ledger.default_step d
				WHERE d.settlement_window = n.settlement_window AND d.account = n.account)
		), funded AS ( -- the same money told of twice is there once
			SELECT convert_from(c.body, 'UTF8')::jsonb AS body FROM ledger.command c
			JOIN ledger.command_result r ON r.command = c.id AND r.fault = ''
			WHERE c.kind = 'fund' AND (coalesce(convert_from(c.body, 'UTF8')::jsonb->>'evidence', '') = ''
				OR EXISTS (SELECT FROM ledger.evidence v WHERE v.command = c.id))
		), instructed AS (
			SELECT i.kind, i.account, i.amount_minor, coalesce(r.result, '') AS result, s.id AS suspense, agent.id AS agent
			FROM ledger.instruction i
			LEFT JOIN ledger.instruction_result r ON r.instruction = i.id
			LEFT JOIN ledger.account s ON s.participant = i.participant AND s.kind = 'suspense' AND s.currency = i.currency
			LEFT JOIN ledger.account agent ON agent.kind = 'agent' AND agent.currency = i.currency
		), pledged AS (
			SELECT s.id AS settlement, p.id AS pledge, g.amount_minor
			       - coalesce(lag(g.amount_minor) OVER (PARTITION BY g.id ORDER BY g.batch), 0)
			       + coalesce((SELECT sum(d.amount_minor) FROM ledger.default_step d JOIN ledger.account owing ON owing.id = d.account
			                   WHERE d.batch = g.batch AND d.payer = p.id AND owing.participant = g.beneficiary), 0) AS more
			FROM ledger.guarantee g
			LEFT JOIN ledger.account s ON s.participant = g.guarantor AND s.kind = 'settlement' AND s.currency = g.currency
			LEFT JOIN ledger.account p ON p.participant = g.guarantor AND p.kind = 'pledge' AND p.currency = g.currency
		), claimed AS (
			SELECT c.id, d.id AS owing, o.id AS owed, s.id AS settlement, agent.id AS agent, c.amount_minor
			FROM ledger.claim c
			LEFT JOIN ledger.account d ON d.participant = c.defaulter AND d.kind = 'claim' AND d.currency = c.currency
			LEFT JOIN ledger.account o ON o.participant = c.creditor AND o.kind = 'claim' AND o.currency = c.currency
			LEFT JOIN ledger.account s ON s.participant = c.creditor AND s.kind = 'settlement' AND s.currency = c.currency
			LEFT JOIN ledger.account agent ON agent.kind = 'agent' AND agent.currency = c.currency
		), expected AS (
			SELECT id AS transfer, kind, from_account AS debit, to_account AS credit, out_minor AS amount FROM leg WHERE one_currency
			UNION ALL SELECT id, kind, from_account, pool_in, out_minor FROM leg WHERE NOT one_currency
			UNION ALL SELECT id, kind, pool_out, to_account, in_minor FROM leg WHERE NOT one_currency
			UNION ALL SELECT NULL, kind, CASE WHEN net_minor > 0 THEN account ELSE prefund END,
				CASE WHEN net_minor > 0 THEN prefund ELSE account END, abs(net_minor) FROM net
			UNION ALL SELECT NULL, 'fund', agent.id, own.id, (body->>'amount_minor')::bigint FROM funded
				LEFT JOIN ledger.account agent ON agent.kind = 'agent' AND agent.currency = body->>'currency'
				LEFT JOIN ledger.participant p ON p.name = body->>'participant'
				LEFT JOIN ledger.account own ON own.participant = p.id AND own.currency = body->>'currency'
					AND own.kind = coalesce(nullif(body->>'account', ''), 'settlement')
			UNION ALL SELECT NULL, 'reserve', account, suspense, amount_minor FROM instructed WHERE kind <> 'pay_in'
			UNION ALL SELECT NULL, 'withdraw', suspense, agent, amount_minor FROM instructed WHERE kind <> 'pay_in' AND result = 'confirmed'
			UNION ALL SELECT NULL, 'release', suspense, account, amount_minor FROM instructed WHERE kind <> 'pay_in' AND result = 'refused'
			UNION ALL SELECT NULL, 'pay_in', agent, suspense, amount_minor FROM instructed WHERE kind = 'pay_in' AND result = 'confirmed'
			UNION ALL SELECT NULL, CASE WHEN more > 0 THEN 'pledge' ELSE 'release' END, CASE WHEN more > 0 THEN settlement ELSE pledge END,
				CASE WHEN more > 0 THEN pledge ELSE settlement END, abs(more) FROM pledged WHERE more <> 0
			UNION ALL SELECT NULL, kind, payer, account, amount_minor FROM ledger.default_step
			UNION ALL SELECT NULL, 'claim', owing, owed, amount_minor FROM claimed
			UNION ALL SELECT NULL, 'recover', agent, settlement, p.amount_minor FROM ledger.claim_paid p JOIN claimed ON claimed.id = p.claim
			UNION ALL SELECT NULL, 'acquit', owed, owing, p.amount_minor FROM ledger.claim_paid p JOIN claimed ON claimed.id = p.claim
		), booked AS (
			SELECT transfer, kind, debit, credit, amount FROM ledger.posting WHERE kind <> 'residual'
		)
		SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM booked) missing)
		     + (SELECT count(*) FROM (SELECT * FROM booked EXCEPT ALL SELECT * FROM expected) invented),
		       (SELECT count(*) FROM booked)`,
		"%d postings, each what a transfer, a funding or a window asked for, and none missing",
		"%d of %d postings are missing, or nobody asked for them")
}

// checkTraces holds what came in and went out against its numbering: nothing was dropped.
func checkTraces(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "nothing_lost", `
		SELECT (SELECT count(*) FROM (SELECT participant, count(*) AS kept, min(sequence) AS first, max(sequence) AS last
		                              FROM ledger.envelope GROUP BY participant) e
		            FULL JOIN ledger.stream_position p ON p.participant = e.participant
		            WHERE e.first IS DISTINCT FROM 1 OR e.kept IS DISTINCT FROM e.last OR e.last IS DISTINCT FROM p.sequence)
		     + (SELECT count(*) FROM (SELECT count(*) AS kept, min(id) AS first, max(id) AS last FROM ledger.outbox
		            UNION ALL SELECT count(*), min(command), max(command) FROM ledger.command_result
		            UNION ALL SELECT count(*), min(id), max(id) FROM ledger.batch) numbered
		            WHERE first <> 1 OR kept <> last),
		       (SELECT count(*) FROM ledger.envelope)`,
		"%d messages kept as they came, up to where each stream was read; outbox and batches without a gap",
		"%d gaps beside %d messages")
}

// checkLiquidity recomputes what every account had at its disposal whenever its money moved.
func checkLiquidity(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "within_liquidity", `
		SELECT count(*) FILTER (WHERE l.account IS NULL OR l.prefund_minor + l.credit_line_minor + l.position_minor < 0
		           OR l.position_minor <> b.credits - b.debits OR l.prefund_minor <> coalesce(prefund.minor, 0)
		           OR l.credit_line_minor <> coalesce(line.minor, 0)), count(*)
		FROM ledger.balance b
		JOIN ledger.account a ON a.id = b.account AND a.kind IN ('position', 'fx')
		LEFT JOIN ledger.liquidity l ON l.account = b.account AND l.batch = b.batch
		LEFT JOIN ledger.account s ON s.kind = 'settlement' AND s.currency = a.currency AND s.participant =
			CASE a.kind WHEN 'fx' THEN (SELECT p.id FROM ledger.participant p WHERE p.role = 'provider') ELSE a.participant END
		LEFT JOIN LATERAL (SELECT v.credits - v.debits AS minor FROM ledger.balance v
			WHERE v.account = s.id AND v.batch <= b.batch ORDER BY v.batch DESC LIMIT 1) prefund ON true
		LEFT JOIN LATERAL (SELECT c.amount_minor AS minor FROM ledger.credit_line c
			WHERE c.account = a.id AND c.batch <= b.batch ORDER BY c.batch DESC LIMIT 1) line ON true`,
		"%d times that an account's money moved, never past its liquidity", "%d of %d times an account was past its liquidity, or it is not what stood behind it")
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

// checkClearing holds what each batch reached between what first-in-first-out reaches and what can be
// reached, and against what the log says of it. Where returns came first, value may have had to wait for
// them that first-in-first-out would not have kept waiting.
func checkClearing(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "clearing_within_bound", `
		SELECT count(*) FILTER (WHERE greatest(b.reached, b.fifo) > b.bound OR (b.reached < b.fifo AND b.returns = 0) OR e.clearing IS NULL
		           OR (e.clearing->>'reached', e.clearing->>'bound', e.clearing->>'fifo', e.clearing->>'iterations', e.clearing->>'coarser',
		               e.clearing->>'returns')
		              IS DISTINCT FROM (b.reached::text, b.bound::text, b.fifo::text, b.iterations::text, b.coarser::text, b.returns::text)
		           OR (e.clearing->>'tier', e.clearing->>'numeraire') IS DISTINCT FROM (b.tier, b.numeraire)), count(*)
		FROM ledger.batch b
		LEFT JOIN (SELECT index, convert_from(body, 'UTF8')::jsonb->'clearing' AS clearing FROM ledger.log_entry WHERE kind = 'batch') e
			ON e.index = b.log_index
		WHERE b.tier <> ''`,
		"%d batches that had to choose: none reached more than its bound or, but for returns going first, less than first-in-first-out",
		"%d of %d batches reached more than their bound, less than first-in-first-out, or not what the log says")
}

func checkWindows(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "windows_net_to_zero", `
		SELECT count(*) FILTER (WHERE total <> 0), count(*)
		FROM (SELECT n.settlement_window, a.currency, sum(n.net_minor) + coalesce((
		          SELECT sum(CASE WHEN p.credit = r.id THEN p.amount ELSE -p.amount END)
		          FROM ledger.posting p
		          JOIN ledger.account r ON r.kind = 'residual' AND r.currency = a.currency AND r.id IN (p.debit, p.credit)
		          WHERE p.batch >= o.batch AND p.batch < c.batch AND p.kind = 'residual'), 0) AS total
		      FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account
		      JOIN ledger.window_event o ON o.settlement_window = n.settlement_window AND o.state = 'open'
		      JOIN ledger.window_event c ON c.settlement_window = n.settlement_window AND c.state = 'closed'
		      GROUP BY n.settlement_window, a.currency, o.batch, c.batch) per_currency`,
		"%d pairs of closed window and currency net to zero", "%d of %d pairs of window and currency do not net to zero")
}

// checkWindowLife holds the windows of each group against the log: one follows on the other, an account's net is
// what its postings moved in between, and what is settled was settled last.
func checkWindowLife(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "windows_are_whole", `
		WITH life AS (
			SELECT settlement_window, min(settlement_group) AS settlement_group, count(DISTINCT settlement_group) AS groups,
			       min(batch) FILTER (WHERE state = 'open') AS opened, min(batch) FILTER (WHERE state = 'closed') AS closed,
			       min(batch) FILTER (WHERE state = 'settled') AS settled, max(batch) AS last
			FROM ledger.window_event GROUP BY settlement_window
		), moved AS (
			SELECT batch, account, sum(flow_in) AS flow_in, sum(flow_out) AS flow_out FROM (
				SELECT batch, debit AS account, 0 AS flow_in, amount AS flow_out FROM ledger.posting WHERE kind IN ('clear', 'return', 'residual')
				UNION ALL SELECT batch, credit, amount, 0 FROM ledger.posting WHERE kind IN ('clear', 'return', 'residual')) flow
			GROUP BY batch, account
		), gross AS (
			SELECT n.settlement_window, n.account, n.gross_in, n.gross_out, coalesce(sum(m.flow_in), 0) AS flow_in, coalesce(sum(m.flow_out), 0) AS flow_out
			FROM ledger.window_net n JOIN life l ON l.settlement_window = n.settlement_window
			LEFT JOIN moved m ON m.account = n.account AND m.batch >= l.opened AND m.batch < l.closed
			GROUP BY n.settlement_window, n.account, n.gross_in, n.gross_out
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

// checkExact converts every cross-currency transfer again, and holds all rounding against the residual
// accounts: what they hold and what is still carried is what rounding left, to the billionth.
func checkExact(ctx context.Context, tx pgx.Tx) (Finding, error) {
	finding := Finding{Name: "money_is_exact"}
	quotes := map[string]fx.Quote{} // by id and batch: an id may come back
	err := each(ctx, tx, `SELECT id || '/' || batch, provider, from_currency, to_currency, rate, fee_minor FROM ledger.quote`, func(row pgx.Rows) error {
		var q fx.Quote
		var from, to, rate string
		if err := row.Scan(&q.ID, &q.Provider, &from, &to, &rate, &q.FeeMinor); err != nil {
			return err
		}
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
		SELECT t.id, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
		       t.quote || '/' || coalesce((SELECT max(q.batch) FROM ledger.quote q WHERE q.id = t.quote AND q.batch <= t.batch), 0),
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
	err = each(ctx, tx, `SELECT index, body, leaf FROM ledger.log_entry ORDER BY index`, func(row pgx.Rows) error {
		var index int64
		var body, leaf []byte
		if err := row.Scan(&index, &body, &leaf); err != nil {
			return err
		}
		if hash := audit.Leaf(body); !bytes.Equal(hash[:], leaf) && finding.Detail == "" {
			finding.Detail = fmt.Sprintf("entry %d is not what its leaf says", index)
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
	var rotten int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM ledger.log_blob WHERE sha256(body) <> hash`).Scan(&rotten); err != nil {
		return finding, fmt.Errorf("blobs: %w", err)
	}
	switch _, covered := checkpoints[tree.Size()]; {
	case finding.Detail != "":
	case rotten > 0:
		finding.Detail = fmt.Sprintf("%d blobs are not what their names say", rotten)
	case tree.Size() > 0 && !covered:
		finding.Detail = fmt.Sprintf("no checkpoint commits to the last of %d entries", tree.Size())
	default:
		finding.OK = verified == len(checkpoints)
		finding.Detail = fmt.Sprintf("%d entries without a gap; %d of %d signed checkpoints commit to them", tree.Size(), verified, len(checkpoints))
	}
	return finding, nil
}
