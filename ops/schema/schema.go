// Package schema keeps what a switch remembers beside its ledger: in the ledger's database, in a schema with an owner and
// a role of its own. The role that runs has no right on any other schema, and the ledger's roles have none on this one.
package schema

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// maxConns is how many connections a schema is used by.
const maxConns = 4

// Schema is one: its name, who owns it, who uses it, and the migrations that make it, in a folder of that name. Names are
// lower-case words.
type Schema struct {
	Name, Owner, Role string
	Migrations        fs.FS
}

// Migrate brings the schema in the database at url to this version's, and makes schema and roles where there are none.
// The user of url must be allowed to; nothing that runs afterwards needs that right.
func (s Schema) Migrate(ctx context.Context, url string) (err error) {
	fail := func(err error) error { return fmt.Errorf("schema %s: migrate: %w", s.Name, err) }
	config, err := s.configure(url)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	// Another node may start this moment. The lock goes with the session.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, "migrating "+s.Name); err != nil {
		return fail(err)
	}
	if _, err := conn.Exec(ctx, s.foundations()); err != nil {
		return fail(err)
	}
	within := config.Copy()
	within.RuntimeParams["role"] = s.Owner
	db := stdlib.OpenDB(*within)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	files, err := fs.Sub(s.Migrations, "migrations")
	if err != nil {
		return fail(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fail(err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fail(err)
	}
	return nil
}

// Open connects with the rights of the role.
func (s Schema) Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	each, err := s.configure(url)
	if err != nil {
		return nil, err
	}
	each.RuntimeParams["role"] = s.Role
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("schema %s: database URL: %w", s.Name, err)
	}
	config.ConnConfig, config.MaxConns = each, maxConns
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("schema %s: connect: %w", s.Name, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("schema %s: connect: %w", s.Name, err)
	}
	return pool, nil
}

// foundations makes roles and schema, where they are not there: roles are shared by every database of a cluster.
func (s Schema) foundations() string {
	return strings.NewReplacer("{schema}", s.Name, "{owner}", s.Owner, "{role}", s.Role).Replace(`
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['{owner}', '{role}'] LOOP
        IF to_regrole(role_name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster made it this moment
            END;
        END IF;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            BEGIN
                EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
            EXCEPTION WHEN insufficient_privilege THEN
                NULL; -- it is a member already, or will be refused where it has to be one
            END;
        END IF;
    END LOOP;
    IF to_regnamespace('{schema}') IS NULL THEN
        CREATE SCHEMA {schema} AUTHORIZATION {owner};
        GRANT USAGE ON SCHEMA {schema} TO {role};
    END IF;
END
$$`)
}

// configure is how every connection begins: its tables are those that SQL names.
func (s Schema) configure(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("schema %s: database URL: %w", s.Name, err)
	}
	config.RuntimeParams["search_path"] = s.Name + ", pg_temp" // last, which it would not be unnamed
	config.RuntimeParams["application_name"] = s.Role
	config.RuntimeParams["timezone"] = "UTC"
	return config, nil
}
