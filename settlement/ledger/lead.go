package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
)

// leadLock is the advisory lock that the leading engine's session holds ("ayni" in ASCII).
const leadLock = 0x61796e69

// closeTimeout bounds saying goodbye to the server when the caller's context has already ended.
const closeTimeout = 2 * time.Second

// Lead is the right to write batches. It lives on one connection: the advisory lock is that session's,
// every batch is written by that session, and each batch's transaction checks the fencing epoch. So a
// leader that lost its session has lost the lock and cannot write, and a leader that was replaced while
// it slept finds another epoch.
type Lead struct {
	conn  *pgx.Conn
	epoch int64
}

// FencedError says that another engine leads. Nothing was written; this engine must stop leading.
type FencedError struct{ Mine, Current int64 }

func (e *FencedError) Error() string {
	return fmt.Sprintf("ledger: fenced: epoch is %d, mine was %d", e.Current, e.Mine)
}

// PositionError says that a stream's position in the database is not the one that the batch started
// from. Nothing was written.
type PositionError struct{ Participant int32 }

func (e *PositionError) Error() string {
	return fmt.Sprintf("ledger: stream position of participant %d is not where this batch began", e.Participant)
}

// TakeLead waits until no other engine leads, and raises the epoch. holder is for people to read.
func (l *Ledger) TakeLead(ctx context.Context, holder string) (*Lead, error) {
	config, err := pgx.ParseConfig(l.url)
	if err != nil {
		return nil, fmt.Errorf("ledger: database URL: %w", err)
	}
	setRole(config, roleEngine)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("ledger: connect to lead: %w", err)
	}
	lead := &Lead{conn: conn}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, leadLock); err != nil {
		lead.Release()
		return nil, fmt.Errorf("ledger: wait for the lead: %w", err)
	}
	err = conn.QueryRow(ctx, `UPDATE ledger.lease SET epoch = epoch + 1, holder = $1 RETURNING epoch`, holder).
		Scan(&lead.epoch)
	if err != nil {
		lead.Release()
		return nil, fmt.Errorf("ledger: raise the epoch: %w", err)
	}
	return lead, nil
}

// Epoch is the fencing number of this lead.
func (d *Lead) Epoch() int64 { return d.epoch }

// Release gives the lead up by ending its session.
func (d *Lead) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = d.conn.Close(ctx) // the lock goes with the session, however it ends
}

// Write writes the batch in one transaction. On an error nobody knows whether it was committed: the
// lead must be released and the state loaded again. *FencedError and *PositionError wrote nothing.
//
// Isolation: READ COMMITTED is enough. The only concurrent writer could be another engine, and the
// epoch row, read FOR SHARE, makes its UPDATE wait for this transaction to end, or makes this one see
// the new epoch and stop. Commands are appended by others, in rows that a batch never reads.
func (d *Lead) Write(ctx context.Context, b *Batch) error {
	err := pgx.BeginFunc(ctx, d.conn, func(tx pgx.Tx) error {
		var current int64
		if err := tx.QueryRow(ctx, `SELECT epoch FROM ledger.lease FOR SHARE`).Scan(&current); err != nil {
			return fmt.Errorf("read the epoch: %w", err)
		}
		if current != d.epoch {
			return &FencedError{Mine: d.epoch, Current: current}
		}
		for _, t := range b.tables(d.epoch) {
			if t.rows == 0 {
				continue
			}
			written, err := tx.CopyFrom(ctx, pgx.Identifier{"ledger", t.name}, t.columns, pgx.CopyFromSlice(t.rows, t.row))
			if err != nil {
				return fmt.Errorf("write %s: %w", t.name, err)
			}
			if written != int64(t.rows) {
				return fmt.Errorf("write %s: %d of %d rows", t.name, written, t.rows)
			}
		}
		for _, p := range b.Suspensions {
			if _, err := tx.Exec(ctx, `UPDATE ledger.participant SET suspended = $2 WHERE id = $1`, p.ID, p.Suspended); err != nil {
				return fmt.Errorf("suspend %s: %w", p.Name, err)
			}
		}
		return movePositions(ctx, tx, b.Positions)
	})
	if err != nil {
		return fmt.Errorf("ledger: batch %d: %w", b.ID, err)
	}
	return nil
}

// movePositions moves each stream on from exactly where the batch began.
func movePositions(ctx context.Context, tx pgx.Tx, positions []StreamPosition) error {
	statements := &pgx.Batch{}
	for _, p := range positions {
		if p.Old == (messaging.Position{}) {
			statements.Queue(`INSERT INTO ledger.stream_position (participant, stream_created, sequence, hash)
				VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				p.Participant, p.New.StreamCreated, int64(p.New.Sequence), p.New.Hash[:])
			continue
		}
		statements.Queue(`UPDATE ledger.stream_position SET stream_created = $2, sequence = $3, hash = $4
			WHERE participant = $1 AND sequence = $5 AND hash = $6`,
			p.Participant, p.New.StreamCreated, int64(p.New.Sequence), p.New.Hash[:], int64(p.Old.Sequence), p.Old.Hash[:])
	}
	results := tx.SendBatch(ctx, statements)
	var moved error
	for _, p := range positions {
		tag, err := results.Exec()
		switch {
		case err != nil:
			moved = errors.Join(moved, fmt.Errorf("move stream position of participant %d: %w", p.Participant, err))
		case tag.RowsAffected() != 1:
			moved = errors.Join(moved, &PositionError{Participant: p.Participant})
		}
	}
	return errors.Join(moved, results.Close())
}
