package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// MaxSearchText bounds in bytes what transfers are looked for by.
const MaxSearchText = 256

// ReceiptMemory is how long back, from the newest batch, transfers are looked for by a rail's receipt.
const ReceiptMemory = 31 * 24 * time.Hour

// TransferFilter says which transfers are looked for. What is zero asks for nothing.
type TransferFilter struct {
	Scope    string // a participant that sent or received them: whoever reads sees no others
	Debtor   string
	Creditor string

	State   messaging.State
	Waiting bool // only those that have not ended

	Currency           fx.Currency // of what was sent or what is received
	MinMinor, MaxMinor int64       // of the amount in that currency, both included; they take a currency

	From, Until time.Time // the clock of the batch that accepted them: from From until before Until
	Batch       int64     // that moved them, or what sends them back, into a state, or heard of them from a rail

	// Text is an id of any kind, whole: the transfer's or its return's, the intent's, a bundle's digest, a rail's receipt
	// (ReceiptMemory).
	Text string

	Cursor string // where the list goes on; "" at its begin
	Limit  int    // of transfers, see PageSize
}

// MaxEach bounds how many transfers are handed over in one go.
const MaxEach = 1_000_000

// ErrFilter says that nothing is looked for that way: amounts without a currency, or a text that is too long. A retry
// fails again.
var ErrFilter = errors.New("ledger: nothing is looked for that way")

// Check tells whether a filter can be looked for. Errors wrap ErrFilter.
func (f TransferFilter) Check() error {
	if f.Currency.IsZero() && (f.MinMinor != 0 || f.MaxMinor != 0) || f.MinMinor < 0 || f.MaxMinor < 0 || len(f.Text) > MaxSearchText || f.Batch < 0 {
		return ErrFilter
	}
	return nil
}

// FoundTransfer is a transfer in a list, and where it is now. What sends it back is shown with it.
type FoundTransfer struct {
	ID                  settlement.TransferID
	Intent              string // the debtor's id
	Debtor, Creditor    string
	Source, Destination fx.Money
	State               messaging.State
	Reason              string    // ISO 20022 status reason code; "" where there is none
	Batch               int64     // that brought it into this state
	Since               time.Time // and its clock
	ReceivedAt          time.Time // the broker's time of the intent
	AcceptedAt          time.Time // the clock of the batch that accepted it
	Deadline            time.Time
}

// TransferPage is a part of a list, newest first. A page may have fewer transfers than were asked for, or none, and go
// on nevertheless: how many are looked at for one page is bounded. Next is "" at the end.
type TransferPage struct {
	Transfers []FoundTransfer
	Next      string
}

// RefusedIntent is an id that never became a transfer.
type RefusedIntent struct {
	Participant string // who sent it
	ID          string
	Batch       int64
	At          time.Time // the batch's clock
	Fault       messaging.Fault
}
