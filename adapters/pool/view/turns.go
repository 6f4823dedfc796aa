package view

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// Turns implements web.Reader: of the groups that the member has a seat in, and of each the seats that it may see.
func (v *View) Turns(_ context.Context, member string) (view web.Turns, err error) {
	_, err = v.look(member, func(g *glance) {
		for _, id := range g.State.Groups() {
			if group := g.Group(id); len(group.SeatsOf(member)) > 0 {
				view.Groups = append(view.Groups, g.group(id, group))
			}
		}
	})
	return view, err
}

// groups are all that may be seen.
func (g *glance) groups() (all []web.Group) {
	if !g.sees(charter.SectionRotation) {
		return nil
	}
	for _, id := range g.State.Groups() {
		all = append(all, g.group(id, g.Group(id)))
	}
	return all
}

func (g *glance) group(id string, group *rotation.Group) web.Group {
	view := web.Group{
		Name: id, Order: string(group.Terms.Method), Round: max(len(group.Rounds), 1), Rounds: len(group.Seats), State: string(rotation.Open),
		Each: each(group), DueBy: dueOf(group),
	}
	if g.sees(charter.SectionRotation) {
		view.Pot = pot(group)
	}
	if n := len(group.Rounds); n > 0 {
		view.State = string(group.Rounds[n-1].State)
	}
	for _, n := range order(group) {
		if g.sees(charter.SectionRotation, group.Seats[n-1].Member) {
			view.Seats = append(view.Seats, g.seat(id, group, n))
		}
	}
	return view
}

// each is what the first seat pays in a round: all seats pay one worth.
func each(group *rotation.Group) fx.Money {
	return fx.Money{Minor: group.Seats[0].ContributionMinor, Currency: group.Seats[0].Unit}
}

// pot is what comes together in a round, by unit.
func pot(group *rotation.Group) (all []fx.Money) {
seats:
	for _, s := range group.Seats {
		for i := range all {
			if all[i].Currency == s.Unit {
				all[i].Minor += s.ContributionMinor
				continue seats
			}
		}
		all = append(all, fx.Money{Minor: s.ContributionMinor, Currency: s.Unit})
	}
	return all
}

// order is that of turns: the seats that had theirs, then those to come.
func order(group *rotation.Group) (all []int) {
	for round := range group.Rounds {
		for n, s := range group.Seats {
			if s.Round == round+1 {
				all = append(all, n+1)
			}
		}
	}
	return append(all, group.Upcoming()...)
}

func (g *glance) seat(id string, group *rotation.Group, n int) web.Seat {
	s := group.Seats[n-1]
	view := web.Seat{Group: id, Round: s.Round, Holder: g.holder(s), Mine: s.Pool == "" && g.isMe(s.Member), State: g.partState(group, n)}
	for i, upcoming := range group.Upcoming() {
		if upcoming == n && isOrdered(group) {
			view.Round = len(group.Rounds) + i + 1
		}
	}
	if view.Round > 0 {
		view.At = group.Terms.Start.Add(time.Duration((view.Round-1)*group.Terms.RoundDays+group.Terms.DueDays) * 24 * time.Hour)
	}
	if s.Round > 0 && s.Round <= len(group.Rounds) {
		view.Pot = group.Rounds[s.Round-1].State == rotation.Paid
	}
	return view
}

// isOrdered tells whether turns to come are known.
func isOrdered(group *rotation.Group) bool {
	return group.Phase != rotation.Ordering && (group.Terms.Method == rotation.Fixed || group.Terms.Method == rotation.Drawing)
}

// holder names who has a seat; a member of another pool by both names.
func (g *glance) holder(s rotation.Seat) web.Person {
	if s.Pool != "" {
		return web.Person{ID: s.Pool + "/" + s.Member}
	}
	return g.person(s.Member)
}

// partState is how a seat stands with the newest round.
func (g *glance) partState(group *rotation.Group, n int) string {
	if len(group.Rounds) == 0 {
		return "open"
	}
	round := group.Rounds[len(group.Rounds)-1]
	part := round.Parts[n-1]
	switch {
	case part.CoveredMinor > 0 || part.GivenMinor > 0:
		return "covered"
	case part.PaidMinor >= part.DueMinor:
		return "paid"
	case g.now.After(round.Due):
		return "late"
	}
	return "open"
}

// myTurn is the next seat of whoever looks that gets its pot, nil where there is none.
func (g *glance) myTurn() (next *web.Seat) {
	for _, id := range g.State.Groups() {
		group := g.Group(id)
		for _, n := range group.SeatsOf(g.me.ID) {
			seat := g.seat(id, group, n)
			later := next != nil && (seat.At.IsZero() || !next.At.IsZero() && !seat.At.Before(next.At))
			if seat.Mine && !seat.Pot && !group.Seats[n-1].Vacant && !later {
				next = &seat
			}
		}
	}
	return next
}
