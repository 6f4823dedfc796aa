package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// Gauges are how the ledger stands, for whoever watches it. Reading them costs the same however long the ledger is.
// Ages are by the database's clock; where there is nothing, they are 0.
type Gauges struct {
	Now            time.Time // the database's clock
	Epoch          int64     // of whoever leads, or led last
	Holder         string
	LeaseAge       time.Duration // since the leader said that it is alive
	BatchAge       time.Duration // since the newest batch was written
	Outbox         int64         // messages that were not published yet
	OutboxAge      time.Duration // of the oldest of them
	LogEntries     int64
	Requests       int64 // that wait for a second person
	RequestsAge    time.Duration
	Unwitnessed    int64 // instructions that wait for witnesses of the log
	UnwitnessedAge time.Duration
	SplitViews     int64
	Windows        []WindowGauge
	Liquidity      []LiquidityGauge
	Read           map[string]uint64 // by participant: the last message of its stream that was taken up
}

// WindowGauge counts windows of a group in a state that is not the last.
type WindowGauge struct {
	Group  string
	State  settlement.WindowState
	Count  int64
	Oldest time.Duration // in that state
}

// LiquidityGauge is what a participant has at its disposal in a currency, and what of it is used.
type LiquidityGauge struct {
	Participant                        string
	Currency                           fx.Currency
	PrefundMinor, CreditMinor, NetOwed int64 // NetOwed is what its position owes, 0 where it is owed
}

// Connections counts those of a pool to the database.
type Connections struct {
	Acquired, Idle, Max int32
	Waited              int64         // times that somebody waited for one, since the pool was opened
	WaitedFor           time.Duration // all of them together
}
