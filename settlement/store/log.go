package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// LogLeaves returns the leaves of the log's entries from the index first on, before end. There must be that many.
func (l *Ledger) LogLeaves(ctx context.Context, first, end int64) ([]tlog.Hash, error) {
	leaves := make([]tlog.Hash, 0, max(0, end-first))
	err := l.eachOfLog(ctx, "leaf", first, end, func(leaf []byte) { leaves = append(leaves, tlog.Hash(leaf)) })
	return leaves, err
}

// LogEntries returns the log's entries from the index first on, before end. There must be that many.
func (l *Ledger) LogEntries(ctx context.Context, first, end int64) ([][]byte, error) {
	entries := make([][]byte, 0, max(0, end-first))
	err := l.eachOfLog(ctx, "body", first, end, func(body []byte) { entries = append(entries, body) })
	return entries, err
}

func (l *Ledger) eachOfLog(ctx context.Context, column string, first, end int64, add func([]byte)) error {
	found := int64(0)
	err := each(ctx, l.pool, `SELECT `+column+` FROM ledger.log_entry WHERE index >= $1 AND index < $2 ORDER BY index`, func(row pgx.Rows) error {
		var value []byte
		if err := row.Scan(&value); err != nil {
			return err
		}
		found++
		add(value)
		return nil
	}, first, end)
	if err == nil && found != end-first {
		err = fmt.Errorf("there are %d of them", found)
	}
	if err != nil {
		return fmt.Errorf("ledger: entries %d to %d of the log: %w", first, end, err)
	}
	return nil
}

// LogCheckpoint returns the signed checkpoint of a size; "" where the log had none of it.
func (l *Ledger) LogCheckpoint(ctx context.Context, size int64) (signed string, err error) {
	err = l.pool.QueryRow(ctx, `SELECT note FROM ledger.log_checkpoint WHERE size = $1`, size).Scan(&signed)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ledger: checkpoint of %d entries: %w", size, err)
	}
	return signed, nil
}
