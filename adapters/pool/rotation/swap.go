package rotation

import (
	"slices"
	"time"
)

// AskSwap asks another seat to change turns (Fixed, Drawing). Both turns must be to come. A later ask replaces it.
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat.
func (g *Group) AskSwap(seat, with int, now time.Time) (Outcome, error) {
	if err := g.swappable(seat, with, now); err != nil {
		return Outcome{}, err
	}
	c := g.begin(now)
	c.Seats[seat-1].SwapWith = with
	c.tell(Notice{About: SwapAsked, Seat: seat, Member: c.Seats[seat-1].Member, Other: with})
	return c.done()
}

// AgreeSwap changes the turns of a seat and of the one that asked for it.
// Errors are *Error: FaultClock, FaultMethod, FaultState, FaultSeat, FaultAsked.
func (g *Group) AgreeSwap(seat, asker int, now time.Time) (Outcome, error) {
	if err := g.swappable(seat, asker, now); err != nil {
		return Outcome{}, err
	}
	if g.Seats[asker-1].SwapWith != seat {
		return Outcome{}, g.refuse(FaultAsked, "seat %d did not ask seat %d", asker, seat)
	}
	c := g.begin(now)
	i, j := slices.Index(c.Order, seat), slices.Index(c.Order, asker)
	c.Order[i], c.Order[j] = c.Order[j], c.Order[i]
	c.forgetSwaps(seat)
	c.forgetSwaps(asker)
	c.tell(Notice{About: Swapped, Seat: seat, Member: c.Seats[seat-1].Member, Other: asker})
	return c.done()
}

func (g *Group) swappable(seat, other int, now time.Time) error {
	if err := g.moment(now); err != nil {
		return err
	}
	all := g.candidates()
	switch {
	case g.Terms.Method != Fixed && g.Terms.Method != Drawing:
		return g.refuse(FaultMethod, "turns are by %s", g.Terms.Method)
	case g.Phase != Running:
		return g.refuse(FaultState, "the group is %s", g.Phase)
	case seat == other || !slices.Contains(all, seat) || !slices.Contains(all, other):
		return g.refuse(FaultSeat, "seats %d and %d are not two whose turns are to come", seat, other)
	}
	return nil
}

// forgetSwaps drops what a seat asked for and was asked.
func (c *change) forgetSwaps(n int) {
	c.Seats[n-1].SwapWith = 0
	for i := range c.Seats {
		if c.Seats[i].SwapWith == n {
			c.Seats[i].SwapWith = 0
		}
	}
}
