package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// horizon is where what is attached of the ledger begins.
type horizon struct {
	batch, id, outbox           int64 // the first batch and id, and the last message to others before
	ends                        time.Time
	months, transfers, postings int64 // that are detached
}

// horizonOf reads where the ledger begins: without bounds where no month was detached.
func horizonOf(ctx context.Context, from querier) (horizon, error) {
	h := noHorizon()
	if err := each(ctx, from, detachedMonths, h.row); err != nil {
		return h, fmt.Errorf("detached months: %w", err)
	}
	return h, nil
}

func noHorizon() horizon { return horizon{batch: math.MinInt64, id: math.MinInt64} }

const detachedMonths = `SELECT max(m.ends), count(*), sum(m.transfers)::bigint, sum(m.postings)::bigint, max(m.outbox),
	(SELECT coalesce(min(b.id), 0) FROM ledger.batch b WHERE b.decided_at >= (SELECT max(ends) FROM ledger.detached_month))
	FROM ledger.detached_month m HAVING count(*) > 0`

func (h *horizon) row(row pgx.Rows) error {
	err := row.Scan(&h.ends, &h.months, &h.transfers, &h.postings, &h.outbox, &h.batch)
	h.id = ledger.FirstID(h.ends)
	return err
}

// tell says what was not looked at.
func (h horizon) tell(context.Context, pgx.Tx) (ledger.Finding, error) {
	f := ledger.Finding{Name: "seen", OK: true, Detail: "the whole ledger"}
	if h.months > 0 {
		f.Detail = fmt.Sprintf("from %s, batch %d on; not seen: %d detached months with %d transfers and %d postings",
			h.ends.UTC().Format("2006-01"), h.batch, h.months, h.transfers, h.postings)
	}
	return f, nil
}
