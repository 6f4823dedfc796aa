package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/persons"
)

// KeepErased keeps whose keys were destroyed, or are about to be. Again is the same as once.
func (l *Ledger) KeepErased(ctx context.Context, keys persons.ID, paths ...persons.Path) error {
	signed := make([]int64, len(paths))
	for i, p := range paths {
		signed[i] = int64(p) //nolint:gosec // the same bits
	}
	_, err := l.pool.Exec(ctx, `INSERT INTO ledger.person_erased (keys, path) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`, keys[:], signed)
	if err != nil {
		return fmt.Errorf("ledger: keep who was erased: %w", err)
	}
	return nil
}

// Erased lists whose keys were destroyed, of one file of keys.
func (l *Ledger) Erased(ctx context.Context, keys persons.ID) (paths []persons.Path, err error) {
	err = each(ctx, l.pool, `SELECT path FROM ledger.person_erased WHERE keys = $1 ORDER BY path`, func(row pgx.Rows) error {
		var path int64
		err := row.Scan(&path)
		paths = append(paths, persons.Path(path)) //nolint:gosec // the same bits
		return err
	}, keys[:])
	if err != nil {
		return nil, fmt.Errorf("ledger: who was erased: %w", err)
	}
	return paths, nil
}
