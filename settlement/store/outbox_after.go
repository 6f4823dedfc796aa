package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// OutboxAfter reads at most limit messages of the outbox behind a number, in order, with the moments at which they were decided.
// Payloads are those to some participants, or to every one; of all others, and of the log's entries, there is none.
func (l *Ledger) OutboxAfter(ctx context.Context, after int64, limit int, everybody bool, to []string) ([]ledger.DecidedMessage, error) {
	rows, err := l.pool.Query(ctx, `SELECT id, participant, kind, CASE WHEN participant <> '' AND ($3 OR participant = ANY ($4)) THEN payload END, decided_at
		FROM ledger.outbox WHERE id > $1 ORDER BY id LIMIT $2`, after, limit, everybody, to)
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	messages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ledger.DecidedMessage, err error) {
		err = row.Scan(&m.ID, &m.Participant, &m.Kind, &m.Payload, &m.DecidedAt)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	return messages, nil
}

// OutboxEnd is the number of the last message of the outbox, 0 of none.
func (l *Ledger) OutboxEnd(ctx context.Context) (number int64, err error) {
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ledger.outbox`).Scan(&number); err != nil {
		return 0, fmt.Errorf("ledger: end of the outbox: %w", err)
	}
	return number, nil
}

// OutboxBefore is the number of the last message of the outbox that was decided before a moment, 0 of none. Moments grow with
// numbers, so it is found in some twenty looks, without an index of them.
func (l *Ledger) OutboxBefore(ctx context.Context, at time.Time) (number int64, err error) {
	var low, high int64 // it is low or behind it, and not behind high
	err = l.pool.QueryRow(ctx, `SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM ledger.outbox`).Scan(&low, &high)
	for err == nil && low < high {
		middle := low + (high-low+1)/2
		var before bool
		err = l.pool.QueryRow(ctx, `SELECT decided_at < $2 FROM ledger.outbox WHERE id >= $1 ORDER BY id LIMIT 1`, middle, at).Scan(&before)
		if before {
			low = middle
		} else {
			high = middle - 1
		}
	}
	if err != nil {
		return 0, fmt.Errorf("ledger: outbox before %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	return low, nil
}
