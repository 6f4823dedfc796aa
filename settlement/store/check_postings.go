package store

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// posted is what the looks at ids, steps and postings count of transfers, so that one side of each comparison
// need not be looked up in the other: where everything on the left has its own on the right, and there are as
// many on the right, nothing there is left over.
type posted struct {
	ids, transfers   atomic.Int64 // ids that have their transfer, and transfers that are no returns
	paidFor, cleared atomic.Int64 // transfers posted as they cleared, and transfers that cleared
}

// inspectPostings holds every posting against what asked for it: a transfer that cleared, a command that
// funded, a window that settled. Rounding is inspectExact's. What is wrong in number is also counted against
// exactly-once: a transfer posted twice or not at all.
func inspectPostings(all []section, intents []pages, from horizon, p *posted) (postings, once inspection) {
	var causes, ids count
	for _, s := range all {
		postings.pieces = append(postings.pieces, func(ctx context.Context, tx pgx.Tx) error {
			var bad, uneven, found, seen int64
			if err := tx.QueryRow(ctx, transferPostings, append(s.batchesAndIDs(), from.id)...).Scan(&bad, &uneven, &found, &seen); err != nil {
				return fmt.Errorf("postings of transfers: %w", err)
			}
			causes.add(bad, seen)
			ids.add(uneven, 0)
			p.paidFor.Add(found)
			return nil
		})
	}
	for _, some := range intents {
		once.pieces = append(once.pieces, func(ctx context.Context, tx pgx.Tx) error {
			var bad, found, seen int64
			if err := tx.QueryRow(ctx, idsAndTransfers, some.first, some.end, from.batch).Scan(&bad, &found, &seen); err != nil {
				return fmt.Errorf("ids: %w", err)
			}
			ids.add(bad, seen)
			p.ids.Add(found)
			return nil
		})
	}
	postings.pieces = append(postings.pieces, causes.query("other postings", otherPostings))
	once.pieces = append(once.pieces, ids.query("returns", `
		SELECT (SELECT count(*) FROM (SELECT FROM ledger.transfer WHERE return_of IS NOT NULL GROUP BY return_of HAVING count(*) > 1) twice), 0`))
	postings.tell = func() ledger.Finding {
		causes.bad += p.cleared.Load() - p.paidFor.Load()
		return causes.finding("postings_have_causes", "%d postings, each what a transfer, a funding or a window asked for, and none missing",
			"%d of %d postings are missing, or nobody asked for them")
	}
	once.tell = func() ledger.Finding {
		ids.bad += p.cleared.Load() - p.paidFor.Load() + p.transfers.Load() - p.ids.Load()
		return ids.finding("exactly_once", "%d ids, each one transfer or one refusal; each cleared transfer posted once", "%d faults among %d ids")
	}
	return postings, once
}

// transferPostings puts what was posted for transfers in a section of batches beside what those move that
// cleared in the same batch, and counts what does not cancel out, the transfers posted too often or too rarely,
// and those that did clear. Money leaves one participant and reaches the other, through the pools of both
// currencies where they differ. A transfer is looked up by its number before anything else is done with it
// (OFFSET 0 keeps it so): joined by hash, every section would read all transfers there are.
const transferPostings = `
	WITH booked AS MATERIALIZED (
		SELECT transfer, batch, kind, debit, credit, amount FROM ledger.posting
		WHERE transfer >= $5 AND batch BETWEEN $1 AND $2 AND id BETWEEN $3 AND $4
	), cleared AS MATERIALIZED (
		SELECT p.transfer, p.batch, coalesce(t.return_of, t.id) AS charged, t.source_currency,
			CASE WHEN gross.it THEN 'gross' WHEN t.return_of IS NULL THEN 'clear' ELSE 'return' END AS kind, t.return_of IS NOT NULL AS returns,
			CASE WHEN gross.it THEN 'settlement' ELSE 'position' END AS own, -- by way of prefunded accounts where it was settled by itself
			CASE WHEN gross.it THEN 'settlement' ELSE 'fx' END AS pool,
			CASE WHEN gross.it THEN (SELECT p.id FROM ledger.participant p WHERE p.role = 'provider') ELSE 0 END AS pool_of,
			CASE WHEN t.return_of IS NULL THEN t.debtor ELSE t.creditor END AS giver,
			CASE WHEN t.return_of IS NULL THEN t.creditor ELSE t.debtor END AS taker,
			CASE WHEN t.return_of IS NULL THEN t.source_currency ELSE t.destination_currency END AS out_currency,
			CASE WHEN t.return_of IS NULL THEN t.destination_currency ELSE t.source_currency END AS in_currency,
			CASE WHEN t.return_of IS NULL THEN t.source_minor ELSE t.destination_minor END AS out_minor,
			CASE WHEN t.return_of IS NULL THEN t.destination_minor ELSE t.source_minor END AS in_minor
		FROM (SELECT DISTINCT transfer, batch FROM booked) p
		CROSS JOIN LATERAL (SELECT * FROM ledger.transfer t WHERE t.id = p.transfer OFFSET 0) t
		CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM ledger.life_event g WHERE g.transfer = p.transfer AND g.kind = 'gross' OFFSET 0) AS it) gross
		WHERE EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = p.transfer AND e.state = 'cleared' AND e.batch = p.batch OFFSET 0)
	), uneven AS (
		SELECT transfer, kind, sum(n) AS n FROM (
			SELECT way.transfer, way.batch, way.kind, leg.debit, leg.credit, leg.amount, 1 AS n
			FROM cleared way
			LEFT JOIN ledger.account f ON f.participant = way.giver AND f.kind = way.own AND f.currency = way.out_currency
			LEFT JOIN ledger.account c ON c.participant = way.taker AND c.kind = way.own AND c.currency = way.in_currency
			LEFT JOIN ledger.account o ON o.participant = way.pool_of AND o.kind = way.pool AND o.currency = way.out_currency
			LEFT JOIN ledger.account i ON i.participant = way.pool_of AND i.kind = way.pool AND i.currency = way.in_currency
			CROSS JOIN LATERAL (
				SELECT f.id AS debit, CASE WHEN way.in_currency = way.out_currency THEN c.id ELSE o.id END AS credit, way.out_minor AS amount
				UNION ALL SELECT i.id, c.id, way.in_minor WHERE way.in_currency <> way.out_currency) leg
			UNION ALL -- what it was charged, from and to where its parties are paid; a return takes it back
			SELECT way.transfer, way.batch, CASE c.kind WHEN 'switch' THEN 'fee' ELSE 'interchange' END,
				CASE WHEN way.returns THEN payee.id ELSE payer.id END, CASE WHEN way.returns THEN payer.id ELSE payee.id END, c.amount_minor, 1
			FROM cleared way
			JOIN ledger.charge c ON c.transfer = way.charged AND c.amount_minor > 0
			LEFT JOIN ledger.participant pr ON pr.id = c.payer
			LEFT JOIN ledger.participant pe ON pe.id = c.payee
			LEFT JOIN ledger.account payer ON payer.participant = c.payer AND payer.currency = way.source_currency
				AND payer.kind = CASE pr.currency WHEN way.source_currency THEN 'position' ELSE 'fee' END
			LEFT JOIN ledger.account payee ON payee.participant = c.payee AND payee.currency = way.source_currency
				AND payee.kind = CASE pe.currency WHEN way.source_currency THEN 'position' ELSE 'fee' END
			UNION ALL SELECT *, -1 FROM booked
		) both_sides
		GROUP BY transfer, batch, kind, debit, credit, amount HAVING sum(n) <> 0
	)
	SELECT (SELECT coalesce(sum(abs(n)), 0)::bigint FROM uneven u WHERE kind NOT IN ('fee', 'interchange') -- what a detached transfer was charged left with it
	            OR NOT EXISTS (SELECT FROM cleared t WHERE t.transfer = u.transfer AND t.charged < $5)),
	       (SELECT count(*) FROM (SELECT FROM uneven WHERE kind NOT IN ('fee', 'interchange') GROUP BY transfer HAVING sum(n) <> 0) transfers),
	       (SELECT count(*) FROM cleared), (SELECT count(*) FROM booked)`

// otherPostings does the same for what has no transfer.
const otherPostings = `
	WITH net AS ( -- what each settled window moves, where nobody had to pay for another: into the prefunding behind an
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
		SELECT kind, CASE WHEN net_minor > 0 THEN account ELSE prefund END AS debit,
			CASE WHEN net_minor > 0 THEN prefund ELSE account END AS credit, abs(net_minor) AS amount FROM net
		UNION ALL SELECT 'fund', agent.id, own.id, (body->>'amount_minor')::bigint FROM funded
			LEFT JOIN ledger.account agent ON agent.kind = 'agent' AND agent.currency = body->>'currency'
			LEFT JOIN ledger.participant p ON p.name = body->>'participant'
			LEFT JOIN ledger.account own ON own.participant = p.id AND own.currency = body->>'currency'
				AND own.kind = coalesce(nullif(body->>'account', ''), 'settlement')
		UNION ALL SELECT 'reserve', account, suspense, amount_minor FROM instructed WHERE kind <> 'pay_in'
		UNION ALL SELECT 'withdraw', suspense, agent, amount_minor FROM instructed WHERE kind <> 'pay_in' AND result = 'confirmed'
		UNION ALL SELECT 'release', suspense, account, amount_minor FROM instructed WHERE kind <> 'pay_in' AND result = 'refused'
		UNION ALL SELECT 'pay_in', agent, suspense, amount_minor FROM instructed WHERE kind = 'pay_in' AND result = 'confirmed'
		UNION ALL SELECT CASE WHEN more > 0 THEN 'pledge' ELSE 'release' END, CASE WHEN more > 0 THEN settlement ELSE pledge END,
			CASE WHEN more > 0 THEN pledge ELSE settlement END, abs(more) FROM pledged WHERE more <> 0
		UNION ALL SELECT kind, payer, account, amount_minor FROM ledger.default_step
		UNION ALL SELECT 'claim', owing, owed, amount_minor FROM claimed
		UNION ALL SELECT 'recover', agent, settlement, p.amount_minor FROM ledger.claim_paid p JOIN claimed ON claimed.id = p.claim
		UNION ALL SELECT 'acquit', owed, owing, p.amount_minor FROM ledger.claim_paid p JOIN claimed ON claimed.id = p.claim
	), booked AS (
		SELECT kind, debit, credit, amount FROM ledger.posting WHERE transfer IS NULL AND kind <> 'residual'
		UNION ALL SELECT kind, debit, credit, amount FROM ledger.detached_posting WHERE kind NOT IN ('residual', 'fee', 'interchange')
	)
	SELECT (SELECT coalesce(sum(abs(n)), 0)::bigint FROM (
			SELECT sum(n) AS n FROM (SELECT *, 1 AS n FROM expected UNION ALL SELECT *, -1 FROM booked) both_sides
			GROUP BY kind, debit, credit, amount) uneven),
	       (SELECT count(*) FROM booked)`

// idsAndTransfers looks up the transfer of each id that became one, page by page, and counts those that have
// none or another's, and those that have their own.
const idsAndTransfers = `
	SELECT count(*) FILTER (WHERE n.transfer IS NOT NULL AND t.id IS NULL), count(t.id), count(*)
	FROM ledger.intent n
	LEFT JOIN LATERAL (SELECT t.id FROM ledger.transfer t WHERE t.id = n.transfer AND t.debtor = n.participant AND t.intent = n.id
		AND t.batch = n.batch AND t.return_of IS NULL OFFSET 0) t ON true
	WHERE n.ctid >= format('(%s,0)', $1::bigint)::tid AND n.ctid < format('(%s,0)', $2::bigint)::tid AND n.batch >= $3`
