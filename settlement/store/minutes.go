package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// mostRemembered bounds the time whose minutes are remembered, to its newest part.
const mostRemembered = 48 * time.Hour

// pastMinutes remembers the whole minutes of one stretch of time. The batches' clock never goes back and rows are only
// added, so a minute before the newest batch's is what it was. A switch under load writes a hundred batches a second:
// a day of those takes seconds to sum (a million 3.6 s where a minute took 1.3 ms), and is summed once.
type pastMinutes struct {
	sync.Mutex
	from, until time.Time
	minutes     []ledger.Minute
}

// Minutes sums the batches of each minute of a time, by the batches' clock. Minutes without a batch are not among it.
// The first who asks waits until all of it is summed; then as much as came meanwhile.
func (l *Ledger) Minutes(ctx context.Context, from, until time.Time) ([]ledger.Minute, error) {
	minutes, err := l.allMinutes(ctx, from, until)
	if err != nil {
		return nil, fmt.Errorf("ledger: minutes: %w", err)
	}
	return minutes, nil
}

// allMinutes reads the part of a minute before the first whole one, what is remembered of whole minutes, and the rest.
func (l *Ledger) allMinutes(ctx context.Context, from, until time.Time) (all []ledger.Minute, err error) {
	var newest time.Time
	err = each(ctx, l.pool, `SELECT decided_at FROM ledger.batch ORDER BY id DESC LIMIT 1`, func(row pgx.Rows) error { return row.Scan(&newest) })
	if err != nil {
		return nil, err
	}
	first, last := from.Add(time.Minute-1).Truncate(time.Minute), newest.Truncate(time.Minute)
	if cut := until.Truncate(time.Minute); cut.Before(last) {
		last = cut
	}
	if !first.Before(last) || last.Sub(first) > mostRemembered {
		return l.sumMinutes(ctx, from, until)
	}
	if all, err = l.sumMinutes(ctx, from, first); err != nil {
		return nil, err
	}
	whole, err := l.wholeMinutes(ctx, first, last)
	if err != nil {
		return nil, err
	}
	rest, err := l.sumMinutes(ctx, last, until)
	return append(append(all, whole...), rest...), err
}

// wholeMinutes are minutes that have passed, from the first to before the last. They are remembered.
func (l *Ledger) wholeMinutes(ctx context.Context, first, last time.Time) (whole []ledger.Minute, err error) {
	p := &l.past
	p.Lock()
	defer p.Unlock()
	if first.Before(p.from) || first.After(p.until) { // of another time, or with a gap between
		p.from, p.until, p.minutes = first, first, nil
	}
	if p.until.Before(last) {
		more, err := l.sumMinutes(ctx, p.until, last)
		if err != nil {
			return nil, err
		}
		p.minutes, p.until = append(p.minutes, more...), last
	}
	if oldest := p.until.Add(-mostRemembered); p.from.Before(oldest) {
		p.from = oldest
	}
	kept := p.minutes[:0]
	for _, m := range p.minutes {
		if m.Begins.Before(p.from) {
			continue
		}
		kept = append(kept, m)
		if !m.Begins.Before(first) && m.Begins.Before(last) {
			whole = append(whole, m)
		}
	}
	p.minutes = kept
	return whole, nil
}

func (l *Ledger) sumMinutes(ctx context.Context, from, until time.Time) (minutes []ledger.Minute, err error) {
	err = each(ctx, l.pool, `SELECT m.*, (SELECT queued FROM ledger.batch b WHERE b.id = m.last) FROM (SELECT date_trunc('minute', decided_at) AS begins, count(*), sum(intents)::bigint, sum(cleared)::bigint, sum(paid)::bigint,
			extract(epoch FROM avg(written_at - decided_at) * 1e6)::bigint, extract(epoch FROM max(written_at - decided_at) * 1e6)::bigint, max(id) AS last
			FROM ledger.batch WHERE decided_at >= $1 AND decided_at < $2 GROUP BY 1) m ORDER BY m.begins`, func(row pgx.Rows) error {
		var m ledger.Minute
		var mean, most, last int64
		err := row.Scan(inUTC{&m.Begins}, &m.Batches, &m.Accepted, &m.Cleared, &m.Paid, &mean, &most, &last, &m.Queued)
		m.Took, m.TookAtMost = time.Duration(mean)*time.Microsecond, time.Duration(most)*time.Microsecond
		minutes = append(minutes, m)
		return err
	}, from, until)
	return minutes, err
}
