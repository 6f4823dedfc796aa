package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/auth"
)

// machine's columns as a principal has them.
const machineColumns = "'client ' || m.name, m.name, m.roles, m.participant"

// Secret is the machine that a name and a secret prove, or auth.ErrNobody.
func (s *Store) Secret(ctx context.Context, name, secret string) (auth.Principal, error) {
	return principal(s.pool.QueryRow(ctx, `SELECT `+machineColumns+` FROM secret s JOIN machine m ON m.name = s.machine
		WHERE s.hash = $1 AND m.name = $2 AND m.revoked_at IS NULL`, hash(ofSecret, secret), name))
}

// AddToken keeps a token of a machine for some time.
func (s *Store) AddToken(ctx context.Context, name, token string, lasts time.Duration) error {
	defer s.memory.forget() // of too many the oldest ends
	_, err := s.pool.Exec(ctx, `WITH swept AS (DELETE FROM token WHERE machine = $2 AND (ends_at < clock_timestamp() OR hash IN (
			SELECT hash FROM token WHERE machine = $2 ORDER BY ends_at DESC OFFSET $4)))
		INSERT INTO token (hash, machine, ends_at) VALUES ($1, $2, clock_timestamp() + $3)`, hash(ofToken, token), name, lasts, maxTokens-1)
	if err != nil {
		return fmt.Errorf("auth: give %s a token: %w", subject(name), err)
	}
	return s.saw(ctx, name)
}

// Token is whose token it is, or auth.ErrNobody.
func (s *Store) Token(ctx context.Context, token string) (auth.Principal, error) {
	key := hash(ofToken, token)
	return s.memory.whose(key, func() (auth.Principal, error) {
		return principal(s.pool.QueryRow(ctx, `SELECT `+machineColumns+` FROM token t JOIN machine m ON m.name = t.machine
			WHERE t.hash = $1 AND t.ends_at > clock_timestamp() AND m.revoked_at IS NULL`, key))
	})
}

// EndToken ends a token of a machine. One that is not there has ended.
func (s *Store) EndToken(ctx context.Context, name, token string) error {
	defer s.memory.forget()
	if _, err := s.pool.Exec(ctx, `DELETE FROM token WHERE hash = $1 AND machine = $2`, hash(ofToken, token), name); err != nil {
		return fmt.Errorf("auth: end a token: %w", err)
	}
	return nil
}

// Certificate is the machine that a verified certificate proves by its fingerprint, else by its names, or
// auth.ErrNobody. Names of two machines prove neither.
func (s *Store) Certificate(ctx context.Context, fingerprint string, names []string) (auth.Principal, error) {
	p, err := principal(s.pool.QueryRow(ctx, `WITH found AS (
			SELECT DISTINCT kind, machine FROM certificate WHERE kind = 'sha256' AND value = $1 OR kind = 'name' AND value = ANY ($2)),
		best AS (SELECT machine FROM found WHERE kind = 'sha256'
			UNION SELECT machine FROM found WHERE NOT EXISTS (SELECT FROM found WHERE kind = 'sha256'))
		SELECT `+machineColumns+` FROM machine m WHERE m.name = (SELECT min(machine) FROM best HAVING count(*) = 1) AND m.revoked_at IS NULL`,
		fingerprint, names))
	if err == nil {
		err = s.saw(ctx, p.Name)
	}
	return p, err
}

// Event is something that happened to who may come in.
type Event struct {
	At    time.Time
	Kind  string
	Who   string // a subject, whom it is about
	Actor string // who did it
}

// Events are the newest, at most limit, newest first; of one subject, or of "" all.
func (s *Store) Events(ctx context.Context, who string, limit int) ([]Event, error) {
	rows, err := s.pool.Query(ctx, `SELECT at, kind, who, actor FROM event WHERE $1 IN ('', who) ORDER BY id DESC LIMIT $2`, who, limit)
	if err != nil {
		return nil, fmt.Errorf("auth: list events: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
	if err != nil {
		return nil, fmt.Errorf("auth: list events: %w", err)
	}
	return all, nil
}
