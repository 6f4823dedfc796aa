package rotation

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// change is a group while an input changes it, and what follows.
type change struct {
	*Group
	Outcome
}

// moment checks that the clock does not go back. Errors are *Error: FaultClock.
func (g *Group) moment(now time.Time) error {
	if now.Before(g.Now) {
		return g.refuse(FaultClock, "%s is before %s", now.UTC().Format(time.RFC3339), g.Now.Format(time.RFC3339))
	}
	return nil
}

// begin starts a change that nothing can refuse any more.
func (g *Group) begin(now time.Time) *change {
	g.Now = now.UTC()
	return &change{Group: g}
}

// done lets everything follow that follows without further input.
func (c *change) done() (Outcome, error) {
	for c.proceed() {
	}
	for i := range c.Rounds {
		r := &c.Rounds[i]
		r.Clear = r.Clear || r.State == Paid && c.owedIn(r) == 0
	}
	return c.Outcome, nil
}

// proceed takes one step, and tells whether there may be another.
func (c *change) proceed() bool {
	if c.flow() {
		return true
	}
	r := c.current()
	switch {
	case c.Phase == Ended:
		return false
	case r == nil && !c.more():
		c.end()
		return true
	case r == nil:
		return false
	}
	switch r.State {
	case Open:
		if c.turn() == 0 && c.more() {
			return false
		}
		c.assign(r)
		return true
	case Collecting:
		return c.complete(r)
	case Complete:
		return c.hand(r)
	default:
		return false
	}
}

// complete tells whether every part is there, and sets off what the receiver has not paid of its own.
func (c *change) complete(r *Round) bool {
	for i := range r.Parts {
		if c.missing(r, i+1) > 0 {
			return false
		}
	}
	c.setOffOwn(r)
	r.State = Complete
	return true
}

func (c *change) setOffOwn(r *Round) {
	minor := c.setOff(r, r.Receiver)
	own := &r.Parts[r.Receiver-1]
	own.DueMinor -= minor
	own.WaivedMinor += minor
	r.shrink(c.Seats[r.Receiver-1].Unit, minor)
}

// end closes the group: what was paid ahead or waits for the end goes back.
func (c *change) end() {
	c.Phase = Ended
	for i := range c.Seats {
		c.giveBackAhead(i + 1)
	}
	for i := range c.Pending {
		p := &c.Pending[i]
		c.move(GiveBack, Pot, Purse, p.Seat, p.Member, 0, p.Unit, p.Minor-p.PaidMinor)
		p.PaidMinor = p.Minor
	}
	c.tell(Notice{About: GroupEnded})
}

// more tells whether a seat's round is to come.
func (g *Group) more() bool { return len(g.candidates()) > 0 || len(g.leavers()) > 0 }

// owedIn is what is awaited in a round or owed to the reserve, over all units: it is compared with zero only.
func (g *Group) owedIn(r *Round) int64 {
	sum := int64(0)
	for i := range r.Parts {
		sum += r.Parts[i].owed()
	}
	return sum
}

// move books a movement of a positive amount, and nothing else.
func (c *change) move(kind Kind, from, to Place, seat int, member string, round int, unit fx.Currency, minor int64) {
	if minor > 0 && from != to {
		c.Movements = append(c.Movements, Movement{kind, from, to, seat, member, round, unit, minor})
	}
}

func (c *change) tell(n Notice) { c.Notices = append(c.Notices, n) }

// tellSeat tells something about a seat.
func (c *change) tellSeat(about Telling, round, seat int, minor int64) {
	s := c.Seats[seat-1]
	c.tell(Notice{About: about, Round: round, Seat: seat, Member: s.Member, Unit: s.Unit, Minor: minor})
}
