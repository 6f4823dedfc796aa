package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// Pulse is what changed since a batch, and what is so now. Counts are of the batches after that one, so that whoever
// shows totals adds them up.
type Pulse struct {
	After    int64 // the batch that it was asked for
	Newest   ListedBatch
	Batches  int64 // after it
	Accepted int64
	Cleared  int64
	Paid     int64
	Returned int64
	Expired  int64

	Oldest   time.Duration // how long the newest batch's oldest message had been with the broker when it was written
	Rate     Throughput    // of the minute up to the newest batch
	Accounts []AccountPulse
}

// Throughput counts a minute.
type Throughput struct{ Accepted, Cleared, Paid int64 }

// AccountPulse is an account that may owe: what the window that is open moved on it, and what it may owe yet.
type AccountPulse struct {
	Side
	Currency  fx.Currency
	Window    settlement.WindowID
	InMinor   int64
	OutMinor  int64
	UsedMinor int64 // what it stands below zero
	MayMinor  int64 // of prefunding and credit line together
}

// QueuedValue sums what waits to clear, in one currency of what was sent.
type QueuedValue struct {
	Value     fx.Money
	Transfers int64
	Oldest    time.Time // the broker's time of the one that waits the longest
}

// Minute sums the batches of one minute.
type Minute struct {
	Begins     time.Time
	Batches    int64
	Accepted   int64
	Cleared    int64
	Paid       int64
	Queued     int64         // that waited after its last batch
	Took       time.Duration // from a batch's clock to its writing, on average
	TookAtMost time.Duration
}
