package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	maxConns          = 4
	closeTimeout      = 2 * time.Second // of saying goodbye, where the caller's context has often ended
	lockTimeout       = "2s"            // the server may learn late that a session has ended
	stateNotAvailable = "55P03"         // of a lock that another session holds for longer
)

// Store is one pool in PostgreSQL, under the node's role. Its methods may be called from many goroutines.
type Store struct {
	name string
	pool *pgxpool.Pool // for reading

	mu     sync.Mutex
	conn   *pgx.Conn // writes, and holds the lock; nil for a reader
	failed error     // of the first Append that failed
}

// Open connects as the pool's one writing node. The error is *InUseError where another node of the pool runs.
func Open(ctx context.Context, url, pool string) (*Store, error) {
	s, err := OpenReader(ctx, url, pool)
	if err != nil {
		return nil, err
	}
	if err := s.lead(ctx, url); err != nil {
		s.Close() //nolint:contextcheck // see Close
		return nil, err
	}
	return s, nil
}

// OpenReader connects to read what is there, beside the node that writes.
func OpenReader(ctx context.Context, url, pool string) (*Store, error) {
	fail := func(err error) (*Store, error) { return nil, fmt.Errorf("pool %s: connect: %w", pool, err) }
	each, err := configure(url, pool)
	if err != nil {
		return nil, err
	}
	each.RuntimeParams["role"] = Node(pool)
	each.RuntimeParams["default_transaction_read_only"] = "on"
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fail(err)
	}
	config.ConnConfig, config.MaxConns = each, maxConns
	readers, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	var made bool
	err = readers.QueryRow(ctx, `SELECT to_regclass('entry') IS NOT NULL`).Scan(&made)
	if err == nil && !made {
		err = &UnknownError{What: "schema " + Schema(pool) + "; migrate first"}
	}
	if err != nil {
		readers.Close()
		return fail(err)
	}
	return &Store{name: pool, pool: readers}, nil
}

// lead opens the session that writes, and locks the pool for as long as it lives.
func (s *Store) lead(ctx context.Context, url string) error {
	config, err := configure(url, s.name)
	if err != nil {
		return err
	}
	config.RuntimeParams["role"] = Node(s.name)
	config.RuntimeParams["synchronous_commit"] = "on" // what Append returns from is on the disk
	config.RuntimeParams["lock_timeout"] = lockTimeout
	config.RuntimeParams["tcp_keepalives_idle"] = "10" // seconds: a machine that is gone holds the lock no longer
	config.RuntimeParams["tcp_keepalives_interval"] = "5"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	if s.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return fmt.Errorf("pool %s: connect to write: %w", s.name, err)
	}
	_, err = s.conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, "writing "+Schema(s.name))
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok && raised.Code == stateNotAvailable {
		err = &InUseError{Pool: s.name}
	}
	if err != nil {
		return fmt.Errorf("pool %s: lock: %w", s.name, err)
	}
	return nil
}

// Close ends the sessions, and with the one that writes its lock.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		_ = s.conn.Close(ctx) // the lock goes with the session, however it ends
	}
	if s.failed == nil {
		s.failed = errClosed
	}
	s.pool.Close()
}

var errClosed = errors.New("closed")

// InUseError says that another node of the pool runs. A retry helps after it has ended.
type InUseError struct{ Pool string }

func (e *InUseError) Error() string { return fmt.Sprintf("pool %s: another node writes", e.Pool) }

// FencedError says that the log is not where the writer's state ends: another node wrote. Nothing was written.
type FencedError struct {
	Index int64 // of the entry that was to be written
	Size  int64 // of the log
}

func (e *FencedError) Error() string {
	return fmt.Sprintf("pool: entry %d decided for a log of %d", e.Index, e.Size)
}

// StoppedError says that an Append failed before, so that this node's state may be ahead of the log: the store is to
// be opened again, and what it has decided again.
type StoppedError struct{ Why error }

func (e *StoppedError) Error() string { return fmt.Sprintf("pool: stopped after: %v", e.Why) }

// Unwrap returns the error that stopped it.
func (e *StoppedError) Unwrap() error { return e.Why }
