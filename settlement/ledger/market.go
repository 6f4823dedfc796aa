package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// RatesInForce is the newest sheet of reference rates.
type RatesInForce struct {
	Sheet   fx.Sheet // Serial is 0 where there is none
	TakenAt time.Time
	Batch   int64
	Signers int // of its committee, and how many it needs
	Needed  int
}

// StandingQuote is a provider's promise that has not expired.
type StandingQuote struct {
	fx.Quote
	Batch int64
	At    time.Time // the clock of the batch that took it
}

// PoolExposure is what the FX pool holds (or owes, below zero) in one currency, and what stands behind it.
type PoolExposure struct {
	Currency        fx.Currency
	PositionMinor   int64
	PrefundMinor    int64
	CreditLineMinor int64
	InMinor         int64 // what cross-currency transfers brought into the pool in the window that is open
	OutMinor        int64 // and took out of it
}

// PoolUse is what passed the FX pool in a closed window in one currency: Matched met within the pool, Left was for the
// provider to cover.
type PoolUse struct {
	Window       WindowRef
	Currency     fx.Currency
	InMinor      int64
	OutMinor     int64
	MatchedMinor int64
	LeftMinor    int64 // above zero the pool kept it, below it owed it
}
