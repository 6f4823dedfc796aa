package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Migrated tells the version of the database's schema, and which one this program wants. A user that may not know the
// former, as in production, is told the latter for both: it works on what is there, or fails by itself.
func (l *Ledger) Migrated(ctx context.Context) (have, want int64, err error) {
	if want, err = newestMigration(); err != nil {
		return 0, 0, err
	}
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE NONE`); err != nil { // goose's own table is nobody's who runs
			return err
		}
		return tx.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == stateDenied {
		return want, want, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("ledger: version of the schema: %w", err)
	}
	return have, want, nil
}
