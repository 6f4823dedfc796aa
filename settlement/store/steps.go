package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
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

// Steps puts together what the entries of batches in the log commit to: intents by the batch's record, and states as they
// stand in the table, which is the order that they were written in. Whether that is so, the entry's root tells: otherwise,
// and of batches before ayni-net-3, the error is *ledger.StepsError. Refused intents take the right to read messages.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Steps(ctx context.Context, batches ...int64) ([]ledger.ProvedSteps, error) {
	proved, all, senders := make([]ledger.ProvedSteps, len(batches)), make([]*batchSteps, len(batches)), map[int32]string{}
	err := l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		b.Queue(`SET LOCAL plan_cache_mode = force_generic_plan`) // as for a story
		queue(b, `SELECT id, name FROM ledger.participant`, func(row pgx.Rows) error {
			var id int32
			var name string
			err := row.Scan(&id, &name)
			senders[id] = name
			return err
		})
		for i, batch := range batches {
			s, p := &batchSteps{batch: batch, senders: senders, accepted: map[int64]intentStep{}, steps: audit.KeepSteps()}, &proved[i]
			all[i] = s
			queue(b, `SELECT e.index, e.body FROM ledger.batch b JOIN ledger.log_entry e ON e.index = b.log_index WHERE b.id = $1`,
				func(row pgx.Rows) error { return row.Scan(&p.Index, &p.Entry) }, batch)
			queue(b, recordOf, s.record.row, batch)
			queue(b, givenIDs, s.given.row, []int64{batch})
		}
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		b = &pgx.Batch{}
		for i, s := range all {
			if proved[i].Entry == nil {
				return ledger.ErrNoBatch
			}
			s.read(b)
		}
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		for _, s := range all {
			if err := s.put(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	for i, s := range all {
		if err == nil {
			proved[i].Lines, err = s.lines(proved[i].Entry)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: steps: %w", err)
	}
	return proved, nil
}

// lines are the steps, if they are what the batch's entry commits to.
func (s *batchSteps) lines(committed []byte) ([]string, error) {
	var entry struct {
		Steps audit.StepsEntry `json:"steps"`
	}
	if err := json.Unmarshal(committed, &entry, json.StringifyNumbers(true)); err != nil {
		return nil, err
	}
	root := s.steps.Root()
	if entry.Steps.Root != base64.StdEncoding.EncodeToString(root[:]) {
		return nil, &ledger.StepsError{Batch: s.batch}
	}
	return s.steps.Lines(), nil
}

// batchSteps puts a batch's steps together.
type batchSteps struct {
	batch    int64
	record   batchRecord
	given    given
	senders  map[int32]string
	accepted map[int64]intentStep // by transfer
	states   []stateStep
	steps    *audit.Steps
}

// intentStep is what became of the intent in one place of a message.
type intentStep struct {
	place    int32
	id       string
	hash     [32]byte
	transfer int64
	fault    string
}

// stateStep is a state that a transfer went into.
type stateStep struct {
	transfer      settlement.TransferID
	state, reason string
}

// read asks for what the batch accepted, and the states of the transfers that its record speaks of, in the order of the
// table.
func (s *batchSteps) read(b *pgx.Batch) {
	moved, first, end := s.record.moved(), s.given.first[0], s.given.end[0]
	var oldest, newest int64
	if len(moved) > 0 {
		oldest, newest = slices.Min(moved), slices.Max(moved)
	}
	queue(b, `SELECT t.id, t.intent, i.hash FROM ledger.transfer t JOIN ledger.intent i ON i.participant = t.debtor AND i.id = t.intent
		WHERE t.batch = $1 AND t.return_of IS NULL AND (t.id >= $2 AND t.id < $3 OR t.id < 1::bigint << 40)`, func(row pgx.Rows) error {
		var a intentStep
		var hash []byte
		err := row.Scan(&a.transfer, &a.id, &hash)
		copy(a.hash[:], hash)
		s.accepted[a.transfer] = a
		return err
	}, s.batch, first, end)
	// Of what the batch gave its ids, of what its record moved, and of what either sends back or is sent back by. The first
	// two are found in a few steps down the index, where a loop over their ids took three times as long.
	queue(b, `SELECT e.transfer, e.state, e.reason FROM (
			SELECT tableoid, ctid, * FROM ledger.transfer_event WHERE transfer >= $3 AND transfer < $4
			UNION ALL SELECT tableoid, ctid, * FROM ledger.transfer_event WHERE transfer = ANY ($2) AND transfer BETWEEN $5 AND $6 AND NOT (transfer >= $3 AND transfer < $4)
			UNION ALL SELECT e.tableoid, e.ctid, e.* FROM (
				SELECT return_of AS id FROM ledger.transfer WHERE id >= $3 AND id < $4 AND batch = $1 AND return_of IS NOT NULL
				UNION SELECT return_of FROM ledger.transfer WHERE id = ANY ($2) AND id BETWEEN $5 AND $6 AND return_of IS NOT NULL
				UNION SELECT id FROM ledger.transfer WHERE return_of = ANY ($2)) t
			JOIN ledger.transfer_event e ON e.transfer = t.id WHERE NOT (t.id >= $3 AND t.id < $4) AND t.id <> ALL ($2)) e
		WHERE e.batch = $1 ORDER BY e.tableoid, e.ctid`, func(row pgx.Rows) error {
		var v stateStep
		err := row.Scan(&v.transfer, &v.state, &v.reason)
		s.states = append(s.states, v)
		return err
	}, s.batch, moved, first, end, oldest, newest)
}

// put puts together what was read.
func (s *batchSteps) put(ctx context.Context, from querier) error {
	for _, message := range s.record.Messages {
		if err := s.message(ctx, from, message); err != nil {
			return err
		}
	}
	for _, v := range s.states {
		s.steps.State(v.transfer.String(), v.state, v.reason)
	}
	return nil
}

// message adds what became of a message's intents.
func (s *batchSteps) message(ctx context.Context, from querier, m recordedMessage) error {
	var all []intentStep
	for _, run := range m.Accepted {
		for place := run[0]; place <= run[1]; place++ {
			a := s.accepted[m.First+int64(len(all))]
			a.place, a.transfer = place, m.First+int64(len(all))
			all = append(all, a)
		}
	}
	if len(m.Refused) > 0 {
		elements, err := openIntents(ctx, from, m.Participant, m.Sequence)
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
	for _, a := range all {
		transfer := ""
		if a.fault == "" {
			transfer = settlement.TransferID(a.transfer).String()
		}
		s.steps.Intent(s.senders[m.Participant], a.id, a.hash, transfer, a.fault)
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

// OpenIntent is the text of an intent as it was signed, without what is closed. It takes the right to read messages.
func (l *Ledger) OpenIntent(ctx context.Context, participant string, message uint64, place int32) ([]byte, error) {
	id, err := l.numbers.of(ctx, l.pool, participant)
	if err == nil && id == 0 {
		err = errors.New("no such participant")
	}
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
