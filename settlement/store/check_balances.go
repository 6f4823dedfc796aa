package store

import "github.com/ayni-switch/ayni/settlement/ledger"

// inspectBalances holds what each batch added to each account against its postings, and so, from the first
// batch on, every balance there ever was.
func inspectBalances(all []section) inspection {
	var c count
	var i inspection
	for _, s := range all {
		i.pieces = append(i.pieces, c.query("balances", balancesAndPostings, s.batchesAndIDs()...))
	}
	i.tell = func() ledger.Finding {
		return c.finding("balances_are_postings", "%d balances, each the one before and its batch's postings", "%d of %d balances differ from their postings")
	}
	return i
}

const balancesAndPostings = `
	WITH moved AS (
		SELECT batch, account, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
		FROM (SELECT batch, debit, credit, sum(amount) AS amount FROM ledger.posting
		      WHERE batch BETWEEN $1 AND $2 AND id BETWEEN $3 AND $4 GROUP BY batch, debit, credit) pairs
		CROSS JOIN LATERAL (VALUES (debit, amount, 0), (credit, 0, amount)) AS side (account, debits, credits)
		GROUP BY batch, account
	), kept AS (
		SELECT batch, account,
		       debits - coalesce(lag(debits) OVER before, CASE WHEN lag(batch) OVER before IS NULL THEN (
		           SELECT v.debits FROM ledger.balance v WHERE v.account = b.account AND v.batch < b.batch ORDER BY v.batch DESC LIMIT 1) END, 0) AS debits,
		       credits - coalesce(lag(credits) OVER before, CASE WHEN lag(batch) OVER before IS NULL THEN (
		           SELECT v.credits FROM ledger.balance v WHERE v.account = b.account AND v.batch < b.batch ORDER BY v.batch DESC LIMIT 1) END, 0) AS credits
		FROM ledger.balance b WHERE batch BETWEEN $1 AND $2
		WINDOW before AS (PARTITION BY account ORDER BY batch)
	)
	SELECT count(*) FILTER (WHERE k.account IS NULL OR k.debits <> coalesce(m.debits, 0) OR k.credits <> coalesce(m.credits, 0)), count(k.account)
	FROM kept k FULL JOIN moved m ON m.batch = k.batch AND m.account = k.account`

// inspectLiquidity recomputes what every account had at its disposal whenever its money moved.
func inspectLiquidity(all []section) inspection {
	var c count
	var i inspection
	for _, s := range all {
		i.pieces = append(i.pieces, c.query("liquidity", liquidityBehindBalances, s.batches()...))
	}
	i.tell = func() ledger.Finding {
		return c.finding("within_liquidity", "%d times that an account's money moved, never past its liquidity",
			"%d of %d times an account was past its liquidity, or it is not what stood behind it")
	}
	return i
}

const liquidityBehindBalances = `
	SELECT count(*) FILTER (WHERE l.account IS NULL OR l.prefund_minor + l.credit_line_minor + l.position_minor < 0
	           OR l.position_minor <> b.credits - b.debits OR l.prefund_minor <> coalesce(prefund.minor, 0)
	           OR l.credit_line_minor <> coalesce(line.minor, 0)), count(*)
	FROM ledger.balance b
	JOIN ledger.account a ON a.id = b.account AND a.kind IN ('position', 'fx')
	LEFT JOIN (SELECT * FROM ledger.liquidity WHERE batch BETWEEN $1 AND $2) l ON l.account = b.account AND l.batch = b.batch
	LEFT JOIN ledger.account s ON s.kind = 'settlement' AND s.currency = a.currency AND s.participant =
		CASE a.kind WHEN 'fx' THEN (SELECT p.id FROM ledger.participant p WHERE p.role = 'provider') ELSE a.participant END
	LEFT JOIN LATERAL (SELECT v.credits - v.debits AS minor FROM ledger.balance v
		WHERE v.account = s.id AND v.batch <= b.batch ORDER BY v.batch DESC LIMIT 1) prefund ON true
	LEFT JOIN LATERAL (SELECT c.amount_minor AS minor FROM ledger.credit_line c
		WHERE c.account = a.id AND c.batch <= b.batch ORDER BY c.batch DESC LIMIT 1) line ON true
	WHERE b.batch BETWEEN $1 AND $2`
