package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// History hands over every batch, oldest first, with its inputs.
func (l *Ledger) History(ctx context.Context, past func(ledger.PastBatch) error) error {
	tx, err := l.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("ledger: history: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // reading only: nothing to undo
	switch from, err := horizonOf(ctx, tx); {
	case err != nil:
		return fmt.Errorf("ledger: history: %w", err)
	case from.months > 0:
		return fmt.Errorf("ledger: history: %w", &ledger.DetachedError{Through: from.ends})
	}
	rows, err := tx.Query(ctx, `SELECT b.id, b.decided_at, e.body FROM ledger.batch b
		JOIN ledger.log_entry e ON e.index = b.log_index ORDER BY b.id`)
	if err != nil {
		return fmt.Errorf("ledger: history: %w", err)
	}
	batches, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b ledger.PastBatch, err error) {
		err = row.Scan(&b.ID, &b.DecidedAt, &b.Entry)
		b.DecidedAt = b.DecidedAt.UTC()
		return b, err
	})
	if err != nil {
		return fmt.Errorf("ledger: history: %w", err)
	}
	for _, b := range batches {
		if b.Inputs, err = readInputs(ctx, tx, b.ID); err != nil {
			return fmt.Errorf("ledger: history: inputs of batch %d: %w", b.ID, err)
		}
		err := each(ctx, tx, `SELECT c.id, c.key, c.kind, c.body, c.maker, c.checker FROM ledger.command_result r
			JOIN ledger.command c ON c.id = r.command WHERE r.batch = $1 ORDER BY c.id`, func(row pgx.Rows) error {
			var c settlement.Command
			if err := row.Scan(&c.ID, &c.Key, &c.Kind, &c.Body, &c.Maker, &c.Checker); err != nil {
				return err
			}
			b.Commands = append(b.Commands, c)
			return nil
		}, b.ID)
		if err != nil {
			return fmt.Errorf("ledger: history: commands of batch %d: %w", b.ID, err)
		}
		err = each(ctx, tx, `SELECT participant, sequence, kind, payload, closed, signature, hash, received_at FROM ledger.envelope
			WHERE batch = $1 AND decided_at IN ($2, 'epoch') ORDER BY participant, sequence`, func(row pgx.Rows) error {
			var e ledger.Envelope
			var hash, signature []byte
			if err := row.Scan(&e.Participant, &e.Sequence, &e.Kind, &e.Payload, &e.Closed, &signature, &hash, &e.ReceivedAt); err != nil {
				return err
			}
			e.Signature = string(signature)
			copy(e.Hash[:], hash)
			b.Envelopes = append(b.Envelopes, e)
			return nil
		}, b.ID, b.DecidedAt)
		if err != nil {
			return fmt.Errorf("ledger: history: envelopes of batch %d: %w", b.ID, err)
		}
		if b.Hits, err = hits(ctx, tx, b.ID); err != nil {
			return fmt.Errorf("ledger: history: hits of batch %d: %w", b.ID, err)
		}
		b.Closings = map[settlement.WindowID]time.Time{}
		err = each(ctx, tx, `SELECT settlement_window, moment FROM ledger.window_event WHERE batch = $1 AND state = 'open' AND moment IS NOT NULL`,
			func(row pgx.Rows) error {
				var window settlement.WindowID
				var closes time.Time
				err := row.Scan(&window, &closes)
				b.Closings[window] = closes.UTC()
				return err
			}, b.ID)
		if err != nil {
			return fmt.Errorf("ledger: history: windows of batch %d: %w", b.ID, err)
		}
		if err := past(b); err != nil {
			return err
		}
	}
	return nil
}
