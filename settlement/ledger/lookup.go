package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// IntentKey names an intent: its sender and its sender's id.
type IntentKey struct {
	Participant int32
	ID          string
}

// KnownIntent is what became of an id that was used before.
type KnownIntent struct {
	Hash     [32]byte
	Transfer settlement.TransferID
	State    messaging.State // of the transfer, as the database has it
	Reason   string
	Fault    messaging.Fault // why it never became a transfer
	Detail   string
}

// Intents looks up ids. Those never used are absent from the answer.
//
// Isolation: READ COMMITTED, on any session. Ids are added and never changed, so an answer can only lack what
// was committed after the question; the engine knows that from memory.
func (l *Ledger) Intents(ctx context.Context, keys []IntentKey) (map[IntentKey]KnownIntent, error) {
	known := make(map[IntentKey]KnownIntent)
	if len(keys) == 0 {
		return known, nil
	}
	participants, ids := make([]int32, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		participants[i], ids[i] = k.Participant, k.ID
	}
	err := each(ctx, l.pool, `SELECT n.participant, n.id, n.hash, coalesce(n.transfer, 0), n.fault, n.detail,
		       coalesce(last.state, ''), coalesce(last.reason, '')
		FROM unnest($1::integer[], $2::text[]) AS asked (participant, id)
		JOIN ledger.intent n ON n.participant = asked.participant AND n.id = asked.id
		LEFT JOIN ledger.transfer_state last ON last.id = n.transfer`,
		func(row pgx.Rows) error {
			var key IntentKey
			var value KnownIntent
			var hash []byte
			if err := row.Scan(&key.Participant, &key.ID, &hash, &value.Transfer, &value.Fault, &value.Detail,
				&value.State, &value.Reason); err != nil {
				return err
			}
			copy(value.Hash[:], hash)
			known[key] = value
			return nil
		}, participants, ids)
	if err != nil {
		return nil, fmt.Errorf("ledger: look up intents: %w", err)
	}
	return known, nil
}

// FinishedTransfer is a transfer that is no longer open, as far as a late outcome needs it.
type FinishedTransfer struct {
	Debtor, Creditor int32
	State            messaging.State
}

// Finished looks up transfers that the engine no longer holds. Unknown ids are absent from the answer.
// Isolation is as with Intents.
func (l *Ledger) Finished(ctx context.Context, ids []settlement.TransferID) (map[settlement.TransferID]FinishedTransfer, error) {
	finished := make(map[settlement.TransferID]FinishedTransfer)
	if len(ids) == 0 {
		return finished, nil
	}
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	err := each(ctx, l.pool, `SELECT t.id, t.debtor, t.creditor, e.state FROM ledger.transfer t
		JOIN ledger.transfer_event e ON e.transfer = t.id AND e.state IN ('paid', 'returned', 'expired')
		WHERE t.id = ANY ($1) AND t.return_of IS NULL`,
		func(row pgx.Rows) error {
			var id settlement.TransferID
			var t FinishedTransfer
			if err := row.Scan(&id, &t.Debtor, &t.Creditor, &t.State); err != nil {
				return err
			}
			finished[id] = t
			return nil
		}, numbers)
	if err != nil {
		return nil, fmt.Errorf("ledger: look up finished transfers: %w", err)
	}
	return finished, nil
}
