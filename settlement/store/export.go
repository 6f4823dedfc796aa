package store

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// LoggedBatch is what the settlement log has of one batch: its entries, what they name, and the checkpoint after them.
type LoggedBatch struct {
	Batch   int64
	Entries []ledger.LogEntry
	Blobs   [][]byte
	Note    string
}

// Log hands over the settlement log from the entry of an index on, batch by batch, from one snapshot. Inputs that no
// longer are what the entry names, and months that were taken away, are errors.
func (l *Ledger) Log(ctx context.Context, from int64, each func(LoggedBatch) error) error {
	tx, err := l.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("ledger: log: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // reading only: nothing to undo
	rows, err := tx.Query(ctx, `SELECT batch FROM ledger.log_entry WHERE index >= $1 GROUP BY batch ORDER BY min(index)`, from)
	if err != nil {
		return fmt.Errorf("ledger: log: %w", err)
	}
	batches, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("ledger: log: %w", err)
	}
	for _, batch := range batches {
		logged, err := readLogged(ctx, tx, batch)
		if err != nil {
			return fmt.Errorf("ledger: log of batch %d: %w", batch, err)
		}
		if logged.Entries[0].Index < from {
			return fmt.Errorf("ledger: log: entry %d is no batch's first", from)
		}
		if err := each(logged); err != nil {
			return err
		}
	}
	return nil
}

func readLogged(ctx context.Context, tx pgx.Tx, batch int64) (b LoggedBatch, err error) {
	b.Batch = batch
	err = each(ctx, tx, `SELECT index, kind, body FROM ledger.log_entry WHERE batch = $1 ORDER BY index`, func(row pgx.Rows) error {
		var e ledger.LogEntry
		err := row.Scan(&e.Index, &e.Kind, &e.Body)
		b.Entries = append(b.Entries, e)
		return err
	}, batch)
	if err != nil {
		return b, err
	}
	err = each(ctx, tx, `SELECT v.body FROM ledger.log_blob v JOIN ledger.batch b ON b.id = v.batch
		WHERE v.batch = $1 AND v.decided_at IN (b.decided_at, 'epoch') ORDER BY v.hash`, func(row pgx.Rows) error {
		var body []byte
		err := row.Scan(&body)
		b.Blobs = append(b.Blobs, body)
		return err
	}, batch)
	if err != nil {
		return b, err
	}
	if err := tx.QueryRow(ctx, `SELECT note FROM ledger.log_checkpoint WHERE batch = $1`, batch).Scan(&b.Note); err != nil {
		return b, fmt.Errorf("checkpoint: %w", err)
	}
	inputs, err := readInputs(ctx, tx, batch)
	if err != nil {
		return b, fmt.Errorf("inputs: %w", err)
	}
	if inputs != nil {
		b.Blobs = append(b.Blobs, inputs)
	}
	return b, nil
}

// readInputs puts a batch's inputs together; nil where its rules kept none.
func readInputs(ctx context.Context, tx pgx.Tx, batch int64) ([]byte, error) {
	var hash, headers []byte
	err := tx.QueryRow(ctx, `SELECT hash, headers FROM ledger.log_inputs WHERE batch = $1`, batch).Scan(&hash, &headers)
	if err != nil {
		if err == pgx.ErrNoRows { //nolint:errorlint // pgx returns it bare
			return nil, nil
		}
		return nil, err
	}
	type key struct {
		participant string
		sequence    uint64
	}
	open := map[key][]byte{}
	err = each(ctx, tx, `SELECT p.name, e.sequence, e.payload FROM ledger.envelope e JOIN ledger.participant p ON p.id = e.participant
		WHERE e.batch = $1
		UNION ALL SELECT p.name, e.sequence, e.payload FROM ledger.letter_replay r JOIN ledger.command_result c ON c.command = r.command
		JOIN ledger.envelope e ON e.participant = r.participant AND e.sequence = r.sequence JOIN ledger.participant p ON p.id = e.participant
		WHERE c.batch = $1`, func(row pgx.Rows) error {
		var k key
		var payload []byte
		err := row.Scan(&k.participant, &k.sequence, &payload)
		open[k], _ = messaging.Open(payload) // what nobody could read is kept whole, and read when its key came
		return err
	}, batch)
	if err != nil {
		return nil, err
	}
	blob, err := audit.JoinMessages(headers, func(participant string, sequence uint64) ([]byte, error) {
		payload, ok := open[key{participant, sequence}]
		if !ok {
			return nil, fmt.Errorf("envelope %d of %s is not there", sequence, participant)
		}
		return payload, nil
	})
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(blob) != [32]byte(hash) {
		return nil, fmt.Errorf("the envelopes are not what was logged: their inputs are not %x", hash)
	}
	return blob, nil
}
