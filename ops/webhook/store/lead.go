package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ayni-switch/ayni/ops/webhook"
)

// Lead is the right to deliver, which one process has at a time. It hangs on a session of the database, and all that the
// one who delivers writes goes through that session: who lost it writes nothing more. Its methods may be called from many
// goroutines.
type Lead struct {
	mu   sync.Mutex
	conn *pgxpool.Conn
}

// Lead waits until nobody else delivers. What it then writes may be lost with a crash of the database, and is done again.
func (s *Store) Lead(ctx context.Context) (*Lead, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("webhook: lead: %w", err)
	}
	l := &Lead{conn: conn}
	for _, statement := range []string{
		`SELECT pg_advisory_lock(hashtextextended('who delivers webhooks', 0))`, `SET synchronous_commit = off`,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("webhook: lead: %w", err), l.Release(context.WithoutCancel(ctx)))
		}
	}
	return l, nil
}

// Release gives the right up, with the session.
func (l *Lead) Release(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.conn.Conn().Close(ctx)
	l.conn.Release()
	return err
}

// do has one do something at a time.
func (l *Lead) do(ctx context.Context, what string, do func(pgx.Tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := pgx.BeginFunc(ctx, l.conn, do); err != nil {
		return fmt.Errorf("webhook: %s: %w", what, err)
	}
	return nil
}

// Listening are the endpoints that are to be told of what comes next: not those that are paused, nor those for which so much
// waits that the rest stays in the ledger.
func (l *Lead) Listening(ctx context.Context) (all []webhook.Endpoint, err error) {
	err = l.do(ctx, "who listens", func(tx pgx.Tx) error {
		found, err := endpoints(ctx, tx, "paused = '' ORDER BY position, id")
		for _, e := range found {
			if e.Waiting < maxWaiting {
				all = append(all, e)
			}
		}
		return err
	})
	return all, err
}

// Put has events delivered to endpoints that stand at a position, and moves them on to another. Who was moved meanwhile, by
// a replay, stays where it is, and what it is told twice is sent once more only if it is not on its way. A delivery that
// was made before is made again.
func (l *Lead) Put(ctx context.Context, from, to int64, events map[int64][]webhook.Event) error {
	return l.do(ctx, "put", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for endpoint, list := range events {
			for _, e := range list {
				batch.Queue(`INSERT INTO delivery AS d (endpoint, event, type, outbox, at) SELECT id, $2, $3, $4, $5 FROM endpoint WHERE id = $1 AND position = $6
					ON CONFLICT (endpoint, event) DO UPDATE SET state = 'waiting', ended_at = NULL, strikes = 0, due_at = clock_timestamp() WHERE d.state <> 'waiting'`,
					endpoint, e.ID, e.Type, e.Outbox, e.At, from)
			}
			batch.Queue(`UPDATE endpoint SET position = $3 WHERE id = $1 AND position = $2`, endpoint, from, to)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// ready is the condition on an endpoint e that something may be sent to it now, and on its delivery d that it is that. An
// endpoint that fails is tried with anything.
var (
	ready = `e.paused = '' AND e.rests_until <= clock_timestamp()`
	fails = fmt.Sprintf(`e.failures >= %d`, webhook.Failing)
	due   = `d.state = 'waiting' AND (d.due_at <= clock_timestamp() OR ` + fails + `)`
)

// Due are the endpoints to which something may be sent now.
func (l *Lead) Due(ctx context.Context) (ids []int64, err error) {
	err = l.do(ctx, "what is due", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT e.id FROM endpoint e WHERE `+ready+` AND EXISTS (SELECT FROM delivery d WHERE d.endpoint = e.id AND `+due+`)`)
		if err == nil {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		return err
	})
	return ids, err
}

// Next is what to send to an endpoint now: the oldest, or where it fails what was tried least often, so that no single
// event stands in the way of the others. There is none where found is false.
func (l *Lead) Next(ctx context.Context, endpoint int64) (e webhook.Endpoint, d webhook.Delivery, now time.Time, found bool, err error) {
	err = l.do(ctx, "next", func(tx pgx.Tx) error {
		next, err := deliveries(ctx, tx, `e.id = $1 AND `+ready+` AND `+due+` ORDER BY CASE WHEN `+fails+` THEN d.attempts ELSE 0 END, d.id LIMIT 1`, endpoint)
		if err != nil || len(next) == 0 {
			return err
		}
		d, found = next[0], true
		if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			return err
		}
		e, err = one(ctx, tx, endpoint, "")
		return err
	})
	return e, d, now, found, err
}

// Record keeps what came of an attempt, and what a judge says follows from it. A delivery that was removed meanwhile is
// forgotten.
func (l *Lead) Record(ctx context.Context, d webhook.Delivery, a webhook.Answer, judge func(now time.Time, was webhook.Standing) webhook.Verdict) error {
	return l.do(ctx, "record", func(tx pgx.Tx) error {
		var was webhook.Standing
		var since *time.Time
		var now time.Time
		err := tx.QueryRow(ctx, `SELECT e.failures, e.failing_since, d.strikes, clock_timestamp() FROM delivery d JOIN endpoint e ON e.id = d.endpoint
			WHERE d.id = $1 FOR UPDATE`, d.ID).Scan(&was.Failures, &since, &was.Strikes, &now)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		was.FailingSince = moment(since)
		v := judge(now, was)
		state, ended := webhook.Waiting, (*time.Time)(nil)
		switch {
		case a.Taken():
			state, ended = webhook.Delivered, &now
		case v.Dropped:
			state, ended = webhook.Dropped, &now
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE delivery SET state = $2, ended_at = $3, attempts = attempts + 1, strikes = $4, due_at = coalesce($5, due_at)
			WHERE id = $1`, d.ID, state, ended, v.Strikes, later(now, v.Due))
		batch.Queue(`INSERT INTO attempt (delivery, number, at, status, took_ms, reason) SELECT id, attempts, $2, $3, $4, $5 FROM delivery WHERE id = $1`,
			d.ID, now, a.Status, a.Took.Milliseconds(), a.Reason)
		batch.Queue(`UPDATE endpoint SET failures = $2, failing_since = $3, rests_until = coalesce($4, rests_until),
			paused = CASE WHEN paused = '' THEN $5 ELSE paused END, took_at = CASE WHEN $6 THEN $7 ELSE took_at END WHERE id = $1`,
			d.Endpoint, v.Failures, clean(v.FailingSince), later(now, v.Rest), v.Paused, a.Taken(), now)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// later is a moment some time behind another; none of no time.
func later(now time.Time, wait time.Duration) *time.Time {
	if wait == 0 {
		return nil
	}
	at := now.Add(wait)
	return &at
}

// Sweep forgets deliveries that ended some time ago, at most limit of them.
func (l *Lead) Sweep(ctx context.Context, after time.Duration, limit int) error {
	return l.do(ctx, "sweep", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < clock_timestamp() - $1::interval LIMIT $2)`, after, limit)
		return err
	})
}
