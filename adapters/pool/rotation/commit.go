package rotation

import (
	"slices"
	"time"
)

// seal begins to take commitments or bids, in the place of what was before.
func (c *change) seal(before *Sealing) *Sealing {
	s := &Sealing{Attempt: 1, CommitUntil: c.Now.Add(days(c.Terms.CommitDays))}
	if before != nil {
		s.Attempt = before.Attempt + 1
	}
	if c.Terms.RevealDays > 0 {
		s.RevealUntil = s.CommitUntil.Add(days(c.Terms.RevealDays))
	}
	c.tell(Notice{About: Commits, Round: len(c.Rounds), Count: s.Attempt, Until: s.CommitUntil})
	return s
}

// sealed is what commitments go to now, and its round, 0 for the drawing. Errors are *Error: FaultMethod, FaultState.
func (g *Group) sealed() (*Sealing, int, error) {
	r := g.current()
	switch {
	case g.Terms.Method != Drawing && !g.Terms.Sealed:
		return nil, 0, g.refuse(FaultMethod, "turns are by %s, without secrets", g.Terms.Method)
	case g.Phase == Ordering:
		return g.Draw, 0, nil
	case r != nil && r.State == Open && r.Bids != nil:
		return r.Bids, len(g.Rounds), nil
	default:
		return nil, 0, g.refuse(FaultState, "nothing is being drawn or bid for")
	}
}

// Commit takes a seat's commitment, in a drawing or for the round's sealed auction. Reveals begin with the last.
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat, FaultSecret, FaultTwice, FaultLate.
func (g *Group) Commit(seat int, commitment string, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	s, _, err := g.sealed()
	switch {
	case err != nil:
		return Outcome{}, err
	case !slices.Contains(g.candidates(), seat):
		return Outcome{}, g.refuse(FaultSeat, "seat %d is not to have a turn", seat)
	case !isHex(commitment):
		return Outcome{}, g.refuse(FaultSecret, "a commitment that is not 64 small hex digits")
	case s.entry(seat) != nil:
		return Outcome{}, g.refuse(FaultTwice, "seat %d committed already", seat)
	case s.Revealing || !now.Before(s.CommitUntil):
		return Outcome{}, g.refuse(FaultLate, "commitments were until %s, or until all had come", s.CommitUntil.Format(time.RFC3339))
	}
	c := g.begin(now)
	at, _ := slices.BinarySearchFunc(s.Entries, seat, func(e Sealed, n int) int { return e.Seat - n })
	s.Entries = slices.Insert(s.Entries, at, Sealed{Seat: seat, Commitment: commitment})
	c.unseal()
	return c.done()
}

// Reveal takes the secret that a seat committed to, and the bid, 0 in a drawing. Reveals begin when all have committed,
// or at CommitUntil. The last one draws the order, or awards the pot.
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat, FaultSecret, FaultAmount, FaultTwice, FaultEarly,
// FaultLate.
func (g *Group) Reveal(seat int, secret string, minor int64, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	s, round, err := g.sealed()
	if err != nil {
		return Outcome{}, err
	}
	e := s.entry(seat)
	switch {
	case e == nil:
		return Outcome{}, g.refuse(FaultSeat, "seat %d did not commit", seat)
	case e.Secret != "":
		return Outcome{}, g.refuse(FaultTwice, "seat %d revealed already", seat)
	case !s.Revealing && now.Before(s.CommitUntil):
		return Outcome{}, g.refuse(FaultEarly, "reveals begin %s, or when all have committed", s.CommitUntil.Format(time.RFC3339))
	case !now.Before(s.RevealUntil):
		return Outcome{}, g.refuse(FaultLate, "reveals were until %s", s.RevealUntil.Format(time.RFC3339))
	case !isHex(secret) || Commitment(g.Terms.ID, round, s.Attempt, seat, minor, secret) != e.Commitment:
		return Outcome{}, g.refuse(FaultSecret, "not what seat %d committed to", seat)
	case round != 0 && !g.current().allows(g.Terms, minor):
		return Outcome{}, g.refuse(FaultAmount, "a bid of %d is out of bounds", minor)
	}
	c := g.begin(now)
	e.Secret, e.Minor = secret, minor
	c.unseal()
	return c.done()
}

// unseal moves a drawing or an auction on, as far as it is.
func (c *change) unseal() {
	s, r := c.Draw, c.current()
	switch {
	case c.Phase == Ordering:
	case r != nil && r.State == Open && r.Bids != nil && c.turn() == 0:
		s = r.Bids
	default:
		return
	}
	if !s.Revealing && (!c.Now.Before(s.CommitUntil) || c.allCommitted(s)) {
		s.Revealing = true
		if !s.RevealUntil.IsZero() {
			c.tell(Notice{About: Reveals, Round: len(c.Rounds), Count: s.Attempt, Until: s.RevealUntil})
		}
	}
	switch {
	case !s.Revealing || c.Now.Before(s.RevealUntil) && !c.allRevealed(s):
	case c.Phase == Ordering:
		c.draw()
	default:
		c.knockDown(r)
	}
}

// allCommitted tells whether every seat that may has sealed something. In an open auction one may always bid again.
func (g *Group) allCommitted(s *Sealing) bool {
	return !s.RevealUntil.IsZero() && !slices.ContainsFunc(g.candidates(), func(n int) bool { return s.entry(n) == nil })
}

// allRevealed tells whether nobody's secret is awaited any more.
func (g *Group) allRevealed(s *Sealing) bool {
	return !slices.ContainsFunc(s.Entries, func(e Sealed) bool { return e.Secret == "" && !g.Seats[e.Seat-1].Vacant })
}

// draw gives the group its order. One member alone must not choose it: then all begin again.
func (c *change) draw() {
	revealed, there := map[string]bool{}, map[string]bool{}
	for _, n := range c.candidates() {
		there[c.Seats[n-1].Member] = true
		if e := c.Draw.entry(n); e != nil && e.Secret != "" {
			revealed[c.Seats[n-1].Member] = true
		}
	}
	if len(revealed) < min(2, len(there)) {
		c.Draw = c.seal(c.Draw)
		return
	}
	c.Order = c.Draw.DrawOrder(c.Terms.ID, len(c.Seats))
	c.Phase = Running
	c.tell(Notice{About: Ordered})
}
