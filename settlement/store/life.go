package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeLife(w *wire, b *ledger.Batch) {
	place := int32(-1)
	copyIn(w, "life_event", "transfer, batch, place, kind, about, reason, until", b.Life, func(r *row, e ledger.LifeEvent) {
		place++
		r.bigint(int64(e.Transfer))
		r.bigint(b.ID)
		r.integer(place)
		r.text(string(e.Kind))
		r.text(e.About)
		r.text(e.Reason)
		if e.Until.IsZero() {
			r.null()
		} else {
			r.timestamp(e.Until)
		}
	})
	copyIn(w, "rule", "kind, subject, command, batch", b.Rules, func(r *row, v ledger.Rule) {
		r.text(string(v.Kind))
		r.text(v.Subject)
		r.bigint(v.Command)
		r.bigint(b.ID)
	})
}

// loadLife reads the rules in force, and what happened to the transfers that are open, in order.
func (d *Lead) loadLife(ctx context.Context, s *ledger.Snapshot) error {
	err := d.each(ctx, `SELECT r.kind, r.subject, r.command, c.body
		FROM (SELECT kind, subject, max(command) AS command FROM ledger.rule GROUP BY kind, subject) r
		JOIN ledger.command c ON c.id = r.command ORDER BY r.command`, func(row pgx.Rows) error {
		var r ledger.Rule
		err := row.Scan(&r.Kind, &r.Subject, &r.Command, &r.Body)
		s.Rules = append(s.Rules, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	ids := make([]int64, len(s.Open))
	for i, t := range s.Open {
		ids[i] = int64(t.ID)
	}
	err = d.each(ctx, `SELECT e.transfer, e.kind, e.about, e.reason, coalesce(e.until, '0001-01-01 00:00+00'), b.decided_at
		FROM unnest($1::bigint[]) AS open (id)
		JOIN ledger.life_event e ON e.transfer = open.id
		JOIN ledger.batch b ON b.id = e.batch
		ORDER BY e.batch, e.place`, func(row pgx.Rows) error {
		var e ledger.LifeEvent
		err := row.Scan(&e.Transfer, &e.Kind, &e.About, &e.Reason, &e.Until, &e.At)
		e.Until, e.At = e.Until.UTC(), e.At.UTC()
		s.Life = append(s.Life, e)
		return err
	}, ids)
	if err != nil {
		return fmt.Errorf("lives of open transfers: %w", err)
	}
	return nil
}

// Exceptions lists the newest cases for a person, of a participant's rail or of everybody's (""), those that are open or
// all, at most limit of them. What nobody spoke of is open until it went on; what contradicts, until the transfer ends
// after it: a word against what was final before stays open.
func (l *Ledger) Exceptions(ctx context.Context, participant string, open bool, limit int) ([]ledger.Exception, error) {
	var exceptions []ledger.Exception
	err := each(ctx, l.pool, `SELECT e.transfer, p.name, e.kind, e.about, b.decided_at FROM (
			(SELECT l.transfer, CASE l.about WHEN 'refund' THEN t.debtor ELSE t.creditor END AS participant, 'unheard' AS kind, l.about, l.batch
			 FROM ledger.life_event l JOIN ledger.transfer t ON t.id = l.transfer
			 WHERE l.kind = 'unheard' AND ($1 = '' OR CASE l.about WHEN 'refund' THEN t.debtor ELSE t.creditor END = (SELECT id FROM ledger.participant WHERE name = $1))
			   AND NOT ($2 AND (`+wentOn+`)) ORDER BY l.batch DESC LIMIT $3)
			UNION ALL
			(SELECT o.transfer, o.participant, 'outcome', o.kind, o.batch FROM ledger.outcome o
			 WHERE o.verdict = 'exception' AND ($1 = '' OR o.participant = (SELECT id FROM ledger.participant WHERE name = $1))
			   AND NOT ($2 AND EXISTS (SELECT FROM ledger.transfer_event f WHERE f.transfer = o.transfer AND f.batch > o.batch AND f.state IN ('paid', 'returned')))
			 ORDER BY o.batch DESC LIMIT $3)
		) e JOIN ledger.batch b ON b.id = e.batch JOIN ledger.participant p ON p.id = e.participant
		ORDER BY e.batch DESC, e.transfer LIMIT $3`, func(row pgx.Rows) error {
		var e ledger.Exception
		var id settlement.TransferID
		err := row.Scan(&id, &e.Participant, &e.Kind, &e.About, inUTC{&e.At})
		e.Transfer = id.String()
		exceptions = append(exceptions, e)
		return err
	}, participant, open, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: exceptions: %w", err)
	}
	return exceptions, nil
}

// wentOn tells whether transfer t has left the state in which nobody spoke of it (l).
const wentOn = `EXISTS (SELECT FROM ledger.transfer_event f WHERE f.transfer = l.transfer AND (f.state IN ('paid', 'returned', 'expired')
		OR f.state = 'return_pending' AND l.about = 'payout' OR f.state = 'cleared' AND l.about = 'reserve'))
	OR l.about = 'return' AND EXISTS (SELECT FROM ledger.transfer r JOIN ledger.transfer_event f ON f.transfer = r.id
		WHERE r.return_of = l.transfer AND f.state = 'cleared')`

// checkLives holds what happened to transfers beside their states against these: nothing cleared while it was
// kept from it, rails were asked about what they were told and had not answered, and every rule is a command's.
func checkLives(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "lives_have_causes", `
		WITH cleared AS ( -- and how what keeps a transfer from clearing stood then
			SELECT t.id, p.reserves,
			       (SELECT e.kind FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind IN ('held', 'released')
			        ORDER BY e.batch DESC, e.place DESC LIMIT 1) AS hold,
			       (SELECT e.kind FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind IN ('late', 'opened')
			        ORDER BY e.batch DESC, e.place DESC LIMIT 1) AS hours,
			       EXISTS (SELECT FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind = 'reserved') AS reserved
			FROM (SELECT transfer AS id FROM ledger.life_event -- few: the rest is not looked at
				UNION SELECT id FROM ledger.transfer WHERE creditor IN (SELECT id FROM ledger.participant WHERE reserves)
					AND EXISTS (SELECT FROM ledger.participant WHERE reserves)) few
			JOIN ledger.transfer t ON t.id = few.id AND t.return_of IS NULL
			JOIN ledger.transfer_event c ON c.transfer = t.id AND c.state = 'cleared'
			JOIN ledger.participant p ON p.id = t.creditor
		), asked AS ( -- about a state that the transfer must have been in
			SELECT e.transfer, e.batch, CASE e.about WHEN 'payout' THEN 'cleared' WHEN 'reserve' THEN 'queued' ELSE 'return_pending' END AS state
			FROM ledger.life_event e WHERE e.kind IN ('asked', 'unheard')
			UNION ALL SELECT e.transfer, e.batch, 'cleared' FROM ledger.life_event e WHERE e.kind = 'recalled'
		)
		SELECT (SELECT count(*) FROM cleared WHERE hold = 'held' OR hours = 'late' OR reserves AND NOT reserved)
		     + (SELECT count(*) FROM asked a WHERE a.state IS DISTINCT FROM (SELECT e.state FROM ledger.transfer_event e
		            WHERE e.transfer = a.transfer AND e.batch < a.batch
		            ORDER BY e.batch DESC, array_position(ARRAY['queued', 'cleared', 'return_pending'], e.state) DESC LIMIT 1))
		     + (SELECT count(*) FROM ledger.rule r WHERE NOT EXISTS (SELECT FROM ledger.command c
		            JOIN ledger.command_result x ON x.command = c.id AND x.fault = '' AND x.batch = r.batch
		            WHERE c.id = r.command AND c.kind = r.kind)),
		       (SELECT count(*) FROM ledger.life_event)`,
		"%d things that happened to transfers beside their states, each when it could",
		"%d of %d things happened to transfers that they could not have happened to")
}
