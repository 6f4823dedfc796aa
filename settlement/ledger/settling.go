package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// Group is currencies that settle together, from a batch on.
type Group struct {
	Name        string
	Currencies  []fx.Currency // of settlement.DefaultGroup none: it has what no other names
	Timetable   []byte        // JSON of a schedule.Timetable; nil where windows close by command
	ShareMaxPPM int64         // of a survivor's credit line, for defaulters of one window

	SettleWithinSeconds int64 // 0: whoever owes may take for ever
}

// Method is how a participant settles windows that close from a batch on.
type Method struct {
	Participant int32
	Method      settlement.Method
}

// DefaultStep is one payment of a defaulter's debt on an account.
type DefaultStep struct {
	Window      settlement.WindowID
	Account     int64
	Step        int32 // from 1
	Kind        PostingKind
	Payer       int64 // the account that it came from
	AmountMinor int64
}

// Claim is what a defaulter owes to one who paid for it. Claims of one rank are paid back together, the highest
// rank first; LeftMinor is what is still owed.
type Claim struct {
	ID                  int64
	Window              settlement.WindowID
	Rank                int64
	Defaulter, Creditor int32
	Currency            fx.Currency
	AmountMinor         int64
	LeftMinor           int64
}

// ClaimPaid is what was paid back on a claim.
type ClaimPaid struct{ Claim, Command, AmountMinor int64 }

// OpenWindow is a group's window that takes in what clears now.
type OpenWindow struct {
	ID          settlement.WindowID
	Group       string
	OpenedBatch int64
	ClosesAt    time.Time // zero where a command closes it
}

// ClosedWindow is a window that is closed and not settled.
type ClosedWindow struct {
	ID     settlement.WindowID
	Group  string
	Due    time.Time // zero where it may wait for ever
	Failed bool
}
