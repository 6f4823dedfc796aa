package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// ListedWindow is a window in a list: what it is now, since when, and what it netted.
type ListedWindow struct {
	WindowRef
	State      settlement.WindowState
	OpenedAt   time.Time   // clocks of batches
	ClosedAt   time.Time   // zero while it is open
	Moment     time.Time   // when an open one closes, or a closed one is due; zero where that is open
	Since      time.Time   // it came into its state
	Batches    Span        // whose flows it nets: the last is the newest while it is open
	Currencies []WindowSum // by currency; of closed windows only
}

// WindowSum is what a closed window left in one currency.
type WindowSum struct {
	Currency   fx.Currency
	GrossMinor int64 // what all owed, each obligation by itself
	NetMinor   int64 // what those who owed after netting have to bring
}

// WindowStory is a window with what settling it takes and took.
type WindowStory struct {
	ListedWindow
	States       []WindowStep
	Nets         []WindowPosition // by account; of an open window as of now
	Instructions []ListedInstruction
	Defaults     []WindowDefault // the steps of the default procedure, in order
	Trades       []WindowTrade   // what the FX pool needed from outside when it closed
}

// WindowStep is a state that a window came into.
type WindowStep struct {
	State    settlement.WindowState
	Batch    int64
	At       time.Time
	LogIndex int64
}

// WindowPosition is what a window left on an account: Net is what it earned, or owes below zero.
type WindowPosition struct {
	Side
	Currency          fx.Currency
	InMinor, OutMinor int64
	NetMinor          int64
}

// WindowDefault is one payment of a defaulter's debt.
type WindowDefault struct {
	Step        int32
	Kind        PostingKind
	Owed, Payer Side
	Amount      fx.Money
	Batch       int64
}

// WindowTrade is one exchange that the FX pool needed from outside, and the quotes that covered it best.
type WindowTrade struct {
	Sell, Buy fx.Money
	Fills     []WindowFill
}

// WindowFill is the part of a trade that a provider's quote covers.
type WindowFill struct {
	Provider, Quote string
	Sell, Buy       fx.Money
}

// ListedInstruction is what the settlement agent is told, and what became of it.
type ListedInstruction struct {
	ID          settlement.InstructionID
	Window      settlement.WindowID // 0 of a withdrawal
	Kind        InstructionKind
	Participant string
	Amount      fx.Money
	ValueDate   fx.Date
	GivenAt     time.Time // the batch's clock
	Batch       int64
	ToldAt      time.Time // when it waited for witnesses no more; zero where it did not have to
	Waits       bool      // for witnesses
	Result      Result    // "" while it is open
	Evidence    string
	EndedAt     time.Time
}
