package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// The anchor: what PostgreSQL's COPY does, by itself, with the very rows that the switch wrote.
//
// In it: every row of every table of the ledger that carries the number of one of the batches: transfers, ids,
// events, postings, balances, liquidity, messages as they came, log entries with their records and signed
// checkpoints, the outbox, the batches themselves. They are copied in binary, one transaction for each of the
// batches with the rows of that batch, as the switch's were, over one or two connections at a time, to tables that
// are defined as the ledger's (CREATE TABLE … LIKE … INCLUDING ALL: columns, storage, checks, primary keys and
// indexes) and begin empty, with fsync and synchronous_commit on, after a checkpoint.
//
// Not in it: reading the rows back (it goes on between the timed parts, in which a chunk is in memory already),
// encoding them, partition routing, the trigger that looks at the accounts of postings, the check of the epoch, the
// positions of the streams, which are the only rows that move; JetStream, signatures, decoding, choosing, hashing.

// chunk is how many transfers' rows are in memory between two timed parts.
const chunk = 40_000

// anchor is what copying a range of batches took.
type anchor struct {
	Transfers     int              `json:"transfers"`
	Batches       int              `json:"batches"`
	Connections   int              `json:"connections"`
	TransfersPerS float64          `json:"transfers_per_s"`
	Rows          map[string]int64 `json:"rows"` // by table
	Bytes         int64            `json:"bytes"`
	LogShare      float64          `json:"log_share"` // of the time that COPY took, for the log's tables
}

// copyAgain copies the rows of batches that follow each other and cleared so many transfers together.
func (h *house) copyAgain(ctx context.Context, batches []int64, transfers, connections int) (a anchor, err error) {
	a = anchor{Transfers: transfers, Batches: len(batches), Connections: connections, Rows: map[string]int64{}}
	tables, err := h.setAside(ctx, batches, a.Rows)
	if err != nil {
		return a, err
	}
	defer func() {
		_, dropErr := h.admin.Exec(context.WithoutCancel(ctx), "DROP SCHEMA bench_rows CASCADE; DROP SCHEMA bench_copy CASCADE")
		err = errors.Join(err, dropErr)
	}()
	writers, err := h.writers(ctx, connections)
	defer func() {
		for _, w := range writers {
			_ = w.Close(context.WithoutCancel(ctx)) // nothing is left to lose
		}
	}()
	if err != nil {
		return a, err
	}
	if _, err := h.admin.Exec(ctx, "CHECKPOINT"); err != nil {
		return a, fmt.Errorf("bench: %w", err)
	}
	var took time.Duration
	var spent, onLog atomic.Int64 // nanoseconds in COPY
	atATime := max(connections, chunk*len(batches)/max(transfers, 1))
	for len(batches) > 0 {
		part := batches[:min(atATime, len(batches))]
		batches = batches[len(part):]
		rows, size, err := h.readBack(ctx, tables, part)
		if err != nil {
			return a, err
		}
		a.Bytes += size
		began := time.Now()
		group, ctx := errgroup.WithContext(ctx)
		for i, writer := range writers {
			group.Go(func() error {
				for at := i; at < len(rows); at += len(writers) {
					if err := writeRows(ctx, writer, rows[at], &spent, &onLog); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return a, fmt.Errorf("bench: copy: %w", err)
		}
		took += time.Since(began)
	}
	a.TransfersPerS = float64(transfers) / took.Seconds()
	a.LogShare = float64(onLog.Load()) / float64(max(spent.Load(), 1))
	return a, nil
}

// writers opens connections. After an error it returns those that it opened.
func (h *house) writers(ctx context.Context, connections int) (writers []*pgx.Conn, err error) {
	for range connections {
		w, err := pgx.Connect(ctx, h.servers.DatabaseURL())
		if err != nil {
			return writers, fmt.Errorf("bench: %w", err)
		}
		writers = append(writers, w)
	}
	return writers, nil
}

// table is one of the ledger's, with the columns that rows bring.
type table struct{ name, columns string }

// setAside puts the rows of the batches where a batch's are found at once, and makes the empty tables.
func (h *house) setAside(ctx context.Context, batches []int64, count map[string]int64) ([]table, error) {
	if _, err := h.admin.Exec(ctx, "CREATE SCHEMA bench_rows; CREATE SCHEMA bench_copy"); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	rows, err := h.admin.Query(ctx, `
		SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		GROUP BY c.relname HAVING c.relname = 'batch' OR bool_or(a.attname = 'batch') ORDER BY c.relname`)
	if err != nil {
		return nil, fmt.Errorf("bench: the ledger's tables: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) {
		err = row.Scan(&t.name, &t.columns)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("bench: the ledger's tables: %w", err)
	}
	var found []table
	for _, t := range all {
		key := "batch"
		if t.name == "batch" {
			key = "id"
		}
		made, err := h.admin.Exec(ctx, fmt.Sprintf(`CREATE UNLOGGED TABLE bench_rows.%[1]s AS SELECT %[2]s AS bench_batch, %[3]s FROM ledger.%[1]s
			WHERE %[2]s BETWEEN %[4]d AND %[5]d ORDER BY 1`, t.name, key, t.columns, batches[0], batches[len(batches)-1]))
		if err != nil {
			return nil, fmt.Errorf("bench: rows of %s: %w", t.name, err)
		}
		if made.RowsAffected() == 0 {
			continue
		}
		_, err = h.admin.Exec(ctx, fmt.Sprintf(`CREATE INDEX ON bench_rows.%[1]s (bench_batch); ANALYZE bench_rows.%[1]s;
			CREATE TABLE bench_copy.%[1]s (LIKE ledger.%[1]s INCLUDING ALL)`, t.name))
		if err != nil {
			return nil, fmt.Errorf("bench: a table like %s: %w", t.name, err)
		}
		count[t.name], found = made.RowsAffected(), append(found, t)
	}
	return found, nil
}

// rowsOf are one batch's rows of one table, as COPY writes them.
type rowsOf struct {
	table
	binary []byte
}

// readBack reads some batches' rows.
func (h *house) readBack(ctx context.Context, tables []table, batches []int64) (all [][]rowsOf, size int64, err error) {
	for _, b := range batches {
		var rows []rowsOf
		for _, t := range tables {
			var binary bytes.Buffer
			done, err := h.admin.PgConn().CopyTo(ctx, &binary, fmt.Sprintf(
				"COPY (SELECT %s FROM bench_rows.%s WHERE bench_batch = %d) TO STDOUT (FORMAT binary)", t.columns, t.name, b))
			if err != nil {
				return nil, 0, fmt.Errorf("bench: rows of %s: %w", t.name, err)
			}
			if done.RowsAffected() > 0 {
				rows = append(rows, rowsOf{t, binary.Bytes()})
				size += int64(binary.Len())
			}
		}
		all = append(all, rows)
	}
	return all, size, nil
}

// writeRows writes one batch's rows in one transaction, and counts the time that their COPY took.
func writeRows(ctx context.Context, to *pgx.Conn, rows []rowsOf, spent, onLog *atomic.Int64) error {
	if _, err := to.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, r := range rows {
		into := fmt.Sprintf("COPY bench_copy.%s (%s) FROM STDIN (FORMAT binary)", r.name, r.columns)
		began := time.Now()
		if _, err := to.PgConn().CopyFrom(ctx, bytes.NewReader(r.binary), into); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		took := time.Since(began).Nanoseconds()
		spent.Add(took)
		if strings.HasPrefix(r.name, logTables) {
			onLog.Add(took)
		}
	}
	_, err := to.Exec(ctx, "COMMIT")
	return err
}

// line writes the anchor for people.
func (a anchor) line() string {
	parts := make([]string, 0, len(a.Rows))
	for _, name := range sortedNames(a.Rows) {
		parts = append(parts, fmt.Sprintf("%s %d", name, a.Rows[name]))
	}
	return fmt.Sprintf("raw COPY of %d transfers in %d transactions over %d connections: %.0f transfers/s (%s)",
		a.Transfers, a.Batches, a.Connections, a.TransfersPerS, strings.Join(parts, ", "))
}
