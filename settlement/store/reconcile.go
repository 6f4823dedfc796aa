package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// RailMovements hands over what moved at a participant's rail in batches of a span of time, from included and until
// not, in no order.
func (l *Ledger) RailMovements(ctx context.Context, participant string, from, until time.Time, move func(ledger.RailMovement) error) error {
	err := each(ctx, l.pool, `
		WITH span AS (
			SELECT coalesce(min(id), 0) AS first, coalesce(max(id), -1) AS last FROM ledger.batch WHERE decided_at >= $2 AND decided_at < $3
		), own AS (SELECT id FROM ledger.participant WHERE name = $1
		), said AS ( -- paid, or unknown and not decided since
			SELECT o.kind, o.transfer, o.rail_ref, o.state = 'unknown' AS unknown, o.batch,
			       row_number() OVER (PARTITION BY o.transfer, o.kind, o.state ORDER BY o.batch DESC, o.place DESC) AS newest
			FROM ledger.outcome o, span, own
			WHERE o.batch BETWEEN span.first AND span.last AND o.participant = own.id AND o.kind IN ('payout', 'refund')
				AND (o.state = 'paid' AND o.verdict = 'applied' OR o.state = 'unknown' AND NOT EXISTS (SELECT FROM ledger.outcome d
					WHERE d.transfer = o.transfer AND d.kind = o.kind AND d.state IN ('paid', 'failed') AND d.verdict = 'applied'))
		), moved AS (
			SELECT s.kind, t.id AS transfer, t.intent, s.rail_ref, s.unknown, s.batch,
			       CASE s.kind WHEN 'payout' THEN t.destination_minor ELSE t.source_minor END AS amount,
			       CASE s.kind WHEN 'payout' THEN t.destination_currency ELSE t.source_currency END AS currency,
			       CASE s.kind WHEN 'payout' THEN t.id ELSE (SELECT r.id FROM ledger.transfer r WHERE r.return_of = t.id) END AS booked, 1 AS sign
			FROM said s JOIN ledger.transfer t ON t.id = s.transfer WHERE s.newest = 1
			UNION ALL
			SELECT 'collection', t.id, t.intent, '', false, t.batch, t.source_minor, t.source_currency, t.id, -1
			FROM ledger.transfer t, span, own WHERE t.batch BETWEEN span.first AND span.last AND t.debtor = own.id AND t.return_of IS NULL
				AND (t.id BETWEEN $4 AND $5 OR t.id < 1::bigint << 40) -- of their time, or of when they were counted from one
		)
		SELECT m.kind, m.transfer, m.intent, m.rail_ref, m.unknown, m.amount, m.currency, b.decided_at,
		       EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = m.booked AND e.state = 'cleared'),
		       coalesce((SELECT sum(CASE WHEN c.participant = own.id THEN p.amount ELSE 0 END - CASE WHEN d.participant = own.id THEN p.amount ELSE 0 END) * m.sign
			FROM ledger.posting p JOIN ledger.account d ON d.id = p.debit JOIN ledger.account c ON c.id = p.credit
			WHERE p.transfer = m.booked AND p.kind IN ('clear', 'return', 'gross')), 0)::bigint
		FROM moved m JOIN ledger.batch b ON b.id = m.batch, own`, func(row pgx.Rows) error {
		var m ledger.RailMovement
		var code string
		err := row.Scan(&m.Kind, &m.Transfer, &m.Intent, &m.RailRef, &m.Unknown, &m.AmountMinor, &code, &m.At, &m.Cleared, &m.PostedMinor)
		if err != nil {
			return err
		}
		m.At = m.At.UTC()
		if m.Currency, err = fx.ParseCurrency(code); err != nil {
			return err
		}
		return move(m)
	}, participant, from, until, ledger.FirstID(from), ledger.FirstID(until)+idsAhead<<ledger.IDsPerMilli)
	if err != nil {
		return fmt.Errorf("ledger: movements at the rail of %s: %w", participant, err)
	}
	return nil
}
