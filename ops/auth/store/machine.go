package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Machine is somebody who is no person.
type Machine struct {
	Name        string // a token as in ^[a-z][a-z0-9-]{0,62}$
	Roles       []auth.Role
	Participant string // of auth.Participant and auth.Pool
	MadeAt      time.Time
	RevokedAt   time.Time // zero while it may come in
	SeenAt      time.Time // when it last came in, to a minute, or got a token; zero where it never did
	Secrets     int
	Certificate []string // "sha256 HEX" or "name NAME"
}

// Errors of who makes machines.
var (
	ErrTaken   = errors.New("auth: the name is taken")
	ErrUnknown = errors.New("auth: no such machine, or it was revoked")
	ErrSecrets = errors.New("auth: it has two secrets: end one first")
)

const (
	maxSecrets = 2
	maxTokens  = 64 // of a machine; of more the oldest end
	unique     = "23505"
)

// AddMachine makes a machine, which cannot come in before it has a secret or a certificate.
func (s *Store) AddMachine(ctx context.Context, m Machine, actor string) error {
	return s.change(ctx, "machine made", subject(m.Name), actor, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO machine (name, roles, participant) VALUES ($1, $2, $3)`, m.Name, textsOf(m.Roles), m.Participant)
		return taken(err)
	})
}

// AddSecret gives a machine one more secret. It has two at most.
func (s *Store) AddSecret(ctx context.Context, name, secret, actor string) error {
	return s.change(ctx, "secret added", subject(name), actor, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, name); err != nil {
			return err
		}
		added, err := tx.Exec(ctx, `INSERT INTO secret (hash, machine) SELECT $1, $2 WHERE (SELECT count(*) FROM secret WHERE machine = $2) < $3`,
			hash(ofSecret, secret), name, maxSecrets)
		if err == nil && added.RowsAffected() == 0 {
			err = ErrSecrets
		}
		return err
	})
}

// EndOldSecrets ends all secrets of a machine but the newest, and what it got for them.
func (s *Store) EndOldSecrets(ctx context.Context, name, actor string) error {
	return s.change(ctx, "old secrets ended", subject(name), actor, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM secret WHERE machine = $1 AND hash NOT IN (
			SELECT hash FROM secret WHERE machine = $1 ORDER BY made_at DESC LIMIT 1)`, name)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM token WHERE machine = $1`, name)
		return err
	})
}

// AddCertificate lets a machine in by certificates: of kind "sha256" the one with that fingerprint in lower-case hex, of
// kind "name" all that verify and bear that DNS name or URI.
func (s *Store) AddCertificate(ctx context.Context, name, kind, value, actor string) error {
	return s.change(ctx, "certificate added", subject(name), actor, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO certificate (kind, value, machine) VALUES ($1, $2, $3)`, kind, value, name)
		return taken(err)
	})
}

// RevokeMachine ends a machine for ever, with all that it could come in by. Its name is not given again.
func (s *Store) RevokeMachine(ctx context.Context, name, actor string) error {
	return s.change(ctx, "machine revoked", subject(name), actor, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, name); err != nil {
			return err
		}
		for _, statement := range []string{
			`UPDATE machine SET revoked_at = clock_timestamp() WHERE name = $1`,
			`DELETE FROM token WHERE machine = $1`, `DELETE FROM secret WHERE machine = $1`, `DELETE FROM certificate WHERE machine = $1`,
		} {
			if _, err := tx.Exec(ctx, statement, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// lock has whoever else changes a machine wait, and fails with ErrUnknown where it is not there.
func lock(ctx context.Context, tx pgx.Tx, name string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "access "+name); err != nil {
		return err
	}
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM machine WHERE name = $1 AND revoked_at IS NULL)`, name).Scan(&there)
	if err == nil && !there {
		err = ErrUnknown
	}
	return err
}

// taken is ErrTaken for what is there already.
func taken(err error) error {
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok && raised.Code == unique {
		return ErrTaken
	}
	return err
}

// subject names a machine, however it proves itself: two ways in are not two pairs of eyes.
func subject(name string) string { return "client " + name }

// saw writes down that a machine came in, not oftener than seenEvery.
func (s *Store) saw(ctx context.Context, name string) error {
	_, err := s.pool.Exec(ctx, `UPDATE machine SET seen_at = clock_timestamp()
		WHERE name = $1 AND coalesce(seen_at, '-infinity') < clock_timestamp() - $2::interval`, name, seenEvery)
	if err != nil {
		return fmt.Errorf("auth: %s came in: %w", subject(name), err)
	}
	return nil
}

// Machines are all, those that were revoked too, by name.
func (s *Store) Machines(ctx context.Context) ([]Machine, error) {
	rows, err := s.pool.Query(ctx, `SELECT name, roles, participant, made_at, coalesce(revoked_at, '0001-01-01'), coalesce(seen_at, '0001-01-01'),
		(SELECT count(*) FROM secret WHERE machine = name),
		ARRAY(SELECT kind || ' ' || value FROM certificate WHERE machine = name ORDER BY kind, value) FROM machine ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("auth: list machines: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Machine, err error) {
		var roles []string
		err = row.Scan(&m.Name, &roles, &m.Participant, &m.MadeAt, &m.RevokedAt, &m.SeenAt, &m.Secrets, &m.Certificate)
		m.Roles = rolesOf(roles)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("auth: list machines: %w", err)
	}
	return all, nil
}
