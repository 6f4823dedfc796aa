// Package apistore is what the API remembers beside the ledger, in the schema "api" of the same database: the answers to
// writes. Its role has no right on the ledger, and the ledger's roles have none here.
package apistore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ayni-switch/ayni/ops/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// remembered is where all of it is kept.
func remembered() schema.Schema {
	return schema.Schema{Name: "api", Owner: "ayni_api_owner", Role: "ayni_api", Migrations: migrations}
}

// Lease is how long a write is its taker's: whoever sends the same one later takes it over.
const Lease = time.Minute

// Migrate brings the schema to this version's. The user of url must be allowed to create roles and schemas.
func Migrate(ctx context.Context, url string) error { return remembered().Migrate(ctx, url) }

// Store is the schema, with the rights of its role.
type Store struct{ pool *pgxpool.Pool }

// Open connects.
func Open(ctx context.Context, url string) (*Store, error) {
	pool, err := remembered().Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool}, nil
}

// Close closes the pool.
func (s *Store) Close() { s.pool.Close() }

// Key names a write: whose it is, and the name that they gave it.
type Key struct{ Subject, Name string }

// Answer is what a write was answered.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
}

// Turn is whose a write is to do, or what it was answered before.
type Turn struct {
	Answer *Answer // nil where it is to be done now
	number int64   // which of those who took it
}

// Why a write is not to be done.
var (
	ErrOther    = errors.New("api: the key belongs to another request")
	ErrInFlight = errors.New("api: the same request is being worked on")
)

// Begin takes a write on, or tells what it was answered. Errors are ErrOther, ErrInFlight and the database's.
func (s *Store) Begin(ctx context.Context, key Key, request [32]byte) (Turn, error) {
	var turn Turn
	err := s.pool.QueryRow(ctx, `INSERT INTO api.idempotency AS i (subject, key, request) VALUES ($1, $2, $3)
		ON CONFLICT (subject, key) DO UPDATE SET turn = i.turn + 1, taken_at = clock_timestamp()
		WHERE i.status IS NULL AND i.request = $3 AND i.taken_at < clock_timestamp() - $4::interval
		RETURNING turn`, key.Subject, key.Name, request[:], Lease).Scan(&turn.number)
	if err == nil {
		return turn, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return turn, fmt.Errorf("api: begin: %w", err)
	}
	var was []byte
	var status *int
	var answer Answer
	err = s.pool.QueryRow(ctx, `SELECT request, status, header, body FROM api.idempotency WHERE subject = $1 AND key = $2`, key.Subject, key.Name).
		Scan(&was, &status, &answer.Header, &answer.Body)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return turn, ErrInFlight // it was refused this moment
	case err != nil:
		return turn, fmt.Errorf("api: begin: %w", err)
	case [32]byte(was) != request:
		return turn, ErrOther
	case status == nil:
		return turn, ErrInFlight
	}
	answer.Status = *status
	return Turn{Answer: &answer}, nil
}

// Finish keeps an answer for ever. Whose turn has passed keeps none.
func (s *Store) Finish(ctx context.Context, key Key, turn Turn, answer Answer) error {
	_, err := s.pool.Exec(ctx, `UPDATE api.idempotency SET status = $4, header = $5, body = $6
		WHERE subject = $1 AND key = $2 AND turn = $3 AND status IS NULL`, key.Subject, key.Name, turn.number, answer.Status, answer.Header, answer.Body)
	if err != nil {
		return fmt.Errorf("api: finish: %w", err)
	}
	return nil
}

// Release forgets a write that came to nothing.
func (s *Store) Release(ctx context.Context, key Key, turn Turn) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM api.idempotency WHERE subject = $1 AND key = $2 AND turn = $3 AND status IS NULL`,
		key.Subject, key.Name, turn.number)
	if err != nil {
		return fmt.Errorf("api: release: %w", err)
	}
	return nil
}
