package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// takeTurn takes a payment for a group: seat by seat as far as each takes it. What is more is the member's own.
func takeTurn(t *turn, from string, m *Member, what string, amount Amount) (bool, *Refusal) {
	g := t.group(what)
	if g == nil {
		return false, nil
	}
	next, left := g.Clone(), amount.Minor
	var all rotation.Outcome
	for _, seat := range next.SeatsOf(m.ID) {
		pays := min(left, next.Payable(seat))
		if next.Seats[seat-1].Unit != amount.Unit || next.Seats[seat-1].Pool != "" || pays <= 0 {
			continue
		}
		out, err := next.Pay(seat, pays, t.now)
		if err != nil {
			return true, refusedBy(err)
		}
		all = joined(all, out)
		left -= pays
	}
	if left == amount.Minor {
		return true, refuse(FaultUnknown, "%s owes nothing in %s", m.ID, g.id)
	}
	if refused := t.follow(g, next, all, from); refused != nil || left == 0 {
		return true, refused
	}
	return true, t.intoPurse(from, m, Amount{Minor: left, Unit: amount.Unit})
}

const (
	kindCommit     = "commit"
	kindReveal     = "reveal"
	kindBid        = "bid"
	kindAskSwap    = "ask_swap"
	kindAgreeSwap  = "agree_swap"
	kindLeaveGroup = "leave_group"
)

// Turning is the body of what a member says in a group: of its own seat, and what the kind needs beside it.
type Turning struct {
	Group      string `json:"group"`
	Seat       int    `json:"seat"`
	Commitment string `json:"commitment,omitzero"` // commit
	Secret     string `json:"secret,omitzero"`     // reveal
	BidMinor   int64  `json:"bid_minor,omitzero"`  // bid, and reveal of a sealed one
	With       int    `json:"with,omitzero"`       // ask_swap: the other seat; agree_swap: the seat that asked
}

var rotationKinds = map[string]kind{
	kindCommit: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Commit(w.Seat, w.Commitment, now)
	}),
	kindReveal: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Reveal(w.Seat, w.Secret, w.BidMinor, now)
	}),
	kindBid: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Bid(w.Seat, w.BidMinor, now)
	}),
	kindAskSwap: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.AskSwap(w.Seat, w.With, now)
	}),
	kindAgreeSwap: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.AgreeSwap(w.Seat, w.With, now)
	}),
	kindLeaveGroup: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Leave(w.Seat, rotation.Left, now)
	}),
}

// turning is an act by which a member does something with its seat.
func turning(do func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error)) kind {
	return kind{section: charter.SectionRotation, who: suspended, old: true, do: func(t *turn, by *Member, a act.Act) *Refusal {
		var w Turning
		if err := a.Decode(&w); err != nil {
			return refuse(FaultForm, "%v", err)
		}
		g := t.group(w.Group)
		switch {
		case g == nil:
			return refuse(FaultUnknown, "no group is %q", clip(w.Group))
		case !slices.Contains(g.SeatsOf(by.ID), w.Seat):
			return refuse(FaultRole, "seat %d of %s is another's", w.Seat, g.id)
		}
		return t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) { return do(r, w, t.now) })
	}}
}
