package rotation

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Phase is how far a group is.
type Phase string

// The phases.
const (
	Drawn   Phase = "drawing" // secrets are committed and revealed
	Running Phase = "running"
	Ended   Phase = "ended" // every seat had its round; what is late can still be paid
)

// Group is one rotating group. It is plain data: as JSON it is the whole state. Only the methods may change it.
type Group struct {
	Terms   Terms     `json:"terms"`
	Seats   []Seat    `json:"seats"`
	Phase   Phase     `json:"phase"`
	Now     time.Time `json:"now"`               // of the latest input
	Order   []int     `json:"order"`             // of turns, by seat number
	Draw    *Sealing  `json:"draw,omitempty"`    // Drawing: what the order was drawn from
	Rounds  []Round   `json:"rounds,omitempty"`  // opened, the oldest first; the last may be under way
	Pending []Claim   `json:"pending,omitempty"` // what is given back at the end to those who were replaced
}

// State is how far a round is.
type State string

// The states of a round.
const (
	Open       State = "open"       // nobody knows yet whose turn it is
	Collecting State = "collecting" // parts are awaited
	Complete   State = "complete"   // all are there; a bundle is to be made, or made again
	Settling   State = "settling"   // the bundle is on its way
	Paid       State = "paid"
)

// Round is one round.
type Round struct {
	State    State     `json:"state"`
	Opened   time.Time `json:"opened"`
	Due      time.Time `json:"due"`
	Receiver int       `json:"receiver,omitzero"` // seat, 0 while Open
	Bids     *Sealing  `json:"bids,omitempty"`    // Auction
	Discount int64     `json:"discount_minor,omitzero"`
	Parts    []Part    `json:"parts"`            // of seat 1, 2, …; a seat that does not pay has an empty one
	Claims   []Claim   `json:"claims,omitempty"` // on the pot, once the receiver is known; dividends first
	Attempt  int       `json:"attempt,omitzero"` // of the bundle
	Retry    time.Time `json:"retry,omitzero"`   // when the next attempt may be made
	Clear    bool      `json:"clear,omitzero"`   // paid, and nobody owes anything of it
}

// Part is what one seat pays in one round, in its own unit. There is Paid + Covered + Given of it; the rest is awaited.
type Part struct {
	DueMinor     int64     `json:"due_minor,omitzero"`
	PaidMinor    int64     `json:"paid_minor,omitzero"`    // by the seat
	CoveredMinor int64     `json:"covered_minor,omitzero"` // by the reserve, and owed to it
	GivenMinor   int64     `json:"given_minor,omitzero"`   // by the reserve, and not owed
	WaivedMinor  int64     `json:"waived_minor,omitzero"`  // no longer due: the holder left, or a decision forgave it
	Steps        int       `json:"steps,omitzero"`         // of lateness that were taken
	Next         time.Time `json:"next,omitzero"`          // when the next may be
}

// Claim is what somebody is to get.
type Claim struct {
	Kind      Kind        `json:"kind"` // PayPot, Dividend or GiveBack
	Seat      int         `json:"seat"`
	Member    string      `json:"member"`
	Unit      fx.Currency `json:"unit"`
	Minor     int64       `json:"minor"`
	PaidMinor int64       `json:"paid_minor,omitzero"`
}

// New begins a group. Of the seats, member, pool, unit and contribution count. Errors are *Error with FaultTerms.
func New(terms Terms, seats []Seat, now time.Time) (*Group, Outcome, error) {
	panic("not yet")
}

// Clone is a copy that shares nothing with g.
func (g *Group) Clone() *Group { panic("not yet") }
