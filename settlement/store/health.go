package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeHealth(w *wire, b *ledger.Batch) {
	place := int32(-1)
	copyIn(w, "rail_health", "participant, batch, place, sequence, state, since, said_at, waiting", b.Rails, func(r *row, h ledger.RailHealth) {
		place++
		r.integer(h.Participant)
		r.bigint(b.ID)
		r.integer(place)
		r.reference(signed(h.Sequence))
		r.text(string(h.State))
		r.timestamp(h.Since)
		r.timestamp(h.SaidAt)
		r.bigint(h.Waiting)
	})
}

// newestHealth is what each participant said last of its rail, those of it that ever said something.
const newestHealth = `SELECT p.id, p.name, coalesce(h.sequence, 0), h.state, h.since, h.said_at, h.waiting, b.decided_at
	FROM ledger.participant p
	CROSS JOIN LATERAL (SELECT * FROM ledger.rail_health h WHERE h.participant = p.id ORDER BY h.batch DESC, h.place DESC LIMIT 1) h
	JOIN ledger.batch b ON b.id = h.batch ORDER BY p.name`

func scanHealth(row pgx.Rows) (name string, h ledger.RailHealth, err error) {
	err = row.Scan(&h.Participant, &name, &h.Sequence, &h.State, &h.Since, &h.SaidAt, &h.Waiting, &h.HeardAt)
	h.Since, h.SaidAt, h.HeardAt = h.Since.UTC(), h.SaidAt.UTC(), h.HeardAt.UTC()
	return name, h, err
}

func (d *Lead) loadHealth(ctx context.Context, s *ledger.Snapshot) error {
	err := d.each(ctx, newestHealth, func(row pgx.Rows) error {
		_, h, err := scanHealth(row)
		s.Rails = append(s.Rails, h)
		return err
	})
	if err != nil {
		return fmt.Errorf("health of rails: %w", err)
	}
	return nil
}

// Rails lists what participants last said of their rails, by name. Of whom nothing is listed never said a word: its
// rail has always been up.
func (l *Ledger) Rails(ctx context.Context) ([]ledger.RailStanding, error) {
	var rails []ledger.RailStanding
	err := each(ctx, l.pool, newestHealth, func(row pgx.Rows) error {
		name, h, err := scanHealth(row)
		rails = append(rails, ledger.RailStanding{Participant: name, State: h.State, Since: h.Since, Waiting: h.Waiting, HeardAt: h.HeardAt})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: rails: %w", err)
	}
	return rails, nil
}

// RailLoads sums what rails were told to do and have not ended, by name; whose rail has nothing to do is not listed. It
// looks at every transfer that is open.
func (l *Ledger) RailLoads(ctx context.Context) (loads []ledger.RailLoad, err error) {
	open, err := l.openIDs(ctx)
	if err != nil {
		return nil, err
	}
	err = each(ctx, l.pool, `SELECT p.name, count(*), min(told.decided_at), count(doubt.at), coalesce(min(doubt.at), '0001-01-01 00:00+00')
		FROM ledger.transfer t CROSS JOIN LATERAL (`+newestState+`) n
		JOIN ledger.participant p ON p.id = CASE WHEN t.return_of IS NULL THEN t.creditor ELSE t.debtor END -- a return is refunded by who sent
		JOIN ledger.batch told ON told.id = n.batch
		LEFT JOIN LATERAL (SELECT b.decided_at AS at FROM ledger.outcome o JOIN ledger.batch b ON b.id = o.batch
			WHERE o.transfer = coalesce(t.return_of, t.id) AND o.state = 'unknown' AND o.kind = CASE WHEN t.return_of IS NULL THEN 'payout' ELSE 'refund' END
			ORDER BY o.batch LIMIT 1) doubt ON true
		WHERE t.id = ANY ($1) AND n.state = 'cleared' GROUP BY p.name ORDER BY p.name`, func(row pgx.Rows) error {
		var r ledger.RailLoad
		err := row.Scan(&r.Participant, &r.Told, inUTC{&r.ToldSince}, &r.Unknown, inUTC{&r.UnknownSince})
		loads = append(loads, r)
		return err
	}, open)
	if err != nil {
		return nil, fmt.Errorf("ledger: what rails have to do: %w", err)
	}
	return loads, nil
}

// checkHealth holds what participants said of their rails against their messages and the log: each spoke for itself,
// only what was down comes up or falls silent, the latter not before its time, an outage begins once, and where something
// changed the log says the same.
func (h horizon) checkHealth(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "rails_spoke_for_themselves", `
		WITH said AS (
			SELECT h.*, b.decided_at, b.log_index, lag(h.state) OVER earlier AS state_before, lag(b.decided_at) OVER earlier AS heard_before,
			       lag(h.since) OVER earlier AS since_before, row_number() OVER (PARTITION BY h.batch ORDER BY h.place) - 1 AS nth
			FROM ledger.rail_health h LEFT JOIN ledger.batch b ON b.id = h.batch
			WINDOW earlier AS (PARTITION BY h.participant ORDER BY h.batch, h.place)
		), turned AS ( -- where something changed: records are large, and down is said again and again
			SELECT DISTINCT batch, log_index FROM said WHERE batch >= $1 AND (state <> 'down' OR state_before IS DISTINCT FROM 'down')
		), logged AS (
			SELECT t.batch, (convert_from(v.body, 'UTF8')::jsonb)->'rails' AS rails
			FROM turned t
			LEFT JOIN ledger.log_entry l ON l.index = t.log_index
			LEFT JOIN ledger.log_blob v ON v.batch = t.batch AND v.hash = decode(convert_from(l.body, 'UTF8')::jsonb->>'record', 'hex')
		)
		SELECT (SELECT count(*) FROM said s WHERE s.decided_at IS NULL OR s.since > s.decided_at OR s.nth <> s.place
		            OR s.state <> 'down' AND s.state_before IS DISTINCT FROM 'down'
		            OR s.state = 'down' AND s.state_before = 'down' AND s.since <> s.since_before -- the same outage
		            OR s.state = 'silent' AND s.decided_at < s.heard_before + $2::interval
		            OR s.sequence IS NOT NULL AND s.batch >= $1 AND NOT EXISTS (SELECT FROM ledger.envelope e
		                WHERE e.participant = s.participant AND e.sequence = s.sequence AND e.batch = s.batch AND e.kind = 'outcome'))
		     + (SELECT count(*) FROM said s JOIN logged l ON l.batch = s.batch
		            WHERE (s.participant::text, s.state, s.waiting::text, coalesce(s.sequence, 0)::text, s.since, s.said_at)
		                IS DISTINCT FROM (l.rails->s.place->>'participant', l.rails->s.place->>'state', l.rails->s.place->>'waiting',
		                    coalesce(l.rails->s.place->>'sequence', '0'), (l.rails->s.place->>'since')::timestamptz, (l.rails->s.place->>'said_at')::timestamptz))
		     + (SELECT count(*) FROM logged l WHERE coalesce(jsonb_array_length(l.rails), 0) <> (SELECT count(*) FROM said s WHERE s.batch = l.batch)),
		       (SELECT count(*) FROM said)`,
		"%d words about rails, each of the rail's own participant, or of its silence", "%d of %d words about rails are nobody's, untimely, or not what the log says",
		h.batch, messaging.DownHolds)
}
