package engine

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// AgeBounds are the upper bounds of Ages, each included.
var AgeBounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
	5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 24 * time.Hour,
}

// Ages counts how old transfers were when they came to a state: from the batch that accepted them to the one that moved
// them, by both batches' clocks.
type Ages struct {
	Counts [len(AgeBounds) + 1]uint64 // the last has what is beyond all bounds
	Sum    time.Duration
}

// add counts a transfer, whose id says when it was accepted.
func (a *Ages) add(id settlement.TransferID, now time.Time) {
	age := max(now.Sub(time.UnixMilli(int64(id)>>ledger.IDsPerMilli)), 0)
	a.Sum += age
	for i, bound := range AgeBounds {
		if age <= bound {
			a.Counts[i]++
			return
		}
	}
	a.Counts[len(AgeBounds)]++
}
