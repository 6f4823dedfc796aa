package rotation

import (
	"slices"
	"time"
)

const permille = 1000

// allows tells whether a bid is within the bounds of this round's pot.
func (r *Round) allows(t Terms, minor int64) bool {
	pot := r.pot()
	return minor > 0 && minor <= pot*int64(t.Ceiling)/permille && minor*permille >= pot*int64(t.Floor)
}

// Bid offers to leave an amount of the pot to the others, in an open auction: more than any bid before.
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat, FaultAmount, FaultLate.
func (g *Group) Bid(seat int, minor int64, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	r := g.current()
	switch {
	case g.Terms.Method != Auction || g.Terms.Sealed:
		return Outcome{}, g.refuse(FaultMethod, "turns are not by open bids")
	case r == nil || r.State != Open:
		return Outcome{}, g.refuse(FaultState, "no round is bid for")
	case !slices.Contains(g.candidates(), seat):
		return Outcome{}, g.refuse(FaultSeat, "seat %d is not to have a turn", seat)
	case !now.Before(r.Bids.CommitUntil):
		return Outcome{}, g.refuse(FaultLate, "bids were until %s", r.Bids.CommitUntil.Format(time.RFC3339))
	case !r.allows(g.Terms, minor) || minor <= r.Bids.highest():
		return Outcome{}, g.refuse(FaultAmount, "a bid of %d is out of bounds, or not above %d", minor, r.Bids.highest())
	}
	c := g.begin(now)
	r.Bids.Entries = slices.DeleteFunc(r.Bids.Entries, func(e Sealed) bool { return e.Seat == seat })
	r.Bids.Entries = append(r.Bids.Entries, Sealed{Seat: seat, Minor: minor})
	return c.done()
}

// highest is the highest bid, 0 where there is none.
func (s *Sealing) highest() int64 {
	highest := int64(0)
	for _, e := range s.Entries {
		highest = max(highest, e.Minor)
	}
	return highest
}

// knockDown gives the round to the highest bid; of equals, to one drawn by their secrets; where nobody bid, to the
// first in order, who leaves nothing.
func (c *change) knockDown(r *Round) {
	discount := r.Bids.highest()
	var best []int
	for _, e := range r.Bids.Entries {
		if e.Minor == discount && discount > 0 {
			best = append(best, e.Seat)
		}
	}
	if len(best) == 0 {
		c.award(r, c.candidates()[0], 0)
		return
	}
	first := Draw(r.Bids.Seed(c.Terms.ID, len(c.Rounds)), len(best))[0]
	c.award(r, best[first], discount)
}

// dividends share the discount among all others that pay, equally; what does not divide goes in single minor units to
// those that follow the winner, in order of seats and round.
func (c *change) dividends(r *Round) []Claim {
	var others []int
	for i := range r.Parts {
		n := (r.Receiver+i)%len(r.Parts) + 1 // from the one behind the winner
		if n != r.Receiver && !c.Seats[n-1].Vacant {
			others = append(others, n)
		}
	}
	if len(others) == 0 {
		r.Discount = 0
	}
	var claims []Claim
	for i, n := range others {
		minor := r.Discount / int64(len(others))
		if int64(i) < r.Discount%int64(len(others)) {
			minor++
		}
		if s := c.Seats[n-1]; minor > 0 {
			claims = append(claims, Claim{Kind: Dividend, Seat: n, Member: s.Member, Unit: s.Unit, Minor: minor})
		}
	}
	return claims
}
