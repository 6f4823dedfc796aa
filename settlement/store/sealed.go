package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// SealedMessage is what is kept of a message's closed lines, and where the log has the open line that names them.
type SealedMessage struct {
	Index       int64 // of its batch's entry
	Participant string
	Sequence    uint64
	Sealed      []byte // persons.ReadMessage
}

// Sealed hands over what is kept of closed lines, in the order of the log.
func (l *Ledger) Sealed(ctx context.Context, visit func(SealedMessage) error) error {
	err := each(ctx, l.pool, `SELECT b.log_index, p.name, e.sequence, e.closed FROM ledger.envelope e
		JOIN ledger.batch b ON b.id = e.batch JOIN ledger.participant p ON p.id = e.participant
		WHERE e.closed IS NOT NULL ORDER BY b.log_index, p.name, e.sequence`, func(row pgx.Rows) error {
		var m SealedMessage
		if err := row.Scan(&m.Index, &m.Participant, &m.Sequence, &m.Sealed); err != nil {
			return err
		}
		return visit(m)
	})
	if err != nil {
		return fmt.Errorf("ledger: sealed messages: %w", err)
	}
	return nil
}

// OpenIntent is the intent of a transfer that has no final state, in the message that it came with.
type OpenIntent struct {
	Transfer    settlement.TransferID
	Participant string
	Place       int32
	ledger.Body
}

// OpenIntents hands over the intents of open transfers.
func (l *Ledger) OpenIntents(ctx context.Context, visit func(OpenIntent) error) error {
	err := each(ctx, l.pool, `SELECT o.id, p.name, o.envelope_place, e.payload, e.closed FROM (`+openTransfers+`) o
		JOIN ledger.participant p ON p.id = o.debtor
		JOIN ledger.envelope e ON e.participant = o.debtor AND e.sequence = o.envelope_sequence`, func(row pgx.Rows) error {
		var o OpenIntent
		if err := row.Scan(&o.Transfer, &o.Participant, &o.Place, &o.Payload, &o.Closed); err != nil {
			return err
		}
		return visit(o)
	})
	if err != nil {
		return fmt.Errorf("ledger: open intents: %w", err)
	}
	return nil
}
