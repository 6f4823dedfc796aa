package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/auth"
)

// How long a session lasts: unused, and at most; and how many a person has, of which the oldest end.
const (
	idleLimit   = time.Hour
	wholeLimit  = 12 * time.Hour
	maxSessions = 16
	seenEvery   = time.Minute // that a session is in use is written down no oftener
)

// BeginSession begins a session of somebody, under a token that the browser keeps.
func (s *Store) BeginSession(ctx context.Context, token string, p auth.Principal) error {
	return s.change(ctx, "signed in", p.Subject, p.Subject, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE ends_at < clock_timestamp() OR hash IN (
			SELECT hash FROM session WHERE subject = $1 ORDER BY begun_at DESC OFFSET $2)`, p.Subject, maxSessions-1)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO session (hash, subject, name, roles, participant, ends_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)`,
			hash(ofSession, token), p.Subject, p.Name, textsOf(p.Roles), p.Participant, wholeLimit)
		return err
	})
}

// Session is whose session a token is of, or auth.ErrNobody. Unless it is used it goes on ageing.
func (s *Store) Session(ctx context.Context, token string, used bool) (auth.Principal, error) {
	key := hash(ofSession, token)
	return s.memory.whose(key, func() (auth.Principal, error) { return s.session(ctx, key, used) })
}

func (s *Store) session(ctx context.Context, key []byte, used bool) (auth.Principal, error) {
	stale := false
	p, err := principal(s.pool.QueryRow(ctx, `SELECT `+columns+`, seen_at < clock_timestamp() - $3::interval FROM session
		WHERE hash = $1 AND ends_at > clock_timestamp() AND seen_at > clock_timestamp() - $2::interval`, key, idleLimit, seenEvery), &stale)
	if err != nil || !used || !stale {
		return p, err
	}
	if _, err := s.pool.Exec(ctx, `UPDATE session SET seen_at = clock_timestamp() WHERE hash = $1`, key); err != nil {
		return auth.Principal{}, fmt.Errorf("auth: use a session: %w", err)
	}
	return p, nil
}

// EndSession ends a session. One that is not there has ended.
func (s *Store) EndSession(ctx context.Context, token string) error {
	defer s.memory.forget()
	_, err := s.pool.Exec(ctx, `WITH ended AS (DELETE FROM session WHERE hash = $1 RETURNING subject)
		INSERT INTO event (kind, who, actor) SELECT 'signed out', subject, subject FROM ended`, hash(ofSession, token))
	if err != nil {
		return fmt.Errorf("auth: end a session: %w", err)
	}
	return nil
}

// EndSessions ends every session of a subject.
func (s *Store) EndSessions(ctx context.Context, subject, actor string) error {
	return s.change(ctx, "all sessions ended", subject, actor, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE subject = $1`, subject)
		return err
	})
}

// AddLink keeps a link that signs somebody in, for some time.
func (s *Store) AddLink(ctx context.Context, code string, p auth.Principal, lasts time.Duration) error {
	return s.change(ctx, "link made", p.Subject, p.Subject, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM link WHERE ends_at < clock_timestamp()`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO link (hash, subject, name, roles, participant, ends_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)`,
			hash(ofLink, code), p.Subject, p.Name, textsOf(p.Roles), p.Participant, lasts)
		return err
	})
}

// TakeLink uses a link up, and says whom it signs in, or auth.ErrNobody. Of many who take it one gets it.
func (s *Store) TakeLink(ctx context.Context, code string) (auth.Principal, error) {
	return principal(s.pool.QueryRow(ctx, `DELETE FROM link WHERE hash = $1 AND ends_at > clock_timestamp() RETURNING `+columns, hash(ofLink, code)))
}
