package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// tierNames writes tiers as one text.
func tierNames(tiers []netting.Tier) string {
	names := make([]string, len(tiers))
	for i, t := range tiers {
		names[i] = string(t)
	}
	return strings.Join(names, " ")
}

// Clearings sums all batches.
func (l *Ledger) Clearings(ctx context.Context) (*ledger.Clearings, error) {
	c := &ledger.Clearings{Tiers: map[netting.Tier]int64{}}
	err := each(ctx, l.pool, `SELECT tier, count(*), sum(iterations)::bigint, count(*) FILTER (WHERE alarm <> ''), count(*) FILTER (WHERE cleared = 0)
		FROM ledger.batch WHERE tier <> '' GROUP BY tier`, func(row pgx.Rows) error {
		var tier netting.Tier
		var batches, iterations, alarms, idle int64
		err := row.Scan(&tier, &batches, &iterations, &alarms, &idle)
		c.Tiers[tier] = batches
		c.Batches, c.Iterations, c.Alarms, c.Idle = c.Batches+batches, c.Iterations+iterations, c.Alarms+alarms, c.Idle+idle
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: clearings: tiers: %w", err)
	}
	rows, err := l.pool.Query(ctx, `SELECT numeraire, count(*), trunc(sum(reached * unit))::bigint, trunc(sum(bound * unit))::bigint,
		trunc(sum(fifo * unit))::bigint, coalesce(trunc(sum(bound * unit) FILTER (WHERE cleared = 0)), 0)::bigint
		FROM (SELECT *, power(2::numeric, coarser) / 10000 AS unit FROM ledger.batch WHERE tier <> '') b
		GROUP BY numeraire ORDER BY count(*) DESC, numeraire`)
	if err != nil {
		return nil, fmt.Errorf("ledger: clearings: sums: %w", err)
	}
	if c.Sums, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.ClearingSum]); err != nil {
		return nil, fmt.Errorf("ledger: clearings: sums: %w", err)
	}
	err = l.pool.QueryRow(ctx, `SELECT id, reached, bound FROM ledger.batch WHERE bound > 0 AND cleared > 0
		ORDER BY reached::numeric / bound, id LIMIT 1`).Scan(&c.Worst.ID, &c.Worst.Reached, &c.Worst.Bound)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("ledger: clearings: worst: %w", err)
	}
	return c, nil
}
