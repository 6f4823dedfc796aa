package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// inspectLog rebuilds the tree from the entries and holds it against every signed checkpoint, and every blob
// against its name. A batch's record must be there.
func inspectLog(all []section, verifier note.Verifier) inspection {
	var tree ledger.Finding
	var blobs, records count
	i := inspection{pieces: []piece{func(ctx context.Context, tx pgx.Tx) (err error) {
		tree, err = checkTree(ctx, tx, verifier)
		return err
	}}}
	for _, s := range all {
		i.pieces = append(i.pieces,
			blobs.query("blobs", `SELECT count(*) FILTER (WHERE sha256(body) <> hash), count(*) FROM ledger.log_blob WHERE batch BETWEEN $1 AND $2`,
				s.batches()...),
			records.query("records", `SELECT count(*) FILTER (WHERE v.batch IS NULL), count(*) FROM ledger.batch b
				JOIN ledger.log_entry e ON e.index = b.log_index
				LEFT JOIN (SELECT hash, batch FROM ledger.log_blob WHERE batch BETWEEN $1 AND $2) v
					ON v.batch = b.id AND v.hash = decode(convert_from(e.body, 'UTF8')::jsonb->>'record', 'hex')
				WHERE b.id BETWEEN $1 AND $2`, s.batches()...))
	}
	i.tell = func() ledger.Finding {
		switch {
		case tree.Detail != "" && !tree.OK:
		case blobs.bad > 0:
			tree.OK, tree.Detail = false, fmt.Sprintf("%d of %d blobs are not what their names say", blobs.bad, blobs.all)
		case records.bad > 0:
			tree.OK, tree.Detail = false, fmt.Sprintf("the records of %d of %d batches are missing", records.bad, records.all)
		}
		return tree
	}
	return i
}

// logPage is how many entries are held in memory at a time.
const logPage = 10_000

func checkTree(ctx context.Context, tx pgx.Tx, verifier note.Verifier) (ledger.Finding, error) {
	finding := ledger.Finding{Name: "log_is_whole"}
	var entries, last, checkpoints int64
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM ledger.log_entry), (SELECT coalesce(max(index), -1) FROM ledger.log_entry),
		(SELECT count(*) FROM ledger.log_checkpoint)`).Scan(&entries, &last, &checkpoints)
	if err != nil {
		return finding, fmt.Errorf("log: %w", err)
	}
	if entries != last+1 {
		finding.Detail = fmt.Sprintf("%d entries, and the last is number %d", entries, last)
		return finding, nil
	}
	var tree audit.Tree
	var verified, covered int64
	for tree.Size() < entries && finding.Detail == "" {
		notes, err := checkpointsAfter(ctx, tx, tree.Size())
		if err != nil {
			return finding, err
		}
		err = each(ctx, tx, `SELECT body, leaf FROM ledger.log_entry WHERE index >= $1 AND index < $2 ORDER BY index`, func(row pgx.Rows) error {
			var body, leaf []byte
			if err := row.Scan(&body, &leaf); err != nil {
				return err
			}
			hash := audit.Leaf(body)
			if !bytes.Equal(hash[:], leaf) && finding.Detail == "" {
				finding.Detail = fmt.Sprintf("entry %d is not what its leaf says", tree.Size())
			}
			tree.Append(hash)
			signed, ok := notes[tree.Size()]
			if !ok || finding.Detail != "" {
				return nil
			}
			checkpoint, err := audit.OpenCheckpoint(signed, verifier)
			switch {
			case err != nil:
				finding.Detail = err.Error()
			case checkpoint.Size != tree.Size() || checkpoint.Root != tree.Root():
				finding.Detail = fmt.Sprintf("the checkpoint of size %d commits to another log", tree.Size())
			default:
				verified, covered = verified+1, tree.Size()
			}
			return nil
		}, tree.Size(), tree.Size()+logPage)
		if err != nil {
			return finding, fmt.Errorf("entries: %w", err)
		}
	}
	switch {
	case finding.Detail != "":
	case covered != entries:
		finding.Detail = fmt.Sprintf("no checkpoint commits to the last of %d entries", entries)
	default:
		finding.OK = verified == checkpoints
		finding.Detail = fmt.Sprintf("%d entries without a gap; %d of %d signed checkpoints commit to them", entries, verified, checkpoints)
	}
	return finding, nil
}

// checkpointsAfter are the signed notes of the page of entries that begins at a size, by size.
func checkpointsAfter(ctx context.Context, tx pgx.Tx, size int64) (map[int64]string, error) {
	notes := map[int64]string{}
	err := each(ctx, tx, `SELECT size, note FROM ledger.log_checkpoint WHERE size > $1 AND size <= $2`, func(row pgx.Rows) error {
		var size int64
		var signed string
		err := row.Scan(&size, &signed)
		notes[size] = signed
		return err
	}, size, size+logPage)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return notes, nil
}
