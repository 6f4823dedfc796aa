package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// mostIDs bounds how many transfers one text stands for.
const mostIDs = 1000

// idsOf are the transfers that a text names: by their id or their return's, the sender's id, the digest of a bundle, or
// the receipt of a rail, of ledger.ReceiptMemory. A sender's id is looked for with each participant: few beside what an
// index more would cost every intent.
func (l *Ledger) idsOf(ctx context.Context, text string) (ids []int64, err error) {
	if text == "" {
		return nil, nil
	}
	named, _ := settlement.ParseTransferID(text)
	found := func(row pgx.Rows) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}
	err = l.moment(ctx, func(m *moment) error {
		since, b := int64(0), &pgx.Batch{}
		queue(b, `SELECT decided_at FROM ledger.batch ORDER BY id DESC LIMIT 1`, func(row pgx.Rows) error {
			var newest time.Time
			err := row.Scan(&newest)
			since = ledger.FirstID(newest.Add(-ledger.ReceiptMemory))
			return err
		})
		queue(b, `SELECT coalesce(t.return_of, t.id) FROM (
				SELECT $1::bigint AS id
				UNION SELECT n.transfer FROM ledger.participant p JOIN ledger.intent n ON n.participant = p.id AND n.id = $2 WHERE n.transfer IS NOT NULL
				UNION (SELECT transfer FROM ledger.bundle_leg WHERE digest = $2 ORDER BY transfer DESC LIMIT $3)) c
			JOIN ledger.transfer t ON t.id = c.id`, found, int64(named), text, mostIDs)
		// The planner takes the index of receipts (migrations/00021_receipts.sql) to lead everywhere, because receipts are in
		// no order; so it is told not to read all. Of a million outcomes that takes some milliseconds instead of a tenth of a
		// second on each core.
		b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
		b.Queue(`SET LOCAL enable_seqscan = off`)
		b.Queue(`SET LOCAL max_parallel_workers_per_gather = 0`)
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		b = &pgx.Batch{}
		queue(b, `SELECT coalesce(t.return_of, t.id) FROM (
				SELECT DISTINCT transfer FROM (SELECT transfer FROM ledger.outcome WHERE rail_ref = $1 AND transfer >= $2 LIMIT $3) o) c
			JOIN ledger.transfer t ON t.id = c.transfer`, found, text, since, mostIDs)
		return m.last(ctx, b)
	})
	return ids, err
}

// idsOfBatch are the transfers that a batch moved into a state, or what sends them back. Those that it accepted have ids
// of its time; of the others its record speaks.
func (l *Ledger) idsOfBatch(ctx context.Context, batch int64) (ids []int64, err error) {
	var record batchRecord
	var its given
	err = l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		queue(b, recordOf, record.row, batch)
		queue(b, givenIDs, its.row, []int64{batch})
		b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
		if err := m.turn(ctx, b); err != nil || len(its.first) == 0 {
			return err
		}
		b = &pgx.Batch{}
		queue(b, `SELECT coalesce(t.return_of, t.id) FROM ledger.transfer t WHERE t.id = ANY ($1)
			UNION SELECT coalesce(t.return_of, t.id) FROM ledger.transfer t WHERE t.batch = $2 AND (t.id >= $3 AND t.id < $4 OR t.id < 1::bigint << 40)`, func(row pgx.Rows) error {
			var id int64
			err := row.Scan(&id)
			ids = append(ids, id)
			return err
		}, record.moved(), batch, its.first[0], its.end[0])
		return m.last(ctx, b)
	})
	return ids, err
}

// given are the ids that batches gave to transfers and postings: from the first of each to before its end.
type given struct{ batches, first, end []int64 }

func (g *given) add(batch, first, end int64) {
	g.batches, g.first, g.end = append(g.batches, batch), append(g.first, first), append(g.end, end)
}

// clocks reads those of batches, of those before and of those after; givenIDs does of batches $1.
const (
	clocks = `SELECT b.id, p.decided_at, b.decided_at, n.decided_at FROM ledger.batch b
		LEFT JOIN ledger.batch p ON p.id = b.id - 1 LEFT JOIN ledger.batch n ON n.id = b.id + 1 WHERE `
	givenIDs = clocks + `b.id = ANY ($1)`
)

// row adds a batch: its ids lie up to the next one's, where the clock went on before and after it.
func (g *given) row(row pgx.Rows) error {
	var id int64
	var before, at, next time.Time
	if err := row.Scan(&id, inUTC{&before}, inUTC{&at}, inUTC{&next}); err != nil {
		return err
	}
	end := ledger.FirstID(at) + idsAhead<<ledger.IDsPerMilli
	if before.UnixMilli() < at.UnixMilli() && at.UnixMilli() < next.UnixMilli() && next.UnixMilli() < at.UnixMilli()+idsAhead {
		end = ledger.FirstID(next)
	}
	g.add(id, ledger.FirstID(at), end)
	return nil
}

// idsBefore is where the ids end of all batches that were decided before a moment: 0 where there are none. Ids follow
// their batch, and batches the clock, which stands still where it was set back.
func idsBefore(ctx context.Context, from querier, moment time.Time) (end int64, err error) {
	var last given
	err = each(ctx, from, clocks+`b.id = (SELECT id FROM ledger.batch WHERE decided_at < $1 ORDER BY decided_at DESC, id DESC LIMIT 1)`, last.row, moment)
	if err != nil || len(last.end) == 0 {
		return 0, err
	}
	return last.end[0], nil
}

// within is where the ids of a span's batches lie, by its first and its last; of batches that are not there yet nothing is
// known. Postings are found by these: their index by batch knows blocks, and of the newest nothing before they are vacuumed.
func (g given) within(span ledger.Span) (first, end int64) {
	end = math.MaxInt64
	for i, batch := range g.batches {
		if batch == span.First {
			first = g.first[i]
		}
		if batch == span.Last {
			end = g.end[i]
		}
	}
	return first, end
}

// RefusedIntents lists the intents of an id that never became transfers: of one participant, or everybody's where scope
// is "".
func (l *Ledger) RefusedIntents(ctx context.Context, scope, id string) (refused []ledger.RefusedIntent, err error) {
	err = each(ctx, l.pool, `SELECT p.name, n.id, n.batch, b.decided_at, n.fault FROM ledger.participant p
		JOIN ledger.intent n ON n.participant = p.id AND n.id = $1 JOIN ledger.batch b ON b.id = n.batch
		WHERE n.transfer IS NULL AND ($2 = '' OR p.name = $2) ORDER BY n.batch DESC, p.name`, func(row pgx.Rows) error {
		var r ledger.RefusedIntent
		err := row.Scan(&r.Participant, &r.ID, &r.Batch, inUTC{&r.At}, &r.Fault)
		refused = append(refused, r)
		return err
	}, id, scope)
	if err != nil {
		return nil, fmt.Errorf("ledger: refused intents: %w", err)
	}
	return refused, nil
}
