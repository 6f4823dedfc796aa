package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
)

// Positions is how far each participant's stream was read, by name; those that were never read are not in it.
func (l *Ledger) Positions(ctx context.Context) (map[string]messaging.Position, error) {
	read := map[string]messaging.Position{}
	err := each(ctx, l.pool, `SELECT p.name, s.stream_created, s.sequence, s.hash FROM ledger.stream_position s
		JOIN ledger.participant p ON p.id = s.participant WHERE s.sequence > 0`, func(row pgx.Rows) error {
		var name string
		var p messaging.Position
		var hash []byte
		if err := row.Scan(&name, &p.StreamCreated, &p.Sequence, &hash); err != nil {
			return err
		}
		p.StreamCreated = p.StreamCreated.UTC()
		copy(p.Hash[:], hash)
		read[name] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: stream positions: %w", err)
	}
	return read, nil
}

// Told is the number of the last message that each participant was told, by name, as far as it is known, and of the
// last one that there is.
func (l *Ledger) Told(ctx context.Context) (told map[string]int64, last int64, err error) {
	told = map[string]int64{}
	err = each(ctx, l.pool, `SELECT o.participant, max(o.id) FROM ledger.outbox o, ledger.outbox_position p
		WHERE o.id <= p.published AND o.participant <> '' GROUP BY o.participant`, func(row pgx.Rows) error {
		var name string
		var id int64
		err := row.Scan(&name, &id)
		told[name] = id
		return err
	})
	if err == nil {
		err = l.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ledger.outbox`).Scan(&last)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("ledger: what was told: %w", err)
	}
	return told, last, nil
}

// ResumeStreams has streams read on from where they were made anew, and, where all that is said is on new streams too, everything
// told again. No engine leads meanwhile.
func (l *Ledger) ResumeStreams(ctx context.Context, positions map[string]messaging.Position, tellAgain bool) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		for name, p := range positions {
			_, err := tx.Exec(ctx, `UPDATE ledger.stream_position SET stream_created = $2, hash = $4
				WHERE participant = (SELECT id FROM ledger.participant WHERE name = $1) AND sequence = $3`, name, p.StreamCreated, int64(p.Sequence), p.Hash[:]) //nolint:gosec // sequences are counted
			if err != nil {
				return err
			}
		}
		if tellAgain {
			_, err := tx.Exec(ctx, `UPDATE ledger.outbox_position SET published = 0`)
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: resume streams: %w", err)
	}
	return nil
}
