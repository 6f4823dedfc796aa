package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The schema, and who owns and who uses it.
const (
	schema    = "access"
	roleOwner = "ayni_access_owner"
	role      = "ayni_access"
)

// Migrate brings the schema in the database at url to this version's, and makes schema and roles where there are none.
// The user of url must be allowed to; nothing that runs afterwards needs that right.
func Migrate(ctx context.Context, url string) (err error) {
	fail := func(err error) error { return fmt.Errorf("auth: migrate: %w", err) }
	config, err := configure(url)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	// Another node may start this moment. The lock goes with the session.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended('migrating access', 0))`); err != nil {
		return fail(err)
	}
	if _, err := conn.Exec(ctx, foundations); err != nil {
		return fail(err)
	}
	within := config.Copy()
	within.RuntimeParams["role"] = roleOwner
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

// foundations makes roles and schema, where they are not there: roles are shared by every database of a cluster.
const foundations = `
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['` + roleOwner + `', '` + role + `'] LOOP
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
    IF to_regnamespace('` + schema + `') IS NULL THEN
        CREATE SCHEMA ` + schema + ` AUTHORIZATION ` + roleOwner + `;
        GRANT USAGE ON SCHEMA ` + schema + ` TO ` + role + `;
    END IF;
END
$$`

// configure is how every connection begins: its tables are those that SQL names.
func configure(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("auth: database URL: %w", err)
	}
	config.RuntimeParams["search_path"] = schema + ", pg_temp" // last, which it would not be unnamed
	config.RuntimeParams["application_name"] = role
	config.RuntimeParams["timezone"] = "UTC"
	return config, nil
}
