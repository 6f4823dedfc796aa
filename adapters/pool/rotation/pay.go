package rotation

import "time"

// Pay takes money from a seat: it repays the reserve first, then pays what is due, the oldest first, then rounds to
// come. Errors are *Error: FaultClock, FaultSeat, and FaultAmount where it is not positive or more than Payable.
func (g *Group) Pay(seat int, minor int64, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	s, err := g.seat(seat)
	if err != nil {
		return Outcome{}, err
	}
	if most := g.Payable(seat); minor <= 0 || minor > most {
		return Outcome{}, g.refuse(FaultAmount, "%d from seat %d; want 1 to %d", minor, seat, most)
	}
	c := g.begin(now)
	ahead := c.take(seat, minor, Purse)
	s.AheadMinor += ahead
	c.move(Contribute, Purse, Pot, seat, s.Member, 0, s.Unit, ahead)
	return c.done()
}

// Payable is the most that Pay takes from a seat, in minor units of its unit: what it owes, and its contributions to
// the rounds to come. It is 0 where there is no such seat.
func (g *Group) Payable(seat int) int64 {
	s, err := g.seat(seat)
	if err != nil {
		return 0
	}
	debt := g.Owes(seat)
	owed := debt.ReserveMinor + debt.AwaitedMinor
	if s.Vacant || g.Phase == Ended {
		return owed
	}
	rounds := len(g.Upcoming())
	if r := g.current(); r != nil && r.State == Open {
		rounds--
	}
	return owed + max(0, int64(rounds)*s.ContributionMinor-s.AheadMinor)
}

// Debt is what a seat owes, in minor units of its unit.
type Debt struct {
	ReserveMinor int64 `json:"reserve_minor"` // to the reserve, which covered it
	AwaitedMinor int64 `json:"awaited_minor"` // of its parts, due or not
	LateMinor    int64 `json:"late_minor"`    // of that, what is due by now
}

// Owes is what a seat owes now; nothing where there is no such seat.
func (g *Group) Owes(seat int) Debt { return g.owesAt(seat, g.Now) }

func (g *Group) owesAt(seat int, now time.Time) Debt {
	var debt Debt
	if _, err := g.seat(seat); err != nil {
		return debt
	}
	for i := range g.Rounds {
		r := &g.Rounds[i]
		p := &r.Parts[seat-1]
		debt.ReserveMinor += p.CoveredMinor
		debt.AwaitedMinor += p.awaited()
		if !r.Due.After(now) {
			debt.LateMinor += p.awaited()
		}
	}
	return debt
}

// take puts an amount of a seat's where it is owed, and returns what is left of it. What comes from the pot is a payout
// on its way to the seat, and pays only what is due.
func (c *change) take(n int, minor int64, from Place) int64 {
	s := c.Seats[n-1]
	for i := range c.Rounds {
		p := &c.Rounds[i].Parts[n-1]
		x := min(minor, p.CoveredMinor)
		p.CoveredMinor -= x
		p.PaidMinor += x
		minor -= x
		c.move(Repay, from, Reserve, n, s.Member, i+1, s.Unit, x)
	}
	for i := range c.Rounds {
		r := &c.Rounds[i]
		if from == Pot && r.Due.After(c.Now) {
			continue
		}
		p := &r.Parts[n-1]
		x := min(minor, p.awaited())
		p.PaidMinor += x
		minor -= x
		c.move(Contribute, from, Pot, n, s.Member, i+1, s.Unit, x)
	}
	return minor
}

// flow pays out of paid rounds what is there and claimed, and tells whether there was anything. A late part goes the
// same way to whom it was owed.
func (c *change) flow() bool {
	moved := false
	for i := range c.Rounds {
		r := &c.Rounds[i]
		if r.State != Paid || r.Clear {
			continue
		}
		for j := range r.Claims {
			claim := &r.Claims[j]
			x := claim.Minor - claim.PaidMinor
			if x > 0 {
				x = min(x, c.held(r, claim.Unit))
			}
			if x > 0 {
				claim.PaidMinor += x
				c.payOut(*claim, i+1, x)
				moved = true
			}
		}
	}
	return moved
}

// payOut pays a claim, less what the same seat owes. From an atomic round nothing is withheld: it moves as agreed.
func (c *change) payOut(claim Claim, round int, minor int64) {
	left := minor
	if s := c.Seats[claim.Seat-1]; !c.Terms.Atomic && s.Member == claim.Member && s.Unit == claim.Unit {
		left = c.take(claim.Seat, minor, Pot)
	}
	if left < minor {
		c.tell(Notice{About: Withheld, Round: round, Seat: claim.Seat, Member: claim.Member, Unit: claim.Unit, Minor: minor - left})
	}
	c.move(claim.Kind, Pot, Purse, claim.Seat, claim.Member, round, claim.Unit, left)
}

// giveBackAhead gives a seat back what it paid ahead.
func (c *change) giveBackAhead(n int) {
	s := &c.Seats[n-1]
	ahead := s.AheadMinor
	s.AheadMinor = 0
	c.payOut(Claim{Kind: GiveBack, Seat: n, Member: s.Member, Unit: s.Unit}, 0, ahead)
}
