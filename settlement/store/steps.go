package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Steps puts together what a batch's entry in the log commits to: its intents by the batch's record, and its states as
// they stand in the table, which is the order that they were written in. Whether that is so, the entry's root tells:
// otherwise, and of batches before ayni-net-3, the error is *ledger.StepsError. Refused intents take the right to read
// messages.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Steps(ctx context.Context, batch int64) (p ledger.ProvedSteps, err error) {
	err = l.moment(ctx, func(tx pgx.Tx) error {
		err := each(ctx, tx, `SELECT e.index, e.body FROM ledger.batch b JOIN ledger.log_entry e ON e.index = b.log_index WHERE b.id = $1`,
			func(row pgx.Rows) error { return row.Scan(&p.Index, &p.Entry) }, batch)
		if err == nil && p.Entry == nil {
			err = ledger.ErrNoBatch
		}
		if err != nil {
			return err
		}
		record, err := readRecord(ctx, tx, batch)
		if err != nil {
			return err
		}
		steps := audit.KeepSteps()
		for _, m := range record.Messages {
			if err := intentSteps(ctx, tx, steps, m); err != nil {
				return err
			}
		}
		if err := stateSteps(ctx, tx, steps, batch, record); err != nil {
			return err
		}
		var entry struct {
			Steps audit.StepsEntry `json:"steps"`
		}
		if err := json.Unmarshal(p.Entry, &entry, json.StringifyNumbers(true)); err != nil {
			return err
		}
		root := steps.Root()
		if entry.Steps.Root != base64.StdEncoding.EncodeToString(root[:]) {
			return &ledger.StepsError{Batch: batch}
		}
		p.Lines = steps.Lines()
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("ledger: steps: %w", err)
	}
	return p, nil
}

// intentStep is what became of the intent in one place of a message.
type intentStep struct {
	place    int32
	id       string
	hash     [32]byte
	transfer int64
	fault    string
}

func intentSteps(ctx context.Context, tx pgx.Tx, to *audit.Steps, m recordedMessage) error {
	var all []intentStep
	for _, run := range m.Accepted {
		for place := run[0]; place <= run[1]; place++ {
			all = append(all, intentStep{place: place, transfer: m.First + int64(len(all))})
		}
	}
	var sender string
	if err := tx.QueryRow(ctx, `SELECT name FROM ledger.participant WHERE id = $1`, m.Participant).Scan(&sender); err != nil {
		return err
	}
	if len(all) > 0 {
		err := each(ctx, tx, `SELECT t.id, t.intent, i.hash FROM ledger.transfer t JOIN ledger.intent i ON i.participant = t.debtor AND i.id = t.intent
			WHERE t.id >= $1 AND t.id < $2 ORDER BY t.id`, func(row pgx.Rows) error {
			var transfer int64
			var id string
			var hash []byte
			err := row.Scan(&transfer, &id, &hash)
			s := &all[transfer-m.First]
			s.id = id
			copy(s.hash[:], hash)
			return err
		}, m.First, m.First+int64(len(all)))
		if err != nil {
			return err
		}
	}
	if len(m.Refused) > 0 {
		elements, err := openIntents(ctx, tx, m.Participant, m.Sequence)
		if err != nil {
			return err
		}
		for _, r := range m.Refused {
			if int(r.Place) >= len(elements) {
				continue // and the root will tell
			}
			var named struct {
				ID string `json:"id"`
			}
			raw := elements[r.Place]
			_ = json.Unmarshal(raw, &named) // likewise
			all = append(all, intentStep{place: r.Place, id: named.ID, hash: sha256.Sum256(raw), fault: r.Fault})
		}
	}
	slices.SortStableFunc(all, func(a, b intentStep) int { return int(a.place) - int(b.place) })
	for _, s := range all {
		transfer := ""
		if s.fault == "" {
			transfer = settlement.TransferID(s.transfer).String()
		}
		to.Intent(sender, s.id, s.hash, transfer, s.fault)
	}
	return nil
}

// openIntents reads the open line of a message: the intents in it by their places.
func openIntents(ctx context.Context, from querier, participant int32, sequence int64) ([]jsontext.Value, error) {
	var open []byte
	err := each(ctx, from, `SELECT payload FROM ledger.envelope WHERE participant = $1 AND sequence = $2`, func(row pgx.Rows) error {
		var payload []byte
		err := row.Scan(&payload)
		open, _ = messaging.Open(payload)
		return err
	}, participant, sequence)
	if err != nil {
		return nil, err
	}
	var line struct {
		Intents []jsontext.Value `json:"intents"`
	}
	if err := json.Unmarshal(open, &line); err != nil {
		return nil, fmt.Errorf("message %d: %w", sequence, err)
	}
	return line.Intents, nil
}

// stateSteps adds the states of the transfers that the record speaks of, in the order of the table.
func stateSteps(ctx context.Context, tx pgx.Tx, to *audit.Steps, batch int64, record batchRecord) error {
	its, err := idsGiven(ctx, tx, []int64{batch})
	if err != nil {
		return err
	}
	return each(ctx, tx, `SELECT e.transfer, e.state, e.reason FROM (
			SELECT unnest($2::bigint[]) AS id
			UNION SELECT id FROM ledger.transfer WHERE id >= $3 AND id < $4 AND batch = $1
			UNION SELECT return_of FROM ledger.transfer WHERE id >= $3 AND id < $4 AND batch = $1 AND return_of IS NOT NULL
			UNION SELECT return_of FROM ledger.transfer WHERE id = ANY ($2) AND return_of IS NOT NULL
			UNION SELECT id FROM ledger.transfer WHERE return_of = ANY ($2)) t
		JOIN ledger.transfer_event e ON e.transfer = t.id AND e.batch = $1 ORDER BY e.tableoid, e.ctid`, func(row pgx.Rows) error {
		var id settlement.TransferID
		var state, reason string
		err := row.Scan(&id, &state, &reason)
		to.State(id.String(), state, reason)
		return err
	}, pgx.QueryExecModeCacheDescribe, batch, record.moved(), its.first[0], its.end[0])
}

// OpenIntent is the text of an intent as it was signed, without what is closed. It takes the right to read messages.
func (l *Ledger) OpenIntent(ctx context.Context, participant string, message uint64, place int32) ([]byte, error) {
	var id int32
	err := l.pool.QueryRow(ctx, `SELECT id FROM ledger.participant WHERE name = $1`, participant).Scan(&id)
	if err != nil {
		return nil, fmt.Errorf("ledger: message %d of %s: %w", message, participant, err)
	}
	intents, err := openIntents(ctx, l.pool, id, signed(message))
	if err == nil && int(place) >= len(intents) {
		err = fmt.Errorf("no intent %d", place)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: message %d of %s: %w", message, participant, err)
	}
	return intents[place], nil
}
