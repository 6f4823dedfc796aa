package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

const (
	stateDenied  = "42501" // PostgreSQL's insufficient_privilege
	stateGuarded = "AY003" // that of migrations/00010_guards.sql
)

// Condition looks at a database as the user of url, and tries what the engine's role may not do, each in a transaction
// that is rolled back. What needs the schema is left out where it is not there.
func Condition(ctx context.Context, url string) (c ledger.Condition, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return c, fmt.Errorf("ledger: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only looked
	c.Settings = map[string]string{}
	var fsync, pages, commits string
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
		current_setting('synchronous_commit'), clock_timestamp(), (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)`).
		Scan(&c.ServerVersion, &fsync, &pages, &commits, &c.Clock, &c.Superuser)
	if err != nil {
		return c, fmt.Errorf("ledger: condition: %w", err)
	}
	c.Settings["fsync"], c.Settings["full_page_writes"], c.Settings["synchronous_commit"] = fsync, pages, commits
	if c.Newest, err = newestMigration(); err != nil {
		return c, err
	}
	if c.Migrated, err = migrated(ctx, conn); err != nil || c.Migrated == 0 {
		return c, err
	}
	if _, err := conn.Exec(ctx, `SET ROLE `+roleEngine); err != nil {
		return c, fmt.Errorf("ledger: as %s: %w", roleEngine, err)
	}
	err = conn.QueryRow(ctx, `SELECT holder, renewed_at, greatest(0, coalesce((SELECT max(id) FROM ledger.outbox), 0) - published)
		FROM ledger.lease, ledger.lease_renewal, ledger.outbox_position`).Scan(&c.Holder, &c.Renewed, &c.Unpublished)
	if err != nil {
		return c, fmt.Errorf("ledger: condition: %w", err)
	}
	c.MayChange, err = changeable(ctx, conn)
	return c, err
}

// newestMigration is the number of the last one in the program.
func newestMigration() (newest int64, err error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("ledger: migrations: %w", err)
	}
	for _, file := range files {
		number, _, _ := strings.Cut(path.Base(file), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("ledger: migrations: %w", err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

func migrated(ctx context.Context, conn *pgx.Conn) (newest int64, err error) {
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('public.goose_db_version') IS NOT NULL`).Scan(&there); err != nil || !there {
		return 0, err
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM public.goose_db_version WHERE is_applied`).Scan(&newest)
	if err != nil {
		return 0, fmt.Errorf("ledger: migrations: %w", err)
	}
	return newest, nil
}

// changeable are the tables that the engine's role, taken on already, may take rows from, and the postings where it may change them.
func changeable(ctx context.Context, conn *pgx.Conn) (all []string, err error) {
	rows, err := conn.Query(ctx, `SELECT relname::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p')
		AND NOT relispartition ORDER BY relname`)
	if err != nil {
		return nil, fmt.Errorf("ledger: tables: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("ledger: tables: %w", err)
	}
	try := func(table, statement string) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx) //nolint:errcheck // that is the point
		_, err = tx.Exec(ctx, statement)
		refused, _ := errors.AsType[*pgconn.PgError](err)
		switch {
		case refused != nil && refused.Code == stateDenied:
			return nil
		case err == nil, refused != nil && refused.Code == stateGuarded: // a trigger refuses it; the grants no longer do
			all = append(all, table)
			return nil
		default:
			return err
		}
	}
	if err := try("posting (update)", `UPDATE ledger.posting SET amount = amount WHERE false`); err != nil {
		return nil, err
	}
	for _, table := range tables {
		if err := try(table, `DELETE FROM ledger.`+pgx.Identifier{table}.Sanitize()+` WHERE false`); err != nil {
			return nil, err
		}
	}
	return all, nil
}
