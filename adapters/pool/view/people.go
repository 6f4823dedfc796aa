package view

import (
	"context"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// Members implements web.Reader.
func (v *View) Members(_ context.Context, member string) (view web.Members, err error) {
	_, err = v.look(member, func(g *glance) { view.Members = g.people() })
	return view, err
}

// people are the members that may be seen.
func (g *glance) people() (all []web.Member) {
	for _, m := range g.State.Members() {
		if g.sees(charter.SectionMembers, m.ID) {
			all = append(all, g.member(m))
		}
	}
	return all
}

func (g *glance) member(m *decide.Member) web.Member {
	view := web.Member{Person: g.person(m.ID), Pool: m.Pool != "", Since: m.Entered, Standing: g.standing(m)}
	for _, seat := range m.Seats {
		view.Roles = append(view.Roles, web.Role{Name: seat.Role, Until: seat.Until})
	}
	return view
}

// standing is a member's, with its lighter sanctions for those who see sanctions.
func (g *glance) standing(m *decide.Member) string {
	if m.Standing.String() == "active" && g.sees(charter.SectionSanctions, m.ID) && g.LimitPermille(m.ID) < 1000 {
		return string(charter.Reduction)
	}
	return m.Standing.String()
}
