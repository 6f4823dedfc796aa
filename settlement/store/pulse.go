package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Pulse tells what came after a batch, and what is so now. Where it is asked for after batch 0, what came is what came
// since the day (UTC) of the newest batch began.
//
// It costs a few milliseconds however large the ledger: counts stand in the rows of the batches that came since, found
// by their numbers, a minute's by its time; the newest balance of each account is found by the account. No transfer is
// looked at.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Pulse(ctx context.Context, after int64) (*ledger.Pulse, error) {
	p := &ledger.Pulse{After: after}
	err := l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		queue(b, listedBatch+`ORDER BY b.id DESC LIMIT 1`, func(row pgx.Rows) (err error) {
			p.Newest, err = scanBatch(row)
			return err
		})
		if err := m.turn(ctx, b); err != nil || p.Newest.ID == 0 {
			return err
		}
		b = &pgx.Batch{}
		counts(b, p)
		accountPulses(b, p)
		return m.last(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: pulse: %w", err)
	}
	return p, nil
}

func counts(b *pgx.Batch, p *ledger.Pulse) {
	const sums = `SELECT count(*), coalesce(sum(intents), 0)::bigint, coalesce(sum(cleared), 0)::bigint, coalesce(sum(paid), 0)::bigint,
		coalesce(sum(returned), 0)::bigint, coalesce(sum(expired), 0)::bigint FROM ledger.batch `
	from, args := sums+`WHERE id > $1`, any(p.After)
	if p.After == 0 {
		from, args = sums+`WHERE decided_at >= $1`, p.Newest.DecidedAt.Truncate(24*time.Hour)
	}
	queue(b, from, func(row pgx.Rows) error {
		return row.Scan(&p.Batches, &p.Accepted, &p.Cleared, &p.Paid, &p.Returned, &p.Expired)
	}, args)
	queue(b, `SELECT coalesce(sum(intents), 0)::bigint, coalesce(sum(cleared), 0)::bigint, coalesce(sum(paid), 0)::bigint
		FROM ledger.batch WHERE decided_at > $1`, func(row pgx.Rows) error {
		return row.Scan(&p.Rate.Accepted, &p.Rate.Cleared, &p.Rate.Paid)
	}, p.Newest.DecidedAt.Add(-time.Minute))
	queue(b, `SELECT min(received_at) FROM ledger.envelope WHERE batch = $1`, func(row pgx.Rows) error {
		var first *time.Time
		err := row.Scan(&first)
		if first != nil {
			p.Oldest = p.Newest.WrittenAt.Sub(*first)
		}
		return err
	}, p.Newest.ID)
}

func accountPulses(b *pgx.Batch, p *ledger.Pulse) {
	queue(b, `SELECT f.*, greatest(-coalesce(v.position_minor, 0), 0), coalesce(v.prefund_minor + v.credit_line_minor, 0) FROM (`+openFlows+`) f
		LEFT JOIN LATERAL (SELECT * FROM ledger.liquidity v WHERE v.account = f.id ORDER BY v.batch DESC LIMIT 1) v ON true ORDER BY f.id`, func(row pgx.Rows) error {
		var a ledger.AccountPulse
		err := row.Scan(&a.Account, &a.Owner, &a.Kind, coded{&a.Currency}, &a.Window, &a.InMinor, &a.OutMinor, &a.UsedMinor, &a.MayMinor)
		p.Accounts = append(p.Accounts, a)
		return err
	}, ledger.SchemeName)
}

// QueuedValues sums what waits to clear by currency of what was sent. Unlike a pulse it looks at every transfer that is
// open.
func (l *Ledger) QueuedValues(ctx context.Context) (values []ledger.QueuedValue, err error) {
	open, err := l.openIDs(ctx)
	if err == nil {
		err = each(ctx, l.pool, `SELECT t.source_currency, sum(t.source_minor)::bigint, count(*), min(t.received_at) FROM ledger.transfer t
			WHERE t.id = ANY ($1) AND t.return_of IS NULL AND NOT EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = t.id AND e.state IN ('cleared', 'expired'))
			GROUP BY t.source_currency ORDER BY t.source_currency`, func(row pgx.Rows) error {
			var v ledger.QueuedValue
			err := row.Scan(coded{&v.Value.Currency}, &v.Value.Minor, &v.Transfers, inUTC{&v.Oldest})
			values = append(values, v)
			return err
		}, pgx.QueryExecModeCacheDescribe, open)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: queued value: %w", err)
	}
	return values, nil
}
