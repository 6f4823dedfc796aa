package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Gauges reads how the ledger stands: newest rows by their keys, and tables of which few rows are open.
func (l *Ledger) Gauges(ctx context.Context) (ledger.Gauges, error) {
	var g ledger.Gauges
	err := pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, read := range []func(context.Context, pgx.Tx, *ledger.Gauges) error{readCounts, readWindows, readLiquidity, readStreams} {
			if err := read(ctx, tx, &g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ledger.Gauges{}, fmt.Errorf("ledger: gauges: %w", err)
	}
	return g, nil
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func readCounts(ctx context.Context, tx pgx.Tx, g *ledger.Gauges) error {
	var lease, batch, outbox, requests, unwitnessed int64 // ages, in microseconds
	err := tx.QueryRow(ctx, `
		WITH unpublished AS (SELECT min(o.batch) AS batch, count(*) AS count FROM ledger.outbox o
		         WHERE o.id > (SELECT published FROM ledger.outbox_position)),
		     waiting AS (SELECT min(r.made_at) AS since, count(*) AS count FROM ledger.request r
		         WHERE NOT EXISTS (SELECT FROM ledger.approval a WHERE a.request = r.id)),
		     unwitnessed AS (SELECT min(i.batch) AS batch, count(*) AS count FROM ledger.instruction i
		         WHERE i.batch > (SELECT min(batch) FROM ledger.rule WHERE kind = 'witnesses')
		         AND NOT EXISTS (SELECT FROM ledger.instruction_told t WHERE t.instruction = i.id)
		         AND NOT EXISTS (SELECT FROM ledger.instruction_result x WHERE x.instruction = i.id)),
		     age AS (SELECT id, (extract(epoch FROM clock_timestamp() - written_at) * 1000000)::bigint AS age FROM ledger.batch)
		SELECT clock_timestamp(), l.epoch, l.holder, (extract(epoch FROM clock_timestamp() - e.renewed_at) * 1000000)::bigint,
		       coalesce((SELECT age FROM age WHERE id = (SELECT max(id) FROM ledger.batch)), 0),
		       u.count, coalesce((SELECT age FROM age WHERE id = u.batch), 0),
		       coalesce((SELECT size FROM ledger.log_checkpoint ORDER BY size DESC LIMIT 1), 0),
		       w.count, (coalesce(extract(epoch FROM clock_timestamp() - w.since), 0) * 1000000)::bigint,
		       n.count, coalesce((SELECT age FROM age WHERE id = n.batch), 0),
		       (SELECT count(*) FROM ledger.split_view)
		FROM ledger.lease l, ledger.lease_renewal e, unpublished u, waiting w, unwitnessed n`).
		Scan(&g.Now, &g.Epoch, &g.Holder, &lease, &batch, &g.Outbox, &outbox, &g.LogEntries, &g.Requests, &requests,
			&g.Unwitnessed, &unwitnessed, &g.SplitViews)
	g.Now = g.Now.UTC()
	g.LeaseAge, g.BatchAge, g.OutboxAge = microseconds(lease), microseconds(batch), microseconds(outbox)
	g.RequestsAge, g.UnwitnessedAge = microseconds(requests), microseconds(unwitnessed)
	return err
}

func readWindows(ctx context.Context, tx pgx.Tx, g *ledger.Gauges) error {
	return each(ctx, tx, `
		SELECT settlement_group, state, count(*), (max(extract(epoch FROM clock_timestamp() - b.decided_at)) * 1000000)::bigint FROM (
			SELECT DISTINCT ON (settlement_window) settlement_group, state, batch FROM ledger.window_event
			ORDER BY settlement_window, array_position(ARRAY['open', 'closed', 'settling', 'failed', 'settled'], state) DESC) w
		JOIN ledger.batch b ON b.id = w.batch WHERE state <> 'settled' GROUP BY 1, 2 ORDER BY 1, 2`, func(row pgx.Rows) error {
		var w ledger.WindowGauge
		var oldest int64 // in microseconds
		err := row.Scan(&w.Group, &w.State, &w.Count, &oldest)
		w.Oldest = microseconds(oldest)
		g.Windows = append(g.Windows, w)
		return err
	})
}

func readLiquidity(ctx context.Context, tx pgx.Tx, g *ledger.Gauges) error {
	return each(ctx, tx, `
		SELECT p.name, a.currency, l.prefund_minor, l.credit_line_minor, greatest(-l.position_minor, 0)
		FROM ledger.account a JOIN ledger.participant p ON p.id = a.participant
		CROSS JOIN LATERAL (SELECT * FROM ledger.liquidity l WHERE l.account = a.id ORDER BY l.batch DESC LIMIT 1) l
		ORDER BY p.name, a.currency`, func(row pgx.Rows) error {
		var q ledger.LiquidityGauge
		var code string
		if err := row.Scan(&q.Participant, &code, &q.PrefundMinor, &q.CreditMinor, &q.NetOwed); err != nil {
			return err
		}
		if err := q.Currency.UnmarshalText([]byte(code)); err != nil {
			return err
		}
		g.Liquidity = append(g.Liquidity, q)
		return nil
	})
}

func readStreams(ctx context.Context, tx pgx.Tx, g *ledger.Gauges) error {
	g.Read = map[string]uint64{}
	return each(ctx, tx, `SELECT p.name, coalesce(s.sequence, 0) FROM ledger.participant p LEFT JOIN ledger.stream_position s ON s.participant = p.id
		WHERE p.role <> 'provider'`, func(row pgx.Rows) error {
		var name string
		var sequence int64
		err := row.Scan(&name, &sequence)
		g.Read[name] = uint64(sequence) //nolint:gosec // the table has none below 0
		return err
	})
}

// Connections counts those of the pool that this Ledger reads by.
func (l *Ledger) Connections() ledger.Connections {
	s := l.pool.Stat()
	return ledger.Connections{
		Acquired: s.AcquiredConns(), Idle: s.IdleConns(), Max: s.MaxConns(), Waited: s.EmptyAcquireCount(), WaitedFor: s.EmptyAcquireWaitTime(),
	}
}
