package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeBundles(w *wire, b *ledger.Batch) {
	copyIn(w, "bundle_leg", "bundle, legs, digest, place, transfer, batch", b.BundleLegs, func(r *row, l ledger.BundleLeg) {
		r.text(l.ID)
		r.integer(l.Count)
		r.text(l.Digest)
		r.integer(l.Place)
		r.bigint(int64(l.Transfer))
		r.bigint(b.ID)
	})
	place := int32(-1)
	copyIn(w, "bundle_end", "batch, place, bundle, legs, digest, state, participant, remembered", b.BundleEnds, func(r *row, e ledger.BundleEnd) {
		place++
		r.bigint(b.ID)
		r.integer(place)
		r.text(e.ID)
		r.integer(e.Count)
		r.text(e.Digest)
		r.text(string(e.State))
		if e.By == 0 {
			r.null()
		} else {
			r.integer(e.By)
		}
		r.boolean(e.Remembered)
	})
}

// loadBundles reads which bundles broke. Those that are open, open transfers tell.
func (d *Lead) loadBundles(ctx context.Context, s *ledger.Snapshot) error {
	err := d.each(ctx, `SELECT e.bundle, e.legs, e.digest, e.state, coalesce(e.participant, 0), b.decided_at
		FROM ledger.bundle_end e JOIN ledger.batch b ON b.id = e.batch
		WHERE e.remembered AND b.decided_at > $1 ORDER BY e.batch, e.place`, func(row pgx.Rows) error {
		e := ledger.BundleEnd{Remembered: true}
		err := row.Scan(&e.ID, &e.Count, &e.Digest, &e.State, &e.By, &e.At)
		e.At = e.At.UTC()
		s.Broken = append(s.Broken, e)
		return err
	}, s.DecidedAt.Add(-ledger.BrokenMemory))
	if err != nil {
		return fmt.Errorf("broken bundles: %w", err)
	}
	err = d.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ledger.bundle_end WHERE batch = $1 AND state = 'cleared')`, s.LastBatch).Scan(&s.BundlesCleared)
	if err != nil {
		return fmt.Errorf("bundles of the last batch: %w", err)
	}
	return nil
}

// Legs lists the legs of the bundles of an id, by bundle and place. Isolation: READ COMMITTED, on any session.
func (l *Ledger) Legs(ctx context.Context, bundle string) (legs []ledger.PastLeg, err error) {
	err = each(ctx, l.pool, `SELECT s.debtor, s.creditor, s.source_minor, s.source_currency, s.destination_minor, s.destination_currency,
			s.state, coalesce(cleared.batch, 0)
		FROM ledger.bundle_leg b JOIN ledger.transfer_state s ON s.id = b.transfer
		LEFT JOIN ledger.transfer_event cleared ON cleared.transfer = b.transfer AND cleared.state = 'cleared'
		WHERE b.bundle = $1 ORDER BY b.digest, b.place`, func(row pgx.Rows) error {
		var leg ledger.PastLeg
		var from, to string
		err := row.Scan(&leg.Debtor, &leg.Creditor, &leg.Source.Minor, &from, &leg.Destination.Minor, &to, &leg.State, &leg.Cleared)
		if err == nil {
			err = errors.Join(leg.Source.Currency.UnmarshalText([]byte(from)), leg.Destination.Currency.UnmarshalText([]byte(to)))
		}
		legs = append(legs, leg)
		return err
	}, bundle)
	if err != nil {
		return nil, fmt.Errorf("ledger: legs of %s: %w", bundle, err)
	}
	return legs, nil
}

// checkBundles holds the legs of bundles against the steps that they took: all clear in one batch or none does, none waits
// on where another that it waited with has ended, and what is said of the bundle is so.
func (h horizon) checkBundles(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "bundles_clear_whole", `
		WITH leg AS (
			SELECT l.*, t.id IS NOT NULL AS is_transfer, cleared.batch AS cleared, expired.batch AS expired,
			       min(expired.batch) OVER (PARTITION BY l.bundle, l.legs, l.digest) AS broken
			FROM ledger.bundle_leg l
			LEFT JOIN ledger.transfer t ON t.id = l.transfer AND t.batch = l.batch AND t.return_of IS NULL
			LEFT JOIN ledger.transfer_event cleared ON cleared.transfer = l.transfer AND cleared.state = 'cleared'
			LEFT JOIN ledger.transfer_event expired ON expired.transfer = l.transfer AND expired.state = 'expired'
		), bundle AS (
			SELECT bundle, legs, digest, bool_and(is_transfer) AS are_transfers, count(cleared) AS cleared, min(cleared) AS first,
			       max(cleared) AS last, count(expired) AS expired, coalesce(bool_or(batch < broken AND expired IS DISTINCT FROM broken), false) AS left_behind
			FROM leg GROUP BY bundle, legs, digest HAVING min(transfer) >= $1
		)
		SELECT (SELECT count(*) FROM bundle LEFT JOIN ledger.bundle_end e ON e.state = 'cleared'
		            AND (e.bundle, e.legs, e.digest) = (bundle.bundle, bundle.legs, bundle.digest)
		        WHERE NOT are_transfers OR cleared NOT IN (0, bundle.legs) OR first <> last OR e.batch IS DISTINCT FROM first
		           OR cleared > 0 AND expired > 0 OR left_behind)
		     + (SELECT count(*) FROM ledger.bundle_end e WHERE e.state = 'cleared' AND NOT EXISTS (SELECT FROM ledger.bundle_leg l
		            WHERE (l.bundle, l.legs, l.digest) = (e.bundle, e.legs, e.digest))),
		       (SELECT count(*) FROM bundle)`,
		"%d bundles, each of which has cleared as a whole, waits or has ended as a whole",
		"%d faults in %d bundles: a part of one has cleared, or waits where the rest has ended", h.id)
}
