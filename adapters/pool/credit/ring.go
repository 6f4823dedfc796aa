package credit

import (
	"slices"

	"github.com/ayni-switch/ayni/netting"
)

// step is something discharged, on its way to become rings: a claim, or a balance of mutual credit that goes up
// or down, which leads to the network and from it.
type step struct {
	to    int32
	claim int // place; -1 for a balance
	minor int64
}

// rings takes what was discharged apart: what enters a member leaves it, so whoever walks on comes back to where
// they have been, which closes a ring.
func (c *circle) rings(debts []netting.Debt, cleared netting.Cleared) []Ring {
	network := int32(len(c.members)) //nolint:gosec // MaxClaims bounds it
	steps := make([][]step, network+1)
	for i, d := range debts {
		if minor := cleared.AmountMinor[i]; minor > 0 {
			steps[d.Debtor] = append(steps[d.Debtor], step{d.Creditor, i, minor})
		}
	}
	for p, drawn := range cleared.DrawnMinor {
		if p := int32(p); drawn > 0 {
			steps[network] = append(steps[network], step{p, balance, drawn})
		} else if drawn < 0 {
			steps[p] = append(steps[p], step{network, balance, -drawn})
		}
	}
	w := walk{claims: c.claims, steps: steps, place: make([]int, len(steps))}
	for start := range network {
		w.from(start)
	}
	return w.rings
}

const balance = -1

// walk takes rings out of steps.
type walk struct {
	claims []Claim
	steps  [][]step // per member, and behind them the network; those used up are gone
	place  []int    // per member and network: 1 + its place on the path; 0 off it
	rings  []Ring
}

// from walks from a member until nothing leaves it. What is still on the path when a ring was taken out leads to
// where the ring closed, so that something leaves there too.
func (w *walk) from(start int32) {
	var path []int32
	for at := start; len(w.steps[at]) > 0; {
		if first := w.place[at] - 1; first >= 0 {
			for _, p := range path[first:] {
				w.place[p] = 0
			}
			w.take(path[first:])
			path = path[:first]
			continue
		}
		path = append(path, at)
		w.place[at] = len(path)
		at = w.steps[at][0].to
	}
}

// take uses up the smallest part of a ring. One through mutual credit begins with who draws.
func (w *walk) take(closed []int32) {
	network := int32(len(w.steps) - 1) //nolint:gosec // MaxClaims bounds it
	r := Ring{}
	if at := slices.Index(closed, network); at >= 0 {
		closed = slices.Concat(closed[at:], closed[:at])
		r.Credit = true
	}
	r.Minor = w.steps[closed[0]][0].minor
	for _, p := range closed {
		r.Minor = min(r.Minor, w.steps[p][0].minor)
	}
	for _, p := range closed {
		s := &w.steps[p][0]
		if s.claim != balance {
			r.Claims = append(r.Claims, w.claims[s.claim].ID)
		}
		if s.minor -= r.Minor; s.minor == 0 {
			w.steps[p] = w.steps[p][1:]
		}
	}
	w.rings = append(w.rings, r)
}
