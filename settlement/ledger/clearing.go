package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// Clearing is how good a batch's choice was, in weighted value: millionths of a major unit of the numeraire,
// times 2^Coarser. Zero where there was nothing to choose.
type Clearing struct {
	Reached    int64
	Bound      int64 // a certificate: no choice reaches more
	FIFO       int64 // what first-in-first-out would have reached at the same liquidity
	Tier       netting.Tier
	Iterations int64
	Numeraire  fx.Currency
	Coarser    int
	Returns    int            // returns that it chose from: all of them come before anything else
	Alarm      []netting.Tier // tiers whose choice was thrown away at the last gate
}

// tierNames writes tiers as one text.
func tierNames(tiers []netting.Tier) string {
	names := make([]string, len(tiers))
	for i, t := range tiers {
		names[i] = string(t)
	}
	return strings.Join(names, " ")
}

// Clearings is how good the choices of all batches were that had something to choose.
type Clearings struct {
	Batches    int64
	Tiers      map[netting.Tier]int64 // batches by the tier that found their choice
	Iterations int64
	Alarms     int64 // batches with an alarm
	Idle       int64 // batches in which nothing cleared
	// Sums are by numeraire, the one of most batches first: values in two do not add up.
	Sums []ClearingSum
	// Worst is the batch that reached the least of its bound, of those in which something cleared, the oldest
	// of equals; its ID is 0 where there was none. Both figures are in the same unit.
	Worst struct{ ID, Reached, Bound int64 }
}

// ClearingSum sums batches in hundredths of a major unit of their numeraire, times weight. What waits is
// bounded again by every batch, so an hour in which nothing can clear adds its bound many times: IdleBound is
// the part of Bound that is of batches in which nothing cleared.
type ClearingSum struct {
	Numeraire                                string
	Batches, Reached, Bound, FIFO, IdleBound int64
}

// Clearings sums all batches.
func (l *Ledger) Clearings(ctx context.Context) (*Clearings, error) {
	c := &Clearings{Tiers: map[netting.Tier]int64{}}
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
	if c.Sums, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ClearingSum]); err != nil {
		return nil, fmt.Errorf("ledger: clearings: sums: %w", err)
	}
	err = l.pool.QueryRow(ctx, `SELECT id, reached, bound FROM ledger.batch WHERE bound > 0 AND cleared > 0
		ORDER BY reached::numeric / bound, id LIMIT 1`).Scan(&c.Worst.ID, &c.Worst.Reached, &c.Worst.Bound)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("ledger: clearings: worst: %w", err)
	}
	return c, nil
}
