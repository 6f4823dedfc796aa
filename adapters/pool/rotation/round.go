package rotation

import (
	"math/bits"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

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
	Receiver int       `json:"receiver,omitzero"`       // seat; 0 while Open, and for ever where nobody was left to receive it
	Bids     *Sealing  `json:"bids,omitempty"`          // Auction
	Discount int64     `json:"discount_minor,omitzero"` // what the winner left to the others
	Parts    []Part    `json:"parts"`                   // of seat 1, 2, …; a seat that does not pay has an empty one
	Claims   []Claim   `json:"claims,omitempty"`        // on the pot, once the receiver is known; dividends first
	Attempt  int       `json:"attempt,omitzero"`        // of the bundle
	Retry    time.Time `json:"retry,omitzero"`          // when the next attempt may be made
	Clear    bool      `json:"clear,omitzero"`          // paid, and nobody owes anything of it
}

// Part is what one seat pays in one round, in its own unit. Paid + Covered + Given of it are there, the rest is awaited.
type Part struct {
	DueMinor     int64     `json:"due_minor,omitzero"`
	PaidMinor    int64     `json:"paid_minor,omitzero"`    // by the seat
	CoveredMinor int64     `json:"covered_minor,omitzero"` // by the reserve, and owed to it
	GivenMinor   int64     `json:"given_minor,omitzero"`   // by the reserve, and not owed
	WaivedMinor  int64     `json:"waived_minor,omitzero"`  // no longer due: its holder left, a decision forgave it, or it was set off against the seat's own pot
	Steps        int       `json:"steps,omitzero"`         // of lateness that were taken
	Next         time.Time `json:"next,omitzero"`          // when the next may be
}

func (p *Part) there() int64   { return p.PaidMinor + p.CoveredMinor + p.GivenMinor }
func (p *Part) awaited() int64 { return p.DueMinor - p.there() }

// owed is what the seat has still to pay, to the pot or the reserve.
func (p *Part) owed() int64 { return p.awaited() + p.CoveredMinor }

// Claim is what somebody is to get.
type Claim struct {
	Kind      Kind        `json:"kind"` // PayPot, Dividend or GiveBack
	Seat      int         `json:"seat"`
	Member    string      `json:"member"`
	Unit      fx.Currency `json:"unit"`
	Minor     int64       `json:"minor"`
	PaidMinor int64       `json:"paid_minor,omitzero"`
}

// held is what is there of a unit and has not been paid out.
func (g *Group) held(r *Round, unit fx.Currency) int64 {
	sum := int64(0)
	for i := range r.Parts {
		if g.Seats[i].Unit == unit {
			sum += r.Parts[i].there()
		}
	}
	for _, c := range r.Claims {
		if c.Unit == unit {
			sum -= c.PaidMinor
		}
	}
	return sum
}

// shrink takes an amount off the claims on a round, the receiver's first: so much will not come.
func (r *Round) shrink(unit fx.Currency, minor int64) {
	for i := len(r.Claims) - 1; i >= 0; i-- {
		if c := &r.Claims[i]; c.Unit == unit {
			less := min(minor, c.Minor-c.PaidMinor)
			c.Minor -= less
			minor -= less
		}
	}
}

// missing is what has to come of a seat's part before the pot is paid. Of its own part the receiver need not pay what
// it would get back at once.
func (g *Group) missing(r *Round, n int) int64 {
	return r.Parts[n-1].awaited() - g.setOff(r, n)
}

// setOff is how much of a seat's awaited part can be set off against its own claim on the same pot.
func (g *Group) setOff(r *Round, n int) int64 {
	if n != r.Receiver {
		return 0
	}
	for _, c := range r.Claims {
		if c.Seat == n && c.Kind != Dividend && c.Unit == g.Seats[n-1].Unit {
			return min(r.Parts[n-1].awaited(), c.Minor-c.PaidMinor)
		}
	}
	return 0
}

// portion is amount × part ÷ whole, rounded down, for 0 ≤ part ≤ whole and 0 < whole.
func portion(amount, part, whole int64) int64 {
	high, low := bits.Mul64(uint64(amount), uint64(part)) //nolint:gosec // none is negative
	quotient, _ := bits.Div64(high, low, uint64(whole))   //nolint:gosec // part ≤ whole: it fits
	return int64(quotient)                                //nolint:gosec // at most amount
}

const day = 24 * time.Hour

func days(n int) time.Duration { return time.Duration(n) * day }
