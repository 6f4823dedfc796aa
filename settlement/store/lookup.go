package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Intents looks up ids. Those never used are absent from the answer.
//
// Isolation: READ COMMITTED, on any session. Ids are added and never changed, so an answer can only lack what
// was committed after the question; the engine knows that from memory.
func (l *Ledger) Intents(ctx context.Context, keys []ledger.IntentKey) (map[ledger.IntentKey]ledger.KnownIntent, error) {
	known := make(map[ledger.IntentKey]ledger.KnownIntent)
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
			var key ledger.IntentKey
			var value ledger.KnownIntent
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

// Finished looks up transfers that the engine no longer holds. Unknown ids are absent from the answer.
// Isolation is as with Intents.
func (l *Ledger) Finished(ctx context.Context, ids []settlement.TransferID) (map[settlement.TransferID]ledger.FinishedTransfer, error) {
	finished := make(map[settlement.TransferID]ledger.FinishedTransfer)
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
			var t ledger.FinishedTransfer
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
