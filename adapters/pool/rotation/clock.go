package rotation

import "time"

// Tick moves the clock on: rounds open, bidding ends, reminders are due, the reserve covers out of what it has. It may
// come as often as wanted, and late: then a round opens as of now, and everybody is one step later, not many.
// Errors are *Error: FaultClock.
func (g *Group) Tick(now time.Time, reserve Funds) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	c := g.begin(now)
	c.unseal()
	if c.Phase == Running && c.current() == nil && c.more() && !c.Now.Before(c.opening()) {
		c.open()
	}
	c.beLate(reserve)
	return c.done()
}

// Next is when Tick has something to do, maybe at once; false where nothing waits for the clock. A reserve that has
// money again need not wait for it.
func (g *Group) Next() (time.Time, bool) {
	var next time.Time
	soonest := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	switch r := g.current(); {
	case g.Phase == Ordering:
		soonest(g.Draw.deadline())
	case g.Phase == Running && r == nil:
		soonest(g.opening())
	case r != nil && r.State == Open && r.Bids != nil:
		soonest(r.Bids.deadline())
	case r != nil && r.State == Complete:
		soonest(r.Retry)
	}
	for i := range g.Rounds {
		for j := range g.Rounds[i].Parts {
			if p := &g.Rounds[i].Parts[j]; !g.Rounds[i].Clear && p.owed() > 0 {
				soonest(p.Next)
			}
		}
	}
	return next, !next.IsZero()
}

// deadline is when the sealing goes on without those who have not done their part.
func (s *Sealing) deadline() time.Time {
	if s.Revealing {
		return s.RevealUntil
	}
	return s.CommitUntil
}
