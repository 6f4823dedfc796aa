package rotation

import (
	"maps"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Funds is what there is of each unit, in minor units.
type Funds map[fx.Currency]int64

// beLate takes the steps of lateness that are due, at most one for each part, and has the reserve cover what it can.
func (c *change) beLate(reserve Funds) {
	reserve = maps.Clone(reserve)
	for i := range c.Rounds {
		r := &c.Rounds[i]
		if r.Clear {
			continue
		}
		for n := 1; n <= len(r.Parts); n++ {
			p := &r.Parts[n-1]
			due := p.owed() > 0 && !p.Next.IsZero() && !c.Now.Before(p.Next)
			if due {
				c.step(i+1, n)
			}
			if p.Steps > c.Terms.Reminders && !c.cover(i+1, n, reserve) && due {
				c.tellSeat(Short, i+1, n, c.missing(r, n))
			}
		}
	}
}

// step takes one step: a reminder, or mediation and the reserve, or, last, word that a sanction may be proposed. What
// comes after that people decide; only the reserve is asked again as long as something is missing.
func (c *change) step(round, n int) {
	p, last := &c.Rounds[round-1].Parts[n-1], c.Terms.Reminders+2
	told := p.Steps == last
	p.Steps = min(p.Steps+1, last)
	p.Next = c.Now.Add(days(c.Terms.RemindDays))
	if p.Steps == last && p.awaited() == 0 {
		p.Next = time.Time{}
	}
	about := Remind
	switch p.Steps {
	case last - 1:
		about = Mediate
	case last:
		about = Proposable
	}
	if s := c.Seats[n-1]; !told && s.Standing != Died {
		c.tell(Notice{About: about, Round: round, Seat: n, Member: s.Member, Count: p.Steps, Unit: s.Unit, Minor: p.owed()})
	}
}

// cover has the reserve pay what is missing of a part, whole or not at all, once the receiver is known. It tells whether
// the reserve had enough.
func (c *change) cover(round, n int, reserve Funds) bool {
	r, s := &c.Rounds[round-1], c.Seats[n-1]
	p := &r.Parts[n-1]
	minor := c.missing(r, n)
	switch {
	case r.Receiver == 0 || minor == 0:
	case reserve[s.Unit] < minor:
		return false
	case s.Standing == Died:
		reserve[s.Unit] -= minor
		p.GivenMinor += minor
		c.move(Gift, Reserve, Pot, n, s.Member, round, s.Unit, minor)
	default:
		reserve[s.Unit] -= minor
		p.CoveredMinor += minor
		c.move(Cover, Reserve, Pot, n, s.Member, round, s.Unit, minor)
	}
	return true
}

// bury passes over the reminders of a dead member's part.
func (c *change) bury(r *Round, n int) {
	p := &r.Parts[n-1]
	p.Steps = max(p.Steps, c.Terms.Reminders)
	p.Next = latest(r.Due, c.Now)
}

// Forgive ends what a seat owes now, by a decision of the pool: to the reserve, and of parts past due.
// Errors are *Error: FaultClock, FaultSeat, and FaultAmount where it owes nothing.
func (g *Group) Forgive(seat int, now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	if _, err := g.seat(seat); err != nil {
		return Outcome{}, err
	}
	if debt := g.owesAt(seat, now); debt.ReserveMinor+debt.LateMinor == 0 {
		return Outcome{}, g.refuse(FaultAmount, "seat %d owes nothing that is past due", seat)
	}
	c := g.begin(now)
	for i := range c.Rounds {
		c.release(i+1, seat)
		if !c.Rounds[i].Due.After(now) {
			c.waive(i+1, seat)
		}
	}
	return c.done()
}

// release ends what a seat owes to the reserve for a round.
func (c *change) release(round, n int) {
	p := &c.Rounds[round-1].Parts[n-1]
	if p.CoveredMinor > 0 {
		c.tellSeat(Waived, round, n, p.CoveredMinor)
	}
	p.GivenMinor += p.CoveredMinor
	p.CoveredMinor = 0
}

// waive ends what is awaited of a seat in a round. So much less is paid out.
func (c *change) waive(round, n int) {
	r := &c.Rounds[round-1]
	p := &r.Parts[n-1]
	minor := p.awaited()
	if minor > 0 {
		c.tellSeat(Waived, round, n, minor)
	}
	p.DueMinor -= minor
	p.WaivedMinor += minor
	r.shrink(c.Seats[n-1].Unit, minor)
}

// PayShort pays the pot with what is there, after the moment due, by a decision of the pool: what is missing is owed to
// the receiver from then on. Errors are *Error: FaultClock, FaultState, FaultEarly, FaultMethod where rounds are atomic.
func (g *Group) PayShort(now time.Time) (Outcome, error) {
	if err := g.moment(now); err != nil {
		return Outcome{}, err
	}
	r := g.current()
	switch {
	case g.Terms.Atomic:
		return Outcome{}, g.refuse(FaultMethod, "all parts move, or none")
	case r == nil || r.State != Collecting:
		return Outcome{}, g.refuse(FaultState, "no round is collecting")
	case now.Before(r.Due):
		return Outcome{}, g.refuse(FaultEarly, "parts are due %s", r.Due.Format(time.RFC3339))
	}
	c := g.begin(now)
	c.setOffOwn(r)
	for n := 1; n <= len(r.Parts); n++ {
		if minor := r.Parts[n-1].awaited(); minor > 0 {
			c.tellSeat(PaidShort, len(c.Rounds), n, minor)
		}
	}
	c.paid(r)
	return c.done()
}
