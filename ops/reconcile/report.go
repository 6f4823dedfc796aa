// Package reconcile puts three things beside each other, for a participant and a day: what the rail's statements say
// moved, what the log says moved, and what was posted for it. What does not agree is a difference of some kind. It is
// carried to other days until both sides are found, or until two people resolved it.
package reconcile

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Kind names how the three differ.
type Kind string

// The kinds of difference. A line of the statements is either matched or in one difference of the first six.
const (
	MissingInLog     Kind = "missing_in_log"    // the statement has it, the log does not
	AmountDiffers    Kind = "amount_differs"    // the statement has another amount or currency than the log
	DirectionDiffers Kind = "direction_differs" // money came where it should have gone, or the other way round
	TwiceAtRail      Kind = "twice_at_rail"     // the statement has it more than once
	UnknownOpen      Kind = "unknown_open"      // the rail said that it does not know, and has not said more
	OtherDay         Kind = "other_day"         // it agrees, but for the day: resolved by being found
	MissingAtRail    Kind = "missing_at_rail"   // the log has it, the statement does not
	MissingPosting   Kind = "missing_posting"   // the log has it, and other money was posted for it, or none
)

// Report is a day of a participant.
type Report struct {
	Reconciliation int64               `json:"reconciliation"` // its number in the ledger
	Participant    string              `json:"participant"`
	Day            fx.Date             `json:"day"`
	Lines          int                 `json:"lines"`   // of the day, without the rail's own charges
	Matched        int                 `json:"matched"` // of these, what the log has on the same day
	Fees           []fx.Money          `json:"fees"`    // the rail's own charges, by currency
	Differences    []ledger.Difference `json:"differences"`
	Settled        []string            `json:"settled"` // differences, of whatever day, that are none any more
}

// Open counts the differences that nobody resolved.
func (r *Report) Open() (n int) {
	for _, d := range r.Differences {
		if d.Resolution == nil {
			n++
		}
	}
	return n
}

// Count is how many differences of a kind there are.
func (r *Report) Count(kind Kind) (n int) {
	for _, d := range r.Differences {
		if d.Kind == string(kind) {
			n++
		}
	}
	return n
}
