// Package store keeps the endpoints of webhooks and what is on its way to them, in the schema "webhook" of the ledger's
// database. Its role has no right on the ledger, and the ledger's roles have none here. The clock is the database's.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ayni-switch/ayni/ops/schema"
	"github.com/ayni-switch/ayni/ops/webhook"
)

//go:embed migrations/*.sql
var migrations embed.FS

func kept() schema.Schema {
	return schema.Schema{Name: "webhook", Owner: "ayni_webhook_owner", Role: "ayni_webhook", Migrations: migrations}
}

// Migrate brings the schema to this version's. The user of url must be allowed to create roles and schemas.
func Migrate(ctx context.Context, url string) error { return kept().Migrate(ctx, url) }

// Store is the schema, with the rights of its role. Its methods may be called from many goroutines.
type Store struct{ pool *pgxpool.Pool }

// Open connects.
func Open(ctx context.Context, url string) (*Store, error) {
	pool, err := kept().Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool}, nil
}

// Close closes the connections.
func (s *Store) Close() { s.pool.Close() }

// querier is a connection, a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// maxWaiting is how many deliveries are counted that wait for an endpoint: more are read from the ledger later.
const maxWaiting = 1000

// endpoints reads endpoints e that a condition chooses.
func endpoints(ctx context.Context, from querier, which string, args ...any) ([]webhook.Endpoint, error) {
	rows, err := from.Query(ctx, fmt.Sprintf(`SELECT id, owner, url, about, types, paused, made_by, made_at, position, salt, generation, key_at,
		old_until, failures, failing_since, took_at,
		(SELECT count(*) FROM (SELECT FROM delivery d WHERE d.endpoint = e.id AND d.state = 'waiting' LIMIT %d) AS waiting)
		FROM endpoint e WHERE %s`, maxWaiting, which), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e webhook.Endpoint, err error) {
		var types []string
		var old, failing, took *time.Time
		err = row.Scan(&e.ID, &e.Owner, &e.URL, &e.About, &types, &e.Paused, &e.MadeBy, &e.MadeAt, &e.Position, &e.Salt, &e.Generation, &e.KeyAt,
			&old, &e.Failures, &failing, &took, &e.Waiting)
		e.Types = typesOf(types)
		e.OldUntil, e.FailingSince, e.TookAt = moment(old), moment(failing), moment(took)
		return e, err
	})
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func typesOf(texts []string) []webhook.Type {
	types := make([]webhook.Type, len(texts))
	for i, text := range texts {
		types[i] = webhook.Type(text)
	}
	return types
}

func textsOf(types []webhook.Type) []string {
	texts := make([]string, len(types))
	for i, t := range types {
		texts[i] = string(t)
	}
	return texts
}

// Endpoint looks one up. The error is webhook.ErrUnknown where there is none.
func (s *Store) Endpoint(ctx context.Context, id int64) (webhook.Endpoint, error) {
	return one(ctx, s.pool, id, "")
}

func one(ctx context.Context, from querier, id int64, lock string) (webhook.Endpoint, error) {
	found, err := endpoints(ctx, from, "id = $1"+lock, id)
	if err == nil && len(found) == 0 {
		err = webhook.ErrUnknown
	}
	if err != nil {
		return webhook.Endpoint{}, fmt.Errorf("webhook: endpoint %d: %w", id, err)
	}
	return found[0], nil
}

// Endpoints lists those of an owner, or everybody's, by number.
func (s *Store) Endpoints(ctx context.Context, owner string, all bool) ([]webhook.Endpoint, error) {
	found, err := endpoints(ctx, s.pool, "$1 OR owner = $2 ORDER BY id", all, owner)
	if err != nil {
		return nil, fmt.Errorf("webhook: endpoints: %w", err)
	}
	return found, nil
}

// within changes one endpoint that nobody else changes meanwhile, and returns it as it is then.
func (s *Store) within(ctx context.Context, id int64, what string, do func(pgx.Tx, webhook.Endpoint) error) (e webhook.Endpoint, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := one(ctx, tx, id, " FOR UPDATE OF e")
		if err != nil {
			return err
		}
		if err := do(tx, was); err != nil {
			return err
		}
		e, err = one(ctx, tx, id, "")
		if errors.Is(err, webhook.ErrUnknown) { // it was removed
			e, err = was, nil
		}
		return err
	})
	if err != nil {
		return e, fmt.Errorf("webhook: %s: %w", what, err)
	}
	return e, nil
}
