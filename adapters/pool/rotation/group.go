package rotation

import (
	"slices"
	"time"
)

// Phase is how far a group is.
type Phase string

// The phases.
const (
	Ordering Phase = "ordering" // the order is being drawn
	Running  Phase = "running"
	Ended    Phase = "ended" // every seat had its round; what is late can still be paid
)

// Group is one rotating group. It is plain data: as JSON it is the whole state. Only the methods may change it.
type Group struct {
	Terms   Terms     `json:"terms"`
	Seats   []Seat    `json:"seats"`
	Phase   Phase     `json:"phase"`
	Now     time.Time `json:"now"`               // of the latest input, UTC
	Order   []int     `json:"order"`             // of turns, by seat; bids may come to another
	Draw    *Sealing  `json:"draw,omitempty"`    // Drawing: what the order was drawn from
	Rounds  []Round   `json:"rounds,omitempty"`  // opened, the oldest first; the last may be under way
	Pending []Claim   `json:"pending,omitempty"` // what is given back at the end to those who were replaced
}

// New begins a group. Of the seats, member, pool, unit and contribution count. A start that is past is now.
// Errors are *Error: FaultTerms.
func New(terms Terms, seats []Seat, now time.Time) (*Group, Outcome, error) {
	g := &Group{Terms: terms, Seats: make([]Seat, len(seats)), Phase: Running, Now: now.UTC()}
	for i, s := range seats {
		g.Seats[i] = Seat{Member: s.Member, Pool: s.Pool, Unit: s.Unit, ContributionMinor: s.ContributionMinor, Standing: Active}
	}
	if err := g.check(); err != nil {
		return nil, Outcome{}, err
	}
	if terms.Start.Before(now) {
		g.Terms.Start = now
	}
	g.Terms.Start = g.Terms.Start.UTC()
	g.Terms.Order = slices.Clone(terms.Order)
	if g.Order = slices.Clone(terms.Order); g.Order == nil {
		for n := range g.Seats {
			g.Order = append(g.Order, n+1)
		}
	}
	c := &change{Group: g}
	if terms.Method == Drawing {
		g.Phase = Ordering
		g.Draw = c.seal(nil)
	}
	return g, c.Outcome, nil
}

// Clone is a copy that shares nothing with g.
func (g *Group) Clone() *Group {
	clone := *g
	clone.Terms.Order = slices.Clone(g.Terms.Order)
	clone.Seats = slices.Clone(g.Seats)
	clone.Order = slices.Clone(g.Order)
	clone.Draw = g.Draw.clone()
	clone.Rounds = slices.Clone(g.Rounds)
	for i := range clone.Rounds {
		r := &clone.Rounds[i]
		r.Bids, r.Parts, r.Claims = r.Bids.clone(), slices.Clone(r.Parts), slices.Clone(r.Claims)
	}
	clone.Pending = slices.Clone(g.Pending)
	return &clone
}

// seat is the seat of that number. Errors are *Error: FaultSeat.
func (g *Group) seat(n int) (*Seat, error) {
	if n < 1 || n > len(g.Seats) {
		return nil, g.refuse(FaultSeat, "there is no seat %d of %d", n, len(g.Seats))
	}
	return &g.Seats[n-1], nil
}

// current is the round that is under way, nil between rounds.
func (g *Group) current() *Round {
	if len(g.Rounds) == 0 || g.Rounds[len(g.Rounds)-1].State == Paid {
		return nil
	}
	return &g.Rounds[len(g.Rounds)-1]
}

// candidates are the seats whose turn is to come, in order.
func (g *Group) candidates() []int {
	var all []int
	for _, n := range g.Order {
		if s := g.Seats[n-1]; !s.Vacant && s.Round == 0 {
			all = append(all, n)
		}
	}
	return all
}

// leavers are the vacant seats that are to be given back what they put in, in order.
func (g *Group) leavers() []int {
	var all []int
	for _, n := range g.Order {
		if s := g.Seats[n-1]; s.Vacant && s.Round == 0 && g.paidIn(n) {
			all = append(all, n)
		}
	}
	return all
}

// paidIn tells whether anybody is to pay for a seat's round.
func (g *Group) paidIn(n int) bool {
	for payer := range g.Seats {
		if g.fair(payer+1, n) > 0 {
			return true
		}
	}
	return false
}

// fair is what a seat pays in the round of another: what that one was to pay it, or its whole contribution where its
// own round is to come. Contributions are one worth by agreement, so where units differ it is the same share.
func (g *Group) fair(payer, receiver int) int64 {
	from, to := g.Seats[payer-1], g.Seats[receiver-1]
	switch {
	case from.Vacant:
		return 0
	case from.Round == 0 || payer == receiver:
		return from.ContributionMinor
	}
	return portion(from.ContributionMinor, g.Rounds[from.Round-1].Parts[receiver-1].DueMinor, to.ContributionMinor)
}
