// Package store keeps who may come in, in PostgreSQL: sessions of people, machines and what they prove themselves by,
// one-time links, and what happened to them. It is no part of the ledger: the schema is access, and the role that runs
// has no right on any other.
//
// Every secret is 256 random bits, and only its SHA-256 is kept: a slower hash would protect what people choose, and
// nothing here is chosen. A secret is looked up by its hash, so nothing secret is ever compared byte by byte. The clock
// is the database's.
package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Store is the schema, under the role that may use it. Its methods may be called from many goroutines.
type Store struct {
	pool   *pgxpool.Pool
	memory memory
}

// Open connects.
func Open(ctx context.Context, url string) (*Store, error) {
	pool, err := access().Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool}, nil
}

// Close closes the connections.
func (s *Store) Close() { s.pool.Close() }

// Kinds of secrets: one is never taken for another.
const (
	ofSession = "session"
	ofLink    = "link"
	ofSecret  = "secret"
	ofToken   = "token"
)

// hash is what is kept of a secret.
func hash(kind, secret string) []byte {
	sum := sha256.Sum256([]byte("ayni.access." + kind + "\n" + secret))
	return sum[:]
}

// columns of a principal, in the order that principal reads them.
const columns = "subject, name, roles, participant"

// principal reads who is in a row. Nobody there is auth.ErrNobody; a role that this version does not know gives nothing.
func principal(row pgx.Row, more ...any) (auth.Principal, error) {
	var p auth.Principal
	var roles []string
	err := row.Scan(append([]any{&p.Subject, &p.Name, &roles, &p.Participant}, more...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Principal{}, auth.ErrNobody
	}
	if err != nil {
		return auth.Principal{}, fmt.Errorf("auth: read who asks: %w", err)
	}
	p.Roles = rolesOf(roles)
	return p, nil
}

func rolesOf(texts []string) []auth.Role {
	var roles []auth.Role
	for _, role := range auth.Roles() {
		if slices.Contains(texts, string(role)) {
			roles = append(roles, role)
		}
	}
	return roles
}

func textsOf(roles []auth.Role) []string {
	texts := make([]string, len(roles))
	for i, role := range roles {
		texts[i] = string(role)
	}
	return texts
}

// change does what belongs together, all or nothing, and writes down what happened.
func (s *Store) change(ctx context.Context, what, who, actor string, do func(pgx.Tx) error) error {
	defer s.memory.forget()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO event (kind, who, actor) VALUES ($1, $2, $3)`, what, who, actor)
		return err
	})
	if err != nil {
		return fmt.Errorf("auth: %s: %s: %w", who, what, err)
	}
	return nil
}
