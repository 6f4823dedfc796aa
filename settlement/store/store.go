// Package store keeps the ledger in PostgreSQL: it writes what a clearing batch adds in one transaction, and reads,
// checks and exports what is kept. What it keeps are the nouns of settlement/ledger; the schema bears that name too.
//
// Rows are added and never changed; the roles that run cannot do otherwise (migrations/).
package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The roles of migrations/00001_roles.sql.
const (
	roleEngine = "ayni_engine"
	roleReader = "ayni_reader"
)

// The roles of migrations/00010_guards.sql that programs run under.
const (
	roleAuditor  = "ayni_auditor"
	rolePersonal = "ayni_pii"
)

// Migrate brings the database at url to this version's schema. The user of url must be allowed to
// create roles and a schema; nothing that runs afterwards needs that right.
func Migrate(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("ledger: database URL: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("ledger: migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("ledger: migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("ledger: migrate: %w", err)
	}
	return nil
}

// Ledger is a pool of connections for reading, for commands and for the outbox. Clearing batches are
// written by a Lead, on a connection of its own.
type Ledger struct {
	pool *pgxpool.Pool
	url  string
	open stillOpen
	past pastMinutes

	numbers numbers
}

// Open connects with the engine's rights and no more.
func Open(ctx context.Context, url string) (*Ledger, error) { return open(ctx, url, roleEngine) }

// OpenReader connects with the right to read what says nothing of people.
func OpenReader(ctx context.Context, url string) (*Ledger, error) { return open(ctx, url, roleReader) }

// OpenAuditor connects with the right to read everything but messages as they came and went. Check needs no more.
func OpenAuditor(ctx context.Context, url string) (*Ledger, error) {
	return open(ctx, url, roleAuditor)
}

// OpenPersonal connects with the right to read everything, personal data too: to decide everything again takes
// the messages as they came.
func OpenPersonal(ctx context.Context, url string) (*Ledger, error) {
	return open(ctx, url, rolePersonal)
}

func open(ctx context.Context, url, role string) (*Ledger, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("ledger: database URL: %w", err)
	}
	setRole(config.ConnConfig, role)
	config.MaxConns = 8
	config.ConnConfig.RuntimeParams["jit"] = "off" // to compile what is asked here takes longer than to answer it
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("ledger: connect: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("ledger: connect: %w", err)
	}
	return &Ledger{pool: pool, url: url, numbers: numbers{known: map[string]int32{}}}, nil
}

// setRole works without the rights of the user that connects, from the connection's first statement on. It
// keeps mistakes out, not a hand that can write SQL: in production the URL names a user that has no
// other role to go back to.
func setRole(config *pgx.ConnConfig, role string) {
	config.RuntimeParams["role"] = role
	config.RuntimeParams["application_name"] = role
	config.RuntimeParams["timezone"] = "UTC"
}

// Close closes the pool.
func (l *Ledger) Close() { l.pool.Close() }
