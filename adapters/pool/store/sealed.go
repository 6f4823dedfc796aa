package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/persons"
)

// Sealed is what is personal in an input, as persons.ReadMessage reads it.
type Sealed struct {
	Index   int64
	Message []byte
}

// Sealed hands over everything that is sealed, in the order of the log.
func (s *Store) Sealed(ctx context.Context) iter.Seq2[Sealed, error] {
	return stream(ctx, s, `SELECT index, message FROM sealed ORDER BY index`, func(row pgx.Rows) (m Sealed, err error) {
		return m, row.Scan(&m.Index, &m.Message)
	})
}

// SealedAt returns what is sealed of one input. The error is *UnknownError where nothing is.
func (s *Store) SealedAt(ctx context.Context, index int64) ([]byte, error) {
	var message []byte
	err := s.pool.QueryRow(ctx, `SELECT message FROM sealed WHERE index = $1`, index).Scan(&message)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &UnknownError{What: fmt.Sprintf("sealed message of entry %d", index)}
	}
	if err != nil {
		return nil, fmt.Errorf("pool %s: sealed message of entry %d: %w", s.name, index, err)
	}
	return message, nil
}

// Persons opens the pool's file of persons' keys, or makes it where nothing is sealed yet: keys that were lost are not
// quietly replaced.
func (s *Store) Persons(ctx context.Context, file string) (*persons.Store, error) {
	keys, err := persons.Open(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	var sealed bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sealed)`).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("pool %s: look for what is sealed: %w", s.name, err)
	}
	if sealed {
		return nil, fmt.Errorf("pool %s: what is sealed needs its keys: %w", s.name, err)
	}
	return persons.Create(file)
}

// Answered returns what is known of an act: the SHA-256 of its body and the entry that answers it. The error is
// *UnknownError where it was not answered yet.
func (s *Store) Answered(ctx context.Context, id string) (hash [32]byte, index int64, err error) {
	var found []byte
	err = s.pool.QueryRow(ctx, `SELECT hash, index FROM act WHERE id = $1`, id).Scan(&found, &index)
	if errors.Is(err, pgx.ErrNoRows) {
		return hash, 0, &UnknownError{What: fmt.Sprintf("act %.80q", id)}
	}
	if err != nil {
		return hash, 0, fmt.Errorf("pool %s: act: %w", s.name, err)
	}
	return [32]byte(found), index, nil
}
