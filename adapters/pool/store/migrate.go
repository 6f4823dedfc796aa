package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/ayni-switch/ayni/messaging"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is where a pool's tables are.
func Schema(pool string) string { return "pool_" + strings.ReplaceAll(pool, "-", "_") }

// Node is the role that a pool's node runs under.
func Node(pool string) string { return Schema(pool) + "_node" }

func owner(pool string) string { return Schema(pool) + "_owner" }

// Migrate brings a pool's schema in the database at url to this version's, and makes schema and roles where there are
// none. The user of url must be allowed to; nothing that runs afterwards needs that right.
func Migrate(ctx context.Context, url, pool string) (err error) {
	fail := func(err error) error { return fmt.Errorf("pool %s: migrate: %w", pool, err) }
	config, err := configure(url, pool)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	// Another node of the pool may start this moment. The lock goes with the session.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, "migrating "+Schema(pool)); err != nil {
		return fail(err)
	}
	if _, err := conn.Exec(ctx, foundations(pool)); err != nil {
		return fail(err)
	}
	within := config.Copy()
	within.RuntimeParams["role"] = owner(pool)
	db := stdlib.OpenDB(*within)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	files, err := fs.Sub(migrations, "migrations")
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

// foundations makes a pool's roles and schema, where they are not there: roles are shared by every database of a
// cluster. A pool's name is a token: it can be written into SQL as it is.
func foundations(pool string) string {
	return strings.NewReplacer("SCHEMA_NAME", Schema(pool), "OWNER_NAME", owner(pool), "NODE_NAME", Node(pool)).Replace(`
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['OWNER_NAME', 'NODE_NAME'] LOOP
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
    IF to_regnamespace('SCHEMA_NAME') IS NULL THEN
        CREATE SCHEMA SCHEMA_NAME AUTHORIZATION OWNER_NAME;
    END IF;
END
$$`)
}

// configure is how every session of a pool begins: its tables are those that SQL names.
func configure(url, pool string) (*pgx.ConnConfig, error) {
	if !messaging.ValidParticipant(pool) {
		return nil, fmt.Errorf("pool: %.40q cannot name a pool", pool)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("pool %s: database URL: %w", pool, err)
	}
	config.RuntimeParams["search_path"] = Schema(pool) + ", pg_temp" // last, which it would not be unnamed
	config.RuntimeParams["application_name"] = Schema(pool)
	config.RuntimeParams["timezone"] = "UTC"
	return config, nil
}
