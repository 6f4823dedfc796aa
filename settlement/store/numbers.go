package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// numbers remembers participants' by their names: once given, neither changes.
type numbers struct{ known sync.Map }

// of is the number of a participant, 0 of nobody.
func (n *numbers) of(ctx context.Context, from querier, name string) (id int32, err error) {
	if known, ok := n.known.Load(name); ok {
		return known.(int32), nil //nolint:forcetypeassert // nothing else is stored
	}
	err = each(ctx, from, `SELECT id FROM ledger.participant WHERE name = $1`, func(row pgx.Rows) error { return row.Scan(&id) }, name)
	if err == nil && id != 0 {
		n.known.Store(name, id)
	}
	return id, err
}
