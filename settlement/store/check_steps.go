package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// inspectSteps holds the steps of each transfer against what can follow what.
func inspectSteps(all []section, from horizon, p *posted) inspection {
	var c count
	var i inspection
	for _, s := range all {
		i.pieces = append(i.pieces, func(ctx context.Context, tx pgx.Tx) error {
			var bad, seen, ids, cleared int64
			if err := tx.QueryRow(ctx, stepsOfTransfers, append(s.ids(), from.batch)...).Scan(&bad, &seen, &ids, &cleared); err != nil {
				return fmt.Errorf("steps: %w", err)
			}
			c.add(bad, seen)
			p.transfers.Add(ids)
			p.cleared.Add(cleared)
			return nil
		})
	}
	i.tell = func() ledger.Finding {
		return c.finding("steps_in_order", "%d transfers, returns included, each from its first step to where it is",
			"%d of %d transfers took steps out of order, or steps were taken by none")
	}
	return i
}

// A transfer's first step is taken in the batch that accepted it. What is paid or sent back cleared before;
// what expired did not.
const stepsOfTransfers = `
	SELECT count(*) FILTER (WHERE t.id IS NULL OR e.first IS DISTINCT FROM t.batch OR e.expired AND e.cleared IS NOT NULL
	           OR e.after IS NOT NULL AND (e.cleared IS NULL OR e.cleared > e.after)
	           OR e.returned IS NOT NULL AND (e.pending IS NULL OR e.pending > e.returned)), count(t.id),
	       count(*) FILTER (WHERE t.return_of IS NULL AND t.batch >= $3), count(*) FILTER (WHERE e.cleared >= $3)
	FROM (SELECT transfer, min(batch) AS first,
	             min(batch) FILTER (WHERE state = 'cleared') AS cleared, min(batch) FILTER (WHERE state IN ('paid', 'return_pending')) AS after,
	             min(batch) FILTER (WHERE state = 'return_pending') AS pending, min(batch) FILTER (WHERE state = 'returned') AS returned,
	             bool_or(state = 'expired') AS expired
	      FROM ledger.transfer_event WHERE transfer BETWEEN $1 AND $2 GROUP BY transfer) e
	FULL JOIN (SELECT id, batch, return_of FROM ledger.transfer WHERE id BETWEEN $1 AND $2) t ON t.id = e.transfer`

// inspectUnknown looks for the final word behind every payment and every return.
func inspectUnknown(all []section) inspection {
	var c count
	var i inspection
	for _, s := range all {
		i.pieces = append(i.pieces, c.query("outcomes", wordsBehindSteps, s.ids()...))
	}
	i.tell = func() ledger.Finding {
		return c.finding("unknown_is_not_failed",
			"%d unknown outcomes moved nothing; every return rests on a final refusal, every payment on a confirmation",
			"%d transfers moved without a final word; %d outcomes were unknown")
	}
	return i
}

const wordsBehindSteps = `
	WITH final AS (
		SELECT transfer, state FROM ledger.outcome
		WHERE transfer BETWEEN $1 AND $2 AND kind = 'payout' AND state IN ('paid', 'failed') AND verdict = 'applied'
	)
	SELECT (SELECT count(*) FROM ledger.transfer t WHERE t.return_of BETWEEN $1 AND $2
	            AND NOT EXISTS (SELECT FROM final f WHERE f.transfer = t.return_of AND f.state = 'failed'))
	     + (SELECT count(*) FROM ledger.transfer_event e
	            JOIN (SELECT id FROM ledger.transfer WHERE id BETWEEN $1 AND $2 AND return_of IS NULL) t ON t.id = e.transfer
	            WHERE e.transfer BETWEEN $1 AND $2 AND e.state = 'paid'
	                AND NOT EXISTS (SELECT FROM final f WHERE f.transfer = e.transfer AND f.state = 'paid')),
	       (SELECT count(*) FROM ledger.outcome WHERE transfer BETWEEN $1 AND $2 AND state = 'unknown')`
