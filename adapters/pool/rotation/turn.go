package rotation

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// opening is when the next round may open.
func (g *Group) opening() time.Time {
	return g.Terms.Start.Add(time.Duration(len(g.Rounds)) * days(g.Terms.RoundDays))
}

// open opens the next round: everybody is asked for a part.
func (c *change) open() {
	c.Rounds = append(c.Rounds, Round{State: Open, Opened: c.Now, Due: c.Now.Add(days(c.Terms.DueDays)), Parts: make([]Part, len(c.Seats))})
	r := c.current()
	for i, s := range c.Seats {
		if p := &r.Parts[i]; !s.Vacant {
			p.DueMinor = s.ContributionMinor
			p.Next = r.Due.Add(days(c.Terms.GraceDays))
		}
	}
	c.assign(r)
	for i := range c.Seats {
		c.ask(r, i+1)
	}
}

// ask uses what a seat paid ahead, and asks for the rest. Nobody asks the dead: the reserve gives when it is due.
func (c *change) ask(r *Round, n int) {
	s, p := &c.Seats[n-1], &r.Parts[n-1]
	ahead := min(s.AheadMinor, p.awaited())
	s.AheadMinor -= ahead
	p.PaidMinor += ahead
	switch {
	case p.awaited() == 0:
	case s.Standing == Died:
		c.bury(r, n)
	default:
		c.tell(Notice{About: Collect, Round: len(c.Rounds), Seat: n, Member: s.Member, Unit: s.Unit, Minor: p.awaited(), Until: r.Due})
	}
}

// turn is the seat whose turn it is next, 0 where that is still to be found. When all others had theirs, vacant seats
// are given back what they put in.
func (g *Group) turn() int {
	all := g.candidates()
	if len(all) == 0 {
		all = g.leavers()
	}
	ordered := g.Terms.Method == Fixed || g.Terms.Method == Drawing
	if len(all) == 1 || len(all) > 0 && (ordered || g.Seats[all[0]-1].Vacant) {
		return all[0]
	}
	return 0
}

// assign gives an open round to whose turn it is, or has it found.
func (c *change) assign(r *Round) {
	switch n := c.turn(); {
	case n != 0:
		c.award(r, n, 0)
	case !c.more():
		c.void(r)
	case c.Terms.Method == Auction && r.Bids != nil && r.Bids.Revealing:
		c.knockDown(r) // whoever won it leaves: to the next bid
	case c.Terms.Method == Auction:
		r.Bids = c.seal(r.Bids)
	}
}

// award gives an open round to a seat, which leaves a discount to the others.
func (c *change) award(r *Round, n int, discount int64) {
	s := &c.Seats[n-1]
	r.State, r.Receiver, s.Round = Collecting, n, len(c.Rounds)
	for i := range r.Parts {
		if !c.Seats[i].Vacant {
			c.assess(r, i+1, max(0, c.fair(i+1, n)-r.Parts[i].WaivedMinor))
		}
	}
	c.forgetSwaps(n)
	r.Discount = min(discount, r.pot()*int64(c.Terms.Ceiling)/permille)
	c.claim(r)
	c.tellSeat(Turn, len(c.Rounds), n, 0)
}

// claim says who is to get what of an awarded round: all that is due in it.
func (c *change) claim(r *Round) {
	s := c.Seats[r.Receiver-1]
	r.Claims = c.dividends(r)
	kind := PayPot
	if s.Vacant {
		kind = GiveBack
	}
	first := len(r.Claims)
	for i := range r.Parts {
		unit := c.Seats[i].Unit
		at := slices.IndexFunc(r.Claims[first:], func(c Claim) bool { return c.Unit == unit })
		switch {
		case r.Parts[i].DueMinor == 0:
		case at < 0:
			r.Claims = append(r.Claims, Claim{Kind: kind, Seat: r.Receiver, Member: s.Member, Unit: unit, Minor: r.Parts[i].DueMinor})
		default:
			r.Claims[first+at].Minor += r.Parts[i].DueMinor
		}
	}
	if r.Discount > 0 { // one unit, one claim
		r.Claims[first].Minor -= r.Discount
	}
}

// assess makes another amount due of a seat. What is there beyond it goes back to the reserve, then to the seat, for
// rounds to come.
func (c *change) assess(r *Round, n int, due int64) {
	s, p := &c.Seats[n-1], &r.Parts[n-1]
	more := due > p.DueMinor
	p.DueMinor = due
	for _, lent := range []*int64{&p.CoveredMinor, &p.GivenMinor} {
		back := min(*lent, max(0, -p.awaited()))
		*lent -= back
		c.move(Repay, Pot, Reserve, n, s.Member, len(c.Rounds), s.Unit, back)
	}
	over := max(0, -p.awaited())
	p.PaidMinor -= over
	s.AheadMinor += over
	if more {
		p.Next = latest(r.Due, c.Now).Add(days(c.Terms.GraceDays))
		c.ask(r, n)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// takeBack opens an awarded round again, because its receiver leaves.
func (c *change) takeBack(r *Round) {
	c.Seats[r.Receiver-1].Round = 0
	r.State, r.Receiver, r.Discount, r.Claims = Open, 0, 0, nil
}

// void ends a round that nobody is left to receive.
func (c *change) void(r *Round) {
	for i := range r.Parts {
		c.assess(r, i+1, 0)
	}
	r.State = Paid
	c.tell(Notice{About: RoundVoided, Round: len(c.Rounds)})
}

// Choose gives the open round to a seat that has not had its turn (Need).
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat.
func (g *Group) Choose(seat int, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	r := g.current()
	switch {
	case g.Terms.Method != Need:
		return Outcome{}, g.refuse(FaultMethod, "turns are by %s", g.Terms.Method)
	case r == nil || r.State != Open:
		return Outcome{}, g.refuse(FaultState, "no round is open")
	case !slices.Contains(g.candidates(), seat):
		return Outcome{}, g.refuse(FaultSeat, "seat %d is not to have a turn", seat)
	}
	c := g.begin(now)
	c.award(r, seat, 0)
	return c.done()
}

// Upcoming is who is to get the pot in rounds to come, by seat: in an auction or by need it is the order if nobody says
// anything. Vacant seats are last.
func (g *Group) Upcoming() []int { return append(g.candidates(), g.leavers()...) }

// SeatsOf are the seats that a member holds.
func (g *Group) SeatsOf(member string) []int {
	var all []int
	for i, s := range g.Seats {
		if s.Member == member {
			all = append(all, i+1)
		}
	}
	return all
}

// pot is what is due in a round, in the only unit of an auction.
func (r *Round) pot() int64 {
	sum := int64(0)
	for i := range r.Parts {
		sum += r.Parts[i].DueMinor
	}
	return sum
}

// Held is what the group holds of a unit: what came in and has not gone out.
func (g *Group) Held(unit fx.Currency) int64 {
	sum := int64(0)
	for i := range g.Rounds {
		sum += g.held(&g.Rounds[i], unit)
	}
	for _, s := range g.Seats {
		if s.Unit == unit {
			sum += s.AheadMinor
		}
	}
	for _, p := range g.Pending {
		if p.Unit == unit {
			sum += p.Minor - p.PaidMinor
		}
	}
	return sum
}
