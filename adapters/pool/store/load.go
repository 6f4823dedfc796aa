package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// Record is an input, and the entry that came of it.
type Record struct {
	diary.Logged

	Input Input
}

// Load hands over everything from the first entry on, in order, as a node that starts decides it again: it compares
// each entry with its own, puts it into its diary.Log, and holds that against Newest at the end.
func (s *Store) Load(ctx context.Context) iter.Seq2[Record, error] {
	return stream(ctx, s, `SELECT e.index, e.body, `+blobs+`, i.kind, i.at, i.body, i.key, i.signature
		FROM entry e JOIN input i ON i.index = e.index ORDER BY e.index`,
		func(row pgx.Rows) (r Record, err error) {
			err = row.Scan(&r.Index, &r.Entry, &r.Blobs, &r.Input.Kind, &r.Input.At, &r.Input.Body, &r.Input.Key, &r.Input.Signature)
			r.Input.At = r.Input.At.UTC()
			return r, err
		})
}

const blobs = `ARRAY(SELECT l.blob FROM line l WHERE l.index = e.index ORDER BY l.place)`

// Newest implements diary.Kept: the log's size and its newest checkpoint, 0 and "" of an empty one.
func (s *Store) Newest(ctx context.Context) (size int64, checkpoint string, err error) {
	err = s.pool.QueryRow(ctx, `SELECT index + 1, note FROM checkpoint ORDER BY index DESC LIMIT 1`).Scan(&size, &checkpoint)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, "", fmt.Errorf("pool %s: newest checkpoint: %w", s.name, err)
	}
	return size, checkpoint, nil
}

// Entries implements diary.Kept: the entries before the size.
func (s *Store) Entries(ctx context.Context, size int64) iter.Seq2[diary.Logged, error] {
	return stream(ctx, s, `SELECT e.index, e.body, `+blobs+` FROM entry e WHERE e.index < $1 ORDER BY e.index`, scanLogged, size)
}

// Entry returns one entry. The error is *UnknownError where there is none.
func (s *Store) Entry(ctx context.Context, index int64) (diary.Logged, error) {
	for logged, err := range stream(ctx, s, `SELECT e.index, e.body, `+blobs+` FROM entry e WHERE e.index = $1`, scanLogged, index) {
		return logged, err
	}
	return diary.Logged{}, &UnknownError{What: fmt.Sprintf("entry %d", index)}
}

func scanLogged(row pgx.Rows) (l diary.Logged, err error) {
	return l, row.Scan(&l.Index, &l.Entry, &l.Blobs)
}

// UnknownError says that there is no such thing.
type UnknownError struct{ What string }

func (e *UnknownError) Error() string { return "pool: no " + e.What }

// stream runs a query and hands over its rows as they come.
func stream[T any](ctx context.Context, s *Store, sql string, scan func(pgx.Rows) (T, error), args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := s.pool.Query(ctx, sql, args...)
		if err != nil {
			yield(none, fmt.Errorf("pool %s: %w", s.name, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			item, err := scan(rows)
			if err != nil {
				yield(none, fmt.Errorf("pool %s: %w", s.name, err))
				return
			}
			if !yield(item, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, fmt.Errorf("pool %s: %w", s.name, err))
		}
	}
}
