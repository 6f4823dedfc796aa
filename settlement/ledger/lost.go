package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

// Point is a batch, and where it stands in the database's own order.
type Point struct {
	Batch     int64
	DecidedAt time.Time
	XID       string // the transaction that wrote it
}

// LostCommand is a command that a ledger put back to an earlier batch does not know, or has not carried out.
type LostCommand struct {
	Key   string
	Kind  settlement.CommandKind
	Batch int64 // that carried it out; 0 where none had
}

// LostTransfer is a transfer that a ledger put back to an earlier batch does not know as far as it had come.
type LostTransfer struct {
	Transfer         settlement.TransferID
	Debtor, Creditor string // names of participants
	Intent           string
	State            string
	Batch            int64 // that brought it into the state
}
