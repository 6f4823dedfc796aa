package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// numbers remembers participants' by their names: once given, neither changes.
type numbers struct {
	mu    sync.Mutex
	known map[string]int32
}

// of is the number of a participant, 0 of nobody.
func (n *numbers) of(ctx context.Context, from querier, name string) (id int32, err error) {
	n.mu.Lock()
	id = n.known[name]
	n.mu.Unlock()
	if id != 0 {
		return id, nil
	}
	err = each(ctx, from, `SELECT id FROM ledger.participant WHERE name = $1`, func(row pgx.Rows) error { return row.Scan(&id) }, name)
	if err != nil || id == 0 {
		return 0, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[name] = id
	return id, nil
}
