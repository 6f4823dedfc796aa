package ledger

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// Clearing is how good a batch's choice was, in weighted value: millionths of a major unit of the numeraire,
// times 2^Coarser. Zero where there was nothing to choose.
type Clearing struct {
	Reached    int64
	Bound      int64 // a certificate: no choice reaches more
	FIFO       int64 // what first-in-first-out would have reached at the same liquidity
	Tier       netting.Tier
	Iterations int64
	Numeraire  fx.Currency
	Coarser    int
	Returns    int            // returns that it chose from: all of them come before anything else
	Alarm      []netting.Tier // tiers whose choice was thrown away at the last gate
}

// Clearings is how good the choices of all batches were that had something to choose.
type Clearings struct {
	Batches    int64
	Tiers      map[netting.Tier]int64 // batches by the tier that found their choice
	Iterations int64
	Alarms     int64 // batches with an alarm
	Idle       int64 // batches in which nothing cleared
	// Sums are by numeraire, the one of most batches first: values in two do not add up.
	Sums []ClearingSum
	// Worst is the batch that reached the least of its bound, of those in which something cleared, the oldest
	// of equals; its ID is 0 where there was none. Both figures are in the same unit.
	Worst struct{ ID, Reached, Bound int64 }
}

// ClearingSum sums batches in hundredths of a major unit of their numeraire, times weight. What waits is
// bounded again by every batch, so an hour in which nothing can clear adds its bound many times: IdleBound is
// the part of Bound that is of batches in which nothing cleared.
type ClearingSum struct {
	Numeraire                                string
	Batches, Reached, Bound, FIFO, IdleBound int64
}
