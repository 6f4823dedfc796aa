package decide

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
)

// maxGroups bounds how many rotating groups a pool has that have not ended.
const maxGroups = 100

// Rotation is the subject of charter.Rotating: what a pool decides about its rotating groups. One of its parts is given.
type Rotation struct {
	Begin    *Beginning   `json:"begin,omitempty"`
	Choose   *SeatOf      `json:"choose,omitempty"`   // need: who gets this round
	Forgive  *SeatOf      `json:"forgive,omitempty"`  // what a seat owes
	PayShort string       `json:"pay_short,omitzero"` // the group whose pot is paid with what is there
	Replace  *Replacement `json:"replace,omitempty"`
	Join     *Saving      `json:"join,omitempty"` // a group at another pool
}

// Beginning is a new group.
type Beginning struct {
	Terms rotation.Terms  `json:"terms"` // without ID
	Seats []rotation.Seat `json:"seats"` // member, unit and contribution of each

	Allies map[string]Ally `json:"allies,omitempty"` // by pool, this one too, where seats are of several
}

// SeatOf names a seat of a group.
type SeatOf struct {
	Group string `json:"group"`
	Seat  int    `json:"seat"`
}

// Replacement is a member who takes over a seat that was left, and pays what was put in.
type Replacement struct {
	SeatOf

	Member string `json:"member"`
}

func (r *Rotation) weighs(*State) fx.Money   { return fx.Money{} }
func (r *Rotation) section() charter.Section { return charter.SectionRotation }

// concerns is who would be chosen or forgiven. Those who begin a group decide for themselves.
func (r *Rotation) concerns(s *State) []string {
	for _, of := range []*SeatOf{r.Choose, r.Forgive} {
		if of == nil {
			continue
		}
		if g := s.group(of.Group); g != nil && of.Seat >= 1 && of.Seat <= len(g.Seats) {
			return []string{g.Seats[of.Seat-1].Member}
		}
	}
	return nil
}

func (r *Rotation) check(s *State, p *Proposal) *Refusal {
	given := 0
	for _, is := range []bool{r.Begin != nil, r.Choose != nil, r.Forgive != nil, r.PayShort != "", r.Replace != nil, r.Join != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return refuse(FaultForm, "it asks for %d things", given)
	}
	switch {
	case r.Begin != nil:
		return r.Begin.check(s)
	case r.Join != nil:
		return r.Join.check(s)
	}
	_, _, refused := r.try(s, p)
	return refused
}

func (b *Beginning) check(s *State) *Refusal {
	open := 0
	for _, g := range s.groups {
		if !g.ended {
			open++
		}
	}
	if open >= maxGroups {
		return later(FaultTooMany, "%d groups", open)
	}
	for _, seat := range b.Seats {
		if m := s.Member(seat.Member); m == nil || m.Standing != active {
			return refuse(FaultUnknown, "%q is no member in good standing", clip(seat.Member))
		}
	}
	if refused := b.checkAllies(s); refused != nil {
		return refused
	}
	_, _, refused := b.found(s)
	return refused
}

// found makes the group as of now.
func (b *Beginning) found(s *State) (*group, rotation.Outcome, *Refusal) {
	g := &group{id: fmt.Sprintf("g%d", len(s.groups)+1), allies: b.Allies, readied: map[string]bool{}}
	terms := b.Terms
	terms.ID = s.pool + "-" + g.id
	made, out, err := rotation.New(terms, b.Seats, s.now)
	if err != nil {
		return nil, rotation.Outcome{}, refuse(FaultRules, "%v", err)
	}
	g.Group = made
	return g, out, nil
}

func (r *Rotation) carry(t *turn, p *Proposal) *Refusal {
	if r.Begin != nil {
		g, out, refused := r.Begin.found(t.State)
		if refused != nil {
			return refused
		}
		t.groups = append(t.groups, g)
		t.entry.Answer.Made = g.id
		return t.follow(g, g.Group, out, "")
	}
	if r.Join != nil {
		t.ventures = append(t.ventures, &Venture{Saving: *r.Join, ID: p.ID})
		return nil
	}
	g, change, refused := r.try(t.State, p)
	if refused != nil {
		return refused
	}
	from := ""
	if r.Replace != nil {
		t.electorate++ // whom a question concerns
		from = purseAccount(r.Replace.Member)
	}
	return t.change(g, from, change)
}

// change is one method of a group.
type change func(g *rotation.Group) (rotation.Outcome, error)

// try finds the group that a decision is about, and tells whether the group would take it.
func (r *Rotation) try(s *State, _ *Proposal) (g *group, do change, refused *Refusal) {
	var id string
	now := s.now
	switch {
	case r.Choose != nil:
		id, do = r.Choose.Group, func(g *rotation.Group) (rotation.Outcome, error) { return g.Choose(r.Choose.Seat, now) }
	case r.Forgive != nil:
		id, do = r.Forgive.Group, func(g *rotation.Group) (rotation.Outcome, error) { return g.Forgive(r.Forgive.Seat, now) }
	case r.PayShort != "":
		id, do = r.PayShort, func(g *rotation.Group) (rotation.Outcome, error) { return g.PayShort(now) }
	default:
		if m := s.Member(r.Replace.Member); m == nil || m.Standing != active {
			return nil, nil, refuse(FaultUnknown, "%q is no member in good standing", clip(r.Replace.Member))
		}
		id = r.Replace.Group
		do = func(g *rotation.Group) (rotation.Outcome, error) {
			return g.Replace(r.Replace.Seat, r.Replace.Member, "", g.BuyIn(r.Replace.Seat), now)
		}
	}
	if g = s.group(id); g == nil {
		return nil, nil, refuse(FaultUnknown, "no group is %q", clip(id))
	}
	if _, err := do(g.Clone()); err != nil {
		return nil, nil, refusedBy(err)
	}
	return g, do, nil
}

// refusedBy is a group's refusal.
func refusedBy(err error) *Refusal {
	refused := refuse(FaultRules, "%v", err)
	refused.Retry = isEarly(err)
	return refused
}

// isEarly tells whether what a group refused may be possible later.
func isEarly(err error) bool {
	refused, ok := errors.AsType[*rotation.Error](err)
	return ok && (refused.Fault == rotation.FaultEarly || refused.Fault == rotation.FaultState)
}
