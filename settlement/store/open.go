package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// stillOpen remembers which transfers were open when somebody last asked, returns included: what was not has ended, and
// is not looked at again. What is open now is among those, and those that came after through.
type stillOpen struct {
	sync.Mutex
	through int64 // the newest transfer then
	ids     []int64
}

// openIDs are the transfers that have not ended. Never nil. Of the first who asks it takes what a new leader's loading
// does (openTransfers); then as much as is open, and came meanwhile.
func (l *Ledger) openIDs(ctx context.Context) ([]int64, error) {
	l.open.Lock()
	defer l.open.Unlock()
	through, was, open := l.open.through, l.open.ids, []int64{}
	err := l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
		queue(b, `SELECT through, transfers FROM ledger.open_transfers WHERE through > $1 ORDER BY batch DESC LIMIT 1`, func(row pgx.Rows) error {
			return row.Scan(&through, &was)
		}, through)
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		add := func(row pgx.Rows) error {
			var id int64
			err := row.Scan(&id)
			open = append(open, id)
			return err
		}
		b = &pgx.Batch{}
		queue(b, `SELECT o.id FROM unnest($1::bigint[]) AS o (id) WHERE NOT EXISTS (SELECT FROM ledger.transfer_event f
			WHERE f.transfer = o.id AND f.state IN ('paid', 'returned', 'expired'))`, add, was)
		queue(b, `SELECT t.id FROM ledger.transfer t WHERE t.id > $1 AND NOT EXISTS (SELECT FROM ledger.transfer_event f
			WHERE f.transfer = t.id AND f.transfer > $1 AND f.state IN ('paid', 'returned', 'expired'))`, add, through)
		queue(b, `SELECT coalesce(max(id), 0) FROM ledger.transfer`, func(row pgx.Rows) error { return row.Scan(&through) })
		return m.last(ctx, b)
	})
	if err != nil {
		return nil, err
	}
	l.open.through, l.open.ids = through, open
	return open, nil
}
