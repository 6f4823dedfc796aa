package pools

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ayni-switch/ayni/ops/schema"
)

// Seen is the newest checkpoint that was seen of a log, signed by its key. The zero value is of a log that was not seen.
type Seen struct {
	Size   int64
	Root   string
	Note   string
	Public bool   // the pool showed something to everybody then
	Split  string // another that contradicts it, "" for none
}

// Memory remembers checkpoints by participant and log key.
type Memory interface {
	Seen(ctx context.Context, participant, key string) (Seen, error)
	// See moves what is remembered forward, never back, and returns what is remembered then.
	See(ctx context.Context, participant, key string, now Seen) (Seen, error)
	// Split remembers for ever that a second checkpoint contradicts the one that was seen.
	Split(ctx context.Context, participant, key, second string) error
}

//go:embed migrations/*.sql
var migrations embed.FS

func remembered() schema.Schema {
	return schema.Schema{Name: "pools", Owner: "ayni_pools_owner", Role: "ayni_pools", Migrations: migrations}
}

// Migrate brings the schema "pools", beside the ledger's, to this version's. The user of url must be allowed to create
// roles and schemas.
func Migrate(ctx context.Context, url string) error { return remembered().Migrate(ctx, url) }

// Store is a Memory in PostgreSQL, with the rights of its role.
type Store struct{ pool *pgxpool.Pool }

var _ Memory = (*Store)(nil)

// Open connects.
func Open(ctx context.Context, url string) (*Store, error) {
	pool, err := remembered().Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool}, nil
}

// Close closes the pool of connections.
func (s *Store) Close() { s.pool.Close() }

// Seen implements Memory.
func (s *Store) Seen(ctx context.Context, participant, key string) (seen Seen, err error) {
	err = s.pool.QueryRow(ctx, `SELECT size, root, note, public, coalesce(split, '') FROM pools.seen WHERE participant = $1 AND log_key = $2`,
		participant, key).Scan(&seen.Size, &seen.Root, &seen.Note, &seen.Public, &seen.Split)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return seen, fmt.Errorf("pools: seen of %s: %w", participant, err)
	}
	return seen, nil
}

// See implements Memory.
func (s *Store) See(ctx context.Context, participant, key string, now Seen) (Seen, error) {
	_, err := s.pool.Exec(ctx, `INSERT INTO pools.seen AS s (participant, log_key, size, root, note, public) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (participant, log_key) DO UPDATE SET size = $3, root = $4, note = $5, public = $6, noticed_at = clock_timestamp()
		WHERE s.size < $3 AND s.split IS NULL`, participant, key, now.Size, now.Root, now.Note, now.Public)
	if err != nil {
		return Seen{}, fmt.Errorf("pools: see %s: %w", participant, err)
	}
	return s.Seen(ctx, participant, key)
}

// Split implements Memory.
func (s *Store) Split(ctx context.Context, participant, key, second string) error {
	_, err := s.pool.Exec(ctx, `UPDATE pools.seen SET split = $3 WHERE participant = $1 AND log_key = $2 AND split IS NULL`, participant, key, second)
	if err != nil {
		return fmt.Errorf("pools: split of %s: %w", participant, err)
	}
	return nil
}
