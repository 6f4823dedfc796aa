package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/webhook"
)

const saltBytes = 16

// Add keeps a new endpoint, of which owner, URL, text, types, maker and position are set. The error is webhook.ErrTooMany
// where its owner has as many as one may.
func (s *Store) Add(ctx context.Context, e webhook.Endpoint) (made webhook.Endpoint, err error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return made, fmt.Errorf("webhook: salt: %w", err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "webhooks of "+e.Owner); err != nil {
			return err
		}
		var has int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM endpoint WHERE owner = $1`, e.Owner).Scan(&has); err != nil {
			return err
		}
		if has >= webhook.MaxEndpoints {
			return webhook.ErrTooMany
		}
		var id int64
		err := tx.QueryRow(ctx, `INSERT INTO endpoint (owner, url, about, types, made_by, position, salt) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			e.Owner, e.URL, e.About, textsOf(e.Types), e.MadeBy, e.Position, salt).Scan(&id)
		if err != nil {
			return err
		}
		made, err = one(ctx, tx, id, "")
		return err
	})
	if err != nil {
		return made, fmt.Errorf("webhook: add an endpoint of %q: %w", e.Owner, err)
	}
	return made, nil
}

// Change gives an endpoint another URL, text and types, and pauses it or has it go on: what waits is tried at once then. change
// sees the endpoint while nobody else may change it; where it fails, nothing does.
func (s *Store) Change(ctx context.Context, id int64, change func(was webhook.Endpoint) (webhook.Endpoint, error)) (webhook.Endpoint, error) {
	return s.within(ctx, id, "change", func(tx pgx.Tx, was webhook.Endpoint) error {
		to, err := change(was)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE endpoint SET url = $2, about = $3, types = $4, paused = $5 WHERE id = $1`,
			id, to.URL, to.About, textsOf(to.Types), to.Paused); err != nil {
			return err
		}
		if to.Paused == "" && (was.Paused != "" || was.URL != to.URL) {
			return anew(ctx, tx, id)
		}
		return nil
	})
}

// anew forgets that an endpoint failed.
func anew(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE endpoint SET failures = 0, failing_since = NULL, rests_until = '-infinity' WHERE id = $1`, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE delivery SET due_at = clock_timestamp(), strikes = 0 WHERE endpoint = $1 AND state = 'waiting'`, id)
	return err
}

// Remove removes an endpoint and what was on its way there, and returns what it was.
func (s *Store) Remove(ctx context.Context, id int64) (webhook.Endpoint, error) {
	return s.within(ctx, id, "remove", func(tx pgx.Tx, _ webhook.Endpoint) error {
		_, err := tx.Exec(ctx, `DELETE FROM endpoint WHERE id = $1`, id)
		return err
	})
}

// Rotate has an endpoint signed for by a new key. The one before signs beside it for webhook.KeyOverlap, or ends at once. Where
// there still is one before that, the error is webhook.ErrRotating: its receivers would lose the one that they have.
func (s *Store) Rotate(ctx context.Context, id int64, atOnce bool) (webhook.Endpoint, error) {
	return s.within(ctx, id, "rotate the key", func(tx pgx.Tx, _ webhook.Endpoint) error {
		overlap := webhook.KeyOverlap
		if atOnce {
			overlap = 0
		}
		turned, err := tx.Exec(ctx, `UPDATE endpoint SET generation = generation + 1, key_at = clock_timestamp(),
			old_until = CASE WHEN $2::interval > '0' THEN clock_timestamp() + $2 END
			WHERE id = $1 AND ($2::interval = '0' OR old_until IS NULL OR old_until <= clock_timestamp())`, id, overlap)
		if err == nil && turned.RowsAffected() == 0 {
			err = webhook.ErrRotating
		}
		return err
	})
}

// Shown says whether an endpoint's secret may still be shown, by the database's clock.
func (s *Store) Shown(ctx context.Context, id int64) (shown bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT key_at > clock_timestamp() - $2::interval FROM endpoint WHERE id = $1`, id, webhook.SecretShown).Scan(&shown)
	if err != nil {
		return false, fmt.Errorf("webhook: endpoint %d: %w", id, err)
	}
	return shown, nil
}

// Rewind has everything told again that the outbox has after a position, or from where the endpoint is if that is before.
func (s *Store) Rewind(ctx context.Context, id, position int64) (webhook.Endpoint, error) {
	return s.within(ctx, id, "replay", func(tx pgx.Tx, _ webhook.Endpoint) error {
		_, err := tx.Exec(ctx, `UPDATE endpoint SET position = least(position, $2) WHERE id = $1`, id, position)
		return err
	})
}

// Ping has an endpoint tried, and returns the delivery. The error is webhook.ErrPaused where nothing is sent.
func (s *Store) Ping(ctx context.Context, id int64) (webhook.Delivery, error) {
	event := "ping_" + rand.Text()
	_, err := s.within(ctx, id, "ping", func(tx pgx.Tx, was webhook.Endpoint) error {
		if was.Paused != "" {
			return webhook.ErrPaused
		}
		_, err := tx.Exec(ctx, `INSERT INTO delivery (endpoint, event, type, outbox, at) VALUES ($1, $2, $3, 0, date_trunc('milliseconds', clock_timestamp()))`,
			id, event, webhook.Ping)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE endpoint SET rests_until = '-infinity' WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return webhook.Delivery{}, err
	}
	return s.Delivery(ctx, id, event)
}

// Again has a delivery made again, whatever came of it. Errors are webhook.ErrUnknown and webhook.ErrPaused.
func (s *Store) Again(ctx context.Context, id int64, event string) (webhook.Delivery, error) {
	_, err := s.within(ctx, id, "replay "+event, func(tx pgx.Tx, was webhook.Endpoint) error {
		if was.Paused != "" {
			return webhook.ErrPaused
		}
		found, err := tx.Exec(ctx, `UPDATE delivery SET state = 'waiting', ended_at = NULL, strikes = 0, due_at = clock_timestamp()
			WHERE endpoint = $1 AND event = $2`, id, event)
		if err == nil && found.RowsAffected() == 0 {
			err = webhook.ErrUnknown
		}
		return err
	})
	if err != nil {
		return webhook.Delivery{}, err
	}
	return s.Delivery(ctx, id, event)
}

// clean is a moment as PostgreSQL takes it, none of a zero one.
func clean(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
