package ledger

import (
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

// FinishedTransfer is a transfer that is no longer open, as far as a late outcome needs it.
type FinishedTransfer struct {
	Debtor, Creditor int32
	State            messaging.State
}
