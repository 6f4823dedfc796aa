package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Point finds a batch; found is false where the ledger has none of that number.
func (l *Ledger) Point(ctx context.Context, batch int64) (p ledger.Point, found bool, err error) {
	err = l.pool.QueryRow(ctx, `SELECT id, decided_at, xmin::text FROM ledger.batch WHERE id = $1`, batch).Scan(&p.Batch, &p.DecidedAt, &p.XID)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("ledger: batch %d: %w", batch, err)
	}
	p.DecidedAt = p.DecidedAt.UTC()
	return p, true, nil
}

// LostCommands hands over what was asked after a command, or was carried out after a batch.
func (l *Ledger) LostCommands(ctx context.Context, command, batch int64, one func(ledger.LostCommand) error) error {
	err := each(ctx, l.pool, `SELECT c.key, c.kind, coalesce(r.batch, 0) FROM ledger.command c LEFT JOIN ledger.command_result r ON r.command = c.id
		WHERE c.id > $1 OR r.batch > $2 ORDER BY c.id`, func(row pgx.Rows) error {
		var c ledger.LostCommand
		if err := row.Scan(&c.Key, &c.Kind, &c.Batch); err != nil {
			return err
		}
		return one(c)
	}, command, batch)
	if err != nil {
		return fmt.Errorf("ledger: commands since batch %d: %w", batch, err)
	}
	return nil
}

// LostTransfers hands over the newest state of each transfer that moved after a batch.
func (l *Ledger) LostTransfers(ctx context.Context, batch int64, one func(ledger.LostTransfer) error) error {
	err := each(ctx, l.pool, `SELECT t.id, d.name, c.name, t.intent, e.state, e.batch
		FROM (SELECT DISTINCT ON (transfer) transfer, state, batch FROM ledger.transfer_event WHERE batch > $1 ORDER BY transfer, batch DESC) e
		JOIN ledger.transfer t ON t.id = e.transfer
		JOIN ledger.participant d ON d.id = t.debtor JOIN ledger.participant c ON c.id = t.creditor ORDER BY t.id`, func(row pgx.Rows) error {
		var t ledger.LostTransfer
		if err := row.Scan(&t.Transfer, &t.Debtor, &t.Creditor, &t.Intent, &t.State, &t.Batch); err != nil {
			return err
		}
		return one(t)
	}, batch)
	if err != nil {
		return fmt.Errorf("ledger: transfers since batch %d: %w", batch, err)
	}
	return nil
}

// LastCommand is the number of the newest command that was asked, 0 of none.
func (l *Ledger) LastCommand(ctx context.Context) (id int64, err error) {
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ledger.command`).Scan(&id); err != nil {
		return 0, fmt.Errorf("ledger: last command: %w", err)
	}
	return id, nil
}
