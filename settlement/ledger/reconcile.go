package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// MovementKind says why money moved at a participant's rail.
type MovementKind string

// The kinds of movement.
const (
	MovedCollection MovementKind = "collection" // a customer paid for an intent
	MovedPayout     MovementKind = "payout"
	MovedRefund     MovementKind = "refund"
)

// RailMovement is money that moved at a participant's rail as the log has it, and what postings moved for it.
type RailMovement struct {
	Kind        MovementKind
	Transfer    settlement.TransferID
	Intent      string // the debtor's id
	RailRef     string // the rail's receipt; "" of a collection
	AmountMinor int64
	PostedMinor int64 // on the participant's accounts, without fees
	Cleared     bool  // whether there should be postings: a collection has none until its transfer clears
	Unknown     bool  // the rail does not know yet whether it did
	Currency    fx.Currency
	At          time.Time // the clock of the batch that took it in
}
