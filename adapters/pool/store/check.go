package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Check holds the whole schema against itself, in one snapshot: the tree against every checkpoint, lines against the
// entries that name them, balances against postings from the first on, and what refuses change. log is the key that
// signs checkpoints.
func (s *Store) Check(ctx context.Context, log note.Verifier) (findings []ledger.Finding, err error) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		for _, check := range []func(context.Context, pgx.Tx, note.Verifier) (ledger.Finding, error){
			checkLog, counting("lines_are_logged", linesAndInputs, "%d entries, each with its input, and the lines that it names"),
			counting("acts_answered_once", actsAndInputs, "%d acts, each answered by the entry of its bytes"),
			counting("zero_sum", sums, "%d units, each of sum zero"),
			counting("balances_are_postings", balancesAndPostings, "%d balances, each the one before and its entry's postings"),
			counting("append_only", guards, "%d tables that the node can read and add to, and nothing else"),
		} {
			finding, err := check(ctx, tx, log)
			if err != nil {
				return err
			}
			findings = append(findings, finding)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pool %s: check: %w", s.name, err)
	}
	return findings, nil
}

// counting makes a check of a query that returns how many are wrong, and how many there are.
func counting(name, sql, right string) func(context.Context, pgx.Tx, note.Verifier) (ledger.Finding, error) {
	return func(ctx context.Context, tx pgx.Tx, _ note.Verifier) (ledger.Finding, error) {
		var wrong, all int64
		if err := tx.QueryRow(ctx, sql).Scan(&wrong, &all); err != nil {
			return ledger.Finding{}, fmt.Errorf("%s: %w", name, err)
		}
		if wrong > 0 {
			return ledger.Finding{Name: name, Detail: fmt.Sprintf("%d of %d are wrong", wrong, all)}, nil
		}
		return ledger.Finding{Name: name, OK: true, Detail: fmt.Sprintf(right, all)}, nil
	}
}

// checkLog grows the tree, and holds it against each checkpoint on the way, and each line against its columns.
func checkLog(ctx context.Context, tx pgx.Tx, log note.Verifier) (ledger.Finding, error) {
	finding := ledger.Finding{Name: "log_is_signed"}
	rows, err := tx.Query(ctx, `SELECT e.index, e.body, coalesce(c.note, ''),
		ARRAY(SELECT l.blob FROM line l WHERE l.index = e.index ORDER BY l.place),
		ARRAY(SELECT l.section || ' ' || l.kind || ' ' || array_to_string(l.about, ' ') FROM line l WHERE l.index = e.index ORDER BY l.place)
		FROM entry e LEFT JOIN checkpoint c ON c.index = e.index ORDER BY e.index`)
	if err != nil {
		return finding, err
	}
	defer rows.Close()
	var tree audit.Tree
	for rows.Next() {
		var kept diary.Logged
		var signed string
		var columns []string
		if err := rows.Scan(&kept.Index, &kept.Entry, &signed, &kept.Blobs, &columns); err != nil {
			return finding, err
		}
		if err := follows(&tree, kept, signed, columns, log); err != nil {
			finding.Detail = fmt.Sprintf("entry %d: %v", kept.Index, err)
			return finding, nil
		}
	}
	finding.OK, finding.Detail = true, fmt.Sprintf("%d entries, each with the checkpoint of its root", tree.Size())
	return finding, rows.Err()
}

// follows puts an entry into the tree, and says what of it does not hold.
func follows(tree *audit.Tree, kept diary.Logged, signed string, columns []string, log note.Verifier) error {
	if kept.Index != tree.Size() {
		return fmt.Errorf("stands at place %d", tree.Size())
	}
	tree.Append(audit.Leaf(kept.Entry))
	c, err := audit.OpenCheckpoint(signed, log)
	if err != nil {
		return err
	}
	if c.Size != tree.Size() || string(c.Origin) != log.Name() {
		return fmt.Errorf("checkpoint of %d of %s", c.Size, c.Origin)
	}
	if c.Root != tree.Root() {
		return &audit.RootError{Checkpoint: c, Root: tree.Root()}
	}
	if err := kept.Check(); err != nil {
		return err
	}
	for place, blob := range kept.Blobs {
		_, line, err := diary.ParseBlob(blob)
		if err == nil && columns[place] != joined(line) {
			err = errors.New("is not what its columns say")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", place, err)
		}
	}
	return nil
}

// joined writes a line's columns as the query does.
func joined(line diary.Line) string {
	return line.Section + " " + line.Kind + " " + strings.Join(line.About, " ")
}

const linesAndInputs = `
	SELECT count(*) FILTER (WHERE i.index IS NULL OR l.lines IS NULL OR l.last <> l.lines - 1)
	     + (SELECT count(*) FROM line l WHERE NOT EXISTS (SELECT FROM entry e WHERE e.index = l.index))
	     + (SELECT count(*) FROM input i WHERE NOT EXISTS (SELECT FROM entry e WHERE e.index = i.index)), count(*)
	FROM entry e LEFT JOIN input i ON i.index = e.index
	LEFT JOIN (SELECT index, count(*) AS lines, max(place) AS last FROM line GROUP BY index) l ON l.index = e.index`

const actsAndInputs = `
	SELECT count(*) FILTER (WHERE i.index IS NULL OR i.key = '' OR a.hash <> sha256(i.body)), count(*)
	FROM act a LEFT JOIN input i ON i.index = a.index`

const sums = `
	SELECT count(*) FILTER (WHERE minor <> 0), count(*) FROM (
		SELECT sum(minor) AS minor FROM (SELECT DISTINCT ON (account, unit) unit, minor FROM balance ORDER BY account, unit, index DESC) newest
		GROUP BY unit) units`

const balancesAndPostings = `
	WITH moved AS (
		SELECT index, unit, account, sum(minor) AS minor FROM posting
		CROSS JOIN LATERAL (VALUES (debit, -amount_minor), (credit, amount_minor)) AS side (account, minor) GROUP BY index, unit, account
	), kept AS (
		SELECT index, unit, account, minor - coalesce(lag(minor) OVER (PARTITION BY account, unit ORDER BY index), 0) AS minor FROM balance
	)
	SELECT count(*) FILTER (WHERE k.minor IS DISTINCT FROM m.minor), count(k.account)
	FROM kept k FULL JOIN moved m USING (index, unit, account)`

const guards = `
	WITH guard AS (SELECT tgrelid, array_agg(tgname::text) AS names FROM pg_trigger WHERE tgenabled = 'O' GROUP BY tgrelid)
	SELECT count(*) FILTER (WHERE g.names IS NULL OR NOT 'kept' = ANY(g.names) OR NOT g.names && ARRAY['with_entry', 'next']
	           OR NOT has_table_privilege(c.oid, 'SELECT') OR NOT has_table_privilege(c.oid, 'INSERT')
	           OR has_any_column_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE')), count(*)
	FROM pg_class c LEFT JOIN guard g ON g.tgrelid = c.oid
	WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'goose_db_version'`
