package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// inspection holds one invariant against the database, in pieces that can be looked at side by side.
type inspection struct {
	pieces []piece
	tell   func() ledger.Finding // once all pieces were looked at
}

// piece is what one look takes in.
type piece func(ctx context.Context, tx pgx.Tx) error

// inspectors is how many connections look at once. Each computes on one core of the server, and keeps no more
// in memory than lookSettings allow.
const inspectors = 4

// lookSettings are those of each inspector's session. What does not fit into work_mem goes to disk. Cores are
// shared out by the pieces, and each piece is planned for its own section. A server that has not yet counted its rows
// takes every table for small and goes through one for each row of another, which takes minutes where a hash takes a
// second: nested loops are left for where nothing else serves.
const lookSettings = `SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off; SET LOCAL enable_nestloop = off;
	SET LOCAL plan_cache_mode = force_custom_plan`

// sectionRows is about how many transfers accepted and cleared one section of the ledger has: some hundred
// megabytes of rows, and less than a second's work for each look.
const sectionRows = 400_000

// section is a part of the ledger between two batches. The first, where no month was detached, and the last have
// no bounds, so that everything lies in one, whatever its number.
type section struct {
	fromBatch, toBatch int64 // first and last
	fromID, toID       int64 // of transfers, first and last: the ids of its time
	firstID            int64 // that its batches may have given to a transfer or posting
}

// idsAhead is how far, in milliseconds of them, ids may be ahead of the clock, which gives a million each: they
// are where so many are wanted or, more likely, while a clock that was set back stands still.
const idsAhead = 10_000

// ids are the bounds of a look that goes by transfer.
func (s section) ids() []any { return []any{s.fromID, s.toID} }

// batches are the bounds of a look that goes by batch.
func (s section) batches() []any { return []any{s.fromBatch, s.toBatch} }

// batchesAndIDs adds where the ids lie that its batches gave.
func (s section) batchesAndIDs() []any {
	last := s.toID
	if last != math.MaxInt64 {
		last += idsAhead << ledger.IDsPerMilli
	}
	return []any{s.fromBatch, s.toBatch, s.firstID, last}
}

// sections cuts the ledger from a horizon on into sections of about the same size.
func sections(ctx context.Context, tx pgx.Tx, from horizon) ([]section, error) {
	var countedFromOne bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ledger.posting WHERE id < $1)`, int64(1)<<40).Scan(&countedFromOne); err != nil {
		return nil, fmt.Errorf("sections: %w", err)
	}
	all := []section{{fromBatch: from.batch, fromID: from.id, firstID: from.id}}
	err := each(ctx, tx, `
		SELECT id, decided_at FROM (
			SELECT id, decided_at, number, lag(number) OVER (ORDER BY id) AS before FROM (
				SELECT id, decided_at, sum(intents + cleared + 20) OVER (ORDER BY id) / $1 AS number FROM ledger.batch WHERE id >= $2) b) b
		WHERE number <> before ORDER BY id`, func(row pgx.Rows) error {
		var batch int64
		var at time.Time
		if err := row.Scan(&batch, &at); err != nil {
			return err
		}
		last, next := &all[len(all)-1], section{fromBatch: batch, fromID: ledger.FirstID(at), firstID: ledger.FirstID(at)}
		if countedFromOne {
			next.firstID = math.MinInt64
		}
		last.toBatch, last.toID = batch-1, next.fromID-1
		all = append(all, next)
		return nil
	}, sectionRows, from.batch)
	if err != nil {
		return nil, fmt.Errorf("sections: %w", err)
	}
	all[len(all)-1].toBatch, all[len(all)-1].toID = math.MaxInt64, math.MaxInt64
	return all, nil
}

// pages are a part of a table by the place of its rows, for what is kept by nothing that grows.
type pages struct{ first, end int64 }

// lookPages is about how many pages of ids one look takes in.
const lookPages = 4096

// pagesOf cuts a table into parts. The last has no end.
func pagesOf(ctx context.Context, tx pgx.Tx, table string) (all []pages, err error) {
	var size int64
	if err := tx.QueryRow(ctx, `SELECT pg_relation_size(('ledger.' || $1)::regclass) / current_setting('block_size')::bigint`, table).Scan(&size); err != nil {
		return nil, fmt.Errorf("pages of %s: %w", table, err)
	}
	for first := int64(0); first == 0 || first < size; first += lookPages {
		all = append(all, pages{first: first, end: first + lookPages})
	}
	all[len(all)-1].end = math.MaxUint32
	return all, nil
}

// inspect looks at every piece over several connections that see one snapshot, the one of tx.
func (l *Ledger) inspect(ctx context.Context, tx pgx.Tx, inspections []inspection, watch func(done, all int)) ([]ledger.Finding, error) {
	var snapshot string
	if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return nil, fmt.Errorf("export the snapshot: %w", err)
	}
	var pieces []piece
	for _, i := range slices.Backward(inspections) { // the log's first: one of them takes long
		pieces = append(pieces, i.pieces...)
	}
	var next atomic.Int64
	var told sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	for range min(inspectors, len(pieces)) {
		group.Go(func() error {
			return l.look(ctx, snapshot, func(tx pgx.Tx) error {
				for at := next.Add(1) - 1; at < int64(len(pieces)); at = next.Add(1) - 1 {
					if err := pieces[at](ctx, tx); err != nil {
						return err
					}
					told.Lock()
					done++
					watch(done, len(pieces))
					told.Unlock()
				}
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	findings := make([]ledger.Finding, len(inspections))
	for i := range inspections {
		findings[i] = inspections[i].tell()
	}
	return findings, nil
}

// look opens a connection of its own that sees a snapshot.
func (l *Ledger) look(ctx context.Context, snapshot string, see func(pgx.Tx) error) error {
	conn, err := pgx.ConnectConfig(ctx, l.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to look: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = conn.Close(closing)
	}()
	return pgx.BeginTxFunc(ctx, conn, lookOptions, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+snapshot+`'; `+lookSettings); err != nil {
			return fmt.Errorf("take the snapshot: %w", err)
		}
		return see(tx)
	})
}

var lookOptions = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// whole is an inspection in one piece.
func whole(check func(context.Context, pgx.Tx) (ledger.Finding, error)) inspection {
	var finding ledger.Finding
	return inspection{
		pieces: []piece{func(ctx context.Context, tx pgx.Tx) (err error) {
			finding, err = check(ctx, tx)
			return err
		}},
		tell: func() ledger.Finding { return finding },
	}
}

// count adds up what is wrong, of how many, over the pieces of an inspection.
type count struct {
	mu       sync.Mutex
	bad, all int64
}

func (c *count) add(bad, all int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad, c.all = c.bad+bad, c.all+all
}

// finding says right of how many, or wrong of how many of them.
func (c *count) finding(name, right, wrong string) ledger.Finding {
	if c.bad != 0 {
		return ledger.Finding{Name: name, Detail: fmt.Sprintf(wrong, c.bad, c.all)}
	}
	return ledger.Finding{Name: name, OK: true, Detail: fmt.Sprintf(right, c.all)}
}

// query is a piece that adds the two numbers that a query returns.
func (c *count) query(name, sql string, args ...any) piece {
	return func(ctx context.Context, tx pgx.Tx) error {
		var bad, all int64
		if err := tx.QueryRow(ctx, sql, args...).Scan(&bad, &all); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.add(bad, all)
		return nil
	}
}
