package rotation

import "time"

// RetryPause is how long a group waits before it makes a bundle again.
const RetryPause = time.Hour

// hand pays a complete round, or makes a bundle of it. It tells whether the round is paid.
func (c *change) hand(r *Round) bool {
	b := Bundle{Round: len(c.Rounds), Attempt: r.Attempt + 1, Legs: c.legs(r)}
	switch {
	case !c.Terms.Atomic || len(b.Legs) == 0:
		c.paid(r)
		return true
	case c.Now.Before(r.Retry):
		return false
	}
	r.State, r.Attempt = Settling, b.Attempt
	c.Settle = &b
	return false
}

// legs are all parts of a round, each from where it lies to the receiver.
func (g *Group) legs(r *Round) []Leg {
	var legs []Leg
	for i := range r.Parts {
		p := &r.Parts[i]
		for _, leg := range []Leg{{From: i + 1, Minor: p.PaidMinor}, {Minor: p.CoveredMinor + p.GivenMinor}} {
			if leg.Minor > 0 {
				leg.To, leg.Unit = r.Receiver, g.Seats[i].Unit
				legs = append(legs, leg)
			}
		}
	}
	return legs
}

// paid ends a round: what is there goes to who claims it.
func (c *change) paid(r *Round) {
	r.State = Paid
	c.tell(Notice{About: RoundPaid, Round: len(c.Rounds), Seat: r.Receiver, Member: c.Seats[r.Receiver-1].Member})
}

// Settled says that a bundle moved: its round is paid. Errors are *Error: FaultClock, FaultState.
func (g *Group) Settled(round, attempt int, now time.Time) (Outcome, error) {
	if err := g.onItsWay(round, attempt, now); err != nil {
		return Outcome{}, err
	}
	c := g.begin(now)
	c.paid(c.current())
	return c.done()
}

// Failed says that nothing of a bundle moved. Every part stays where it is, and another attempt is made after
// RetryPause. Errors are *Error: FaultClock, FaultState.
func (g *Group) Failed(round, attempt int, now time.Time) (Outcome, error) {
	if err := g.onItsWay(round, attempt, now); err != nil {
		return Outcome{}, err
	}
	c := g.begin(now)
	r := c.current()
	r.State, r.Retry = Complete, c.Now.Add(RetryPause)
	c.tell(Notice{About: Unsettled, Round: round, Count: attempt, Until: r.Retry})
	return c.done()
}

func (g *Group) onItsWay(round, attempt int, now time.Time) error {
	if err := g.moment(now); err != nil {
		return err
	}
	if r := g.current(); r == nil || r.State != Settling || round != len(g.Rounds) || attempt != r.Attempt {
		return g.refuse(FaultState, "attempt %d of round %d is not on its way", attempt, round)
	}
	return nil
}
