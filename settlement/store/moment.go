package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// moment is a reading of which all is of one moment: REPEATABLE READ, READ ONLY. It begins with the first batch that is
// asked and may end with the last. On a busy machine turns are what a reader waits for: in each one both sides wait to
// be given a processor.
type moment struct{ conn *pgx.Conn }

const (
	beginMoment = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	endMoment   = `COMMIT`
)

func (l *Ledger) moment(ctx context.Context, read func(*moment) error) error {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // and closed, where the moment could not be ended
	m := &moment{conn: conn.Conn()}
	if err := read(m); err != nil {
		_ = m.end(ctx) // which has written nothing
		return err
	}
	return m.end(ctx)
}

// turn asks all of a batch at once.
func (m *moment) turn(ctx context.Context, b *pgx.Batch) error {
	if !m.begun() {
		b.QueuedQueries = slices.Insert(b.QueuedQueries, 0, &pgx.QueuedQuery{SQL: beginMoment})
	}
	return m.conn.SendBatch(ctx, b).Close()
}

// last asks all of a batch at once, after which nothing is asked.
func (m *moment) last(ctx context.Context, b *pgx.Batch) error {
	b.Queue(endMoment)
	return m.turn(ctx, b)
}

// Query asks one thing in a turn of its own.
func (m *moment) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if !m.begun() {
		if _, err := m.conn.Exec(ctx, beginMoment); err != nil {
			return nil, err
		}
	}
	return m.conn.Query(ctx, sql, args...)
}

func (m *moment) begun() bool { return m.conn.PgConn().TxStatus() != 'I' }

func (m *moment) end(ctx context.Context) error {
	if !m.begun() {
		return nil
	}
	_, err := m.conn.Exec(ctx, endMoment)
	return err
}
