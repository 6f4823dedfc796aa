package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// ErrNoBatch says that there is no such batch. A retry fails until there is.
var ErrNoBatch = errors.New("ledger: no such batch")

// ListedBatch is a batch in a list.
type ListedBatch struct {
	ID        int64
	Window    settlement.WindowID // of the default group
	DecidedAt time.Time           // the batch's clock
	WrittenAt time.Time
	Accepted  int64 // intents that entered the queue
	Cleared   int64
	Queued    int64 // that wait after it
	LogIndex  int64 // of the batch's entry
	Clearing  Clearing
}

// BatchStory is a batch with what it moved. Its transfers are found by TransferFilter.Batch.
type BatchStory struct {
	ListedBatch
	Moved    []AccountMove  // by account
	Prices   []AccountPrice // of liquidity that bound its choice, the highest first; the record keeps 64
	Lacking  []AccountLack  // what waits lacks, by account, the most first: of the oldest 100 that wait
	Windows  []BatchWindow  // what it did to windows
	Inputs   []BatchStream  // what it read
	LogSize  int64          // of the log after it
	Commands []BatchCommand // that it carried out or refused
}

// AccountMove is what a batch moved on an account.
type AccountMove struct {
	Side
	DebitMinor, CreditMinor, BalanceMinor int64 // the balance is the one after it
	Currency                              fx.Currency
}

// AccountPrice is the shadow price of an account's liquidity (netting.Selection.Price).
type AccountPrice struct {
	Side
	Currency fx.Currency
	Price    int64
}

// AccountLack sums what transfers that wait lack of an account's liquidity. It is a bound: what one brings may help
// others.
type AccountLack struct {
	Side
	Short     fx.Money
	Transfers int64
}

// BatchWindow is a step of a window that a batch took.
type BatchWindow struct {
	WindowRef
	State settlement.WindowState
}

// BatchStream is how many messages a batch read of a participant's stream.
type BatchStream struct {
	Participant string
	First, Last uint64
	Messages    int64
}

// BatchCommand is a command that a batch carried out, or refused with a fault.
type BatchCommand struct {
	ID             int64
	Kind           settlement.CommandKind
	Fault          string
	Maker, Checker string // "" where one person is enough
}
