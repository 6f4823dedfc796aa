package rotation

import "time"

// Leave takes a seat's holder out: Left, Excluded or Died. After its turn it goes on owing its parts, unless it died:
// then the reserve gives what is due. Before, the seat is vacant, nothing more is due of it, and it is given back what
// it put in, in a round at the end or when it is replaced. A round that it was about to receive goes to another.
// Errors are *Error: FaultClock, FaultSeat, FaultState when the group has ended or a bundle for it is on its way.
func (g *Group) Leave(seat int, why Standing, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	s, err := g.seat(seat)
	if err != nil {
		return Outcome{}, err
	}
	r := g.current()
	receives := r != nil && r.Receiver == seat
	switch {
	case g.Phase == Ended:
		return Outcome{}, g.refuse(FaultState, "the group has ended")
	case why != Left && why != Excluded && why != Died:
		return Outcome{}, g.refuse(FaultSeat, "seat %d cannot be %.32q", seat, why)
	case s.Standing == Died || s.Standing != Active && why != Died:
		return Outcome{}, g.refuse(FaultSeat, "the holder of seat %d is %s", seat, s.Standing)
	case receives && r.State == Settling:
		return Outcome{}, g.refuse(FaultState, "a bundle for seat %d is on its way", seat)
	}
	c := g.begin(now)
	s.Standing = why
	switch {
	case s.Vacant:
	case receives:
		c.takeBack(r)
		c.vacate(seat)
		c.assign(r)
	case s.Round == 0:
		c.vacate(seat)
		c.unseal()
	default:
		c.oweOn(seat)
	}
	return c.done()
}

// vacate empties a seat that has not had its turn. What its holder owes the reserve is withheld from what it gets back.
func (c *change) vacate(n int) {
	s := &c.Seats[n-1]
	s.Vacant = true
	for i := range c.Rounds {
		c.waive(i+1, n)
	}
	c.forgetSwaps(n)
	if c.Phase == Ordering {
		c.Draw.withdraw(n)
	}
	if r := c.current(); r != nil && r.Bids != nil {
		r.Bids.withdraw(n)
	}
	c.tellSeat(Vacated, 0, n, c.BuyIn(n))
	c.giveBackAhead(n)
}

// oweOn leaves a seat that has had its turn with what it owes. The dead owe nothing.
func (c *change) oweOn(n int) {
	c.tellSeat(OwesOn, 0, n, 0)
	if c.Seats[n-1].Standing != Died {
		return
	}
	for i := range c.Rounds {
		c.release(i+1, n)
		if r := &c.Rounds[i]; r.Parts[n-1].awaited() > 0 {
			c.bury(r, n)
		}
	}
}

// BuyIn is what a replacement pays: what the seat has put in, if it has not had its turn.
func (g *Group) BuyIn(seat int) int64 {
	s, err := g.seat(seat)
	if err != nil || !s.Vacant || s.Round != 0 {
		return 0
	}
	sum := int64(0)
	for i := range g.Rounds {
		sum += g.Rounds[i].Parts[seat-1].there()
	}
	return sum
}

// Replace gives a seat whose holder left to another, with its turn, its claims and its debts, for exactly BuyIn. Who
// comes before a round is due pays in it.
// Errors are *Error: FaultClock, FaultSeat, FaultAmount, FaultState.
func (g *Group) Replace(seat int, member, pool string, minor int64, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	s, err := g.seat(seat)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case g.Phase == Ended || len(g.Pending) >= MaxPending:
		return Outcome{}, g.refuse(FaultState, "the group has ended, or has seen %d replacements", MaxPending)
	case s.Standing == Active || s.Vacant && s.Round != 0:
		return Outcome{}, g.refuse(FaultSeat, "seat %d is not to be had", seat)
	case !token.MatchString(member) || pool != s.Pool:
		return Outcome{}, g.refuse(FaultSeat, "seat %d needs a member of its pool", seat)
	case minor != g.BuyIn(seat):
		return Outcome{}, g.refuse(FaultAmount, "%d for seat %d; want %d", minor, seat, g.BuyIn(seat))
	}
	c := g.begin(now)
	c.move(BuyIn, Purse, Pot, seat, member, 0, s.Unit, minor)
	c.giveBack(seat, minor)
	vacant := s.Vacant
	s.Member, s.Standing, s.Vacant = member, Active, false
	c.tell(Notice{About: Replaced, Seat: seat, Member: member, Unit: s.Unit, Minor: minor})
	if r := c.current(); r != nil && vacant && !now.After(r.Due) {
		c.join(r, seat)
	}
	return c.done()
}

// join has a seat that was vacant pay in a round that is not due yet.
func (c *change) join(r *Round, n int) {
	due := c.Seats[n-1].ContributionMinor
	switch r.State {
	case Open:
	case Collecting:
		due = c.fair(n, r.Receiver)
	default:
		return
	}
	r.Parts[n-1].WaivedMinor = 0
	c.assess(r, n, due)
	if r.State == Collecting {
		c.claim(r)
	}
}

// giveBack gives a leaver what its replacement paid, less what it owes the reserve, now or at the end.
func (c *change) giveBack(n int, minor int64) {
	s := c.Seats[n-1]
	left := c.take(n, minor, Pot)
	if left < minor {
		c.tellSeat(Withheld, 0, n, minor-left)
	}
	if c.Terms.GiveBack == AtEnd && left > 0 {
		c.Pending = append(c.Pending, Claim{Kind: GiveBack, Seat: n, Member: s.Member, Unit: s.Unit, Minor: left})
		return
	}
	c.move(GiveBack, Pot, Purse, n, s.Member, 0, s.Unit, left)
}
