package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Unpublished reads at most limit messages after the one last marked as published, in order.
func (l *Ledger) Unpublished(ctx context.Context, limit int) ([]ledger.OutboxMessage, error) {
	rows, err := l.pool.Query(ctx, `SELECT o.id, o.participant, o.kind, o.payload FROM ledger.outbox o, ledger.outbox_position p
		WHERE o.id > p.published ORDER BY o.id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	messages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ledger.OutboxMessage, err error) {
		err = row.Scan(&m.ID, &m.Participant, &m.Kind, &m.Payload)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	return messages, nil
}

// Outbox reads messages by their ids, those that are attached.
func (l *Ledger) Outbox(ctx context.Context, ids []int64) (map[int64]ledger.OutboxMessage, error) {
	rows, err := l.pool.Query(ctx, `SELECT id, participant, kind, payload FROM ledger.outbox WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	messages := make(map[int64]ledger.OutboxMessage, len(ids))
	var m ledger.OutboxMessage
	_, err = pgx.ForEachRow(rows, []any{&m.ID, &m.Participant, &m.Kind, &m.Payload}, func() error {
		messages[m.ID] = m
		m.Payload = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: outbox: %w", err)
	}
	return messages, nil
}

// MarkPublished says that every message up to id is on its stream. It never moves back. It does not wait for
// the disk: a mark that a crash takes back has messages sent again, and sent twice is sent once.
func (l *Ledger) MarkPublished(ctx context.Context, id int64) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		mark := &pgx.Batch{}
		mark.Queue(`SET LOCAL synchronous_commit = off`)
		mark.Queue(`UPDATE ledger.outbox_position SET published = $1 WHERE published < $1`, id)
		return tx.SendBatch(ctx, mark).Close()
	})
	if err != nil {
		return fmt.Errorf("ledger: mark outbox %d: %w", id, err)
	}
	return nil
}
