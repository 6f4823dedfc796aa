package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
)

// group is one rotating group of the pool.
type group struct {
	*rotation.Group

	id      string // g1, g2, …
	ended   bool
	allies  map[string]Ally // by pool; none where all seats are of this one
	readied map[string]bool // by round and seat: parts of other pools that are there
	own     []Amount        // of the bundle on its way: what this pool's seats put in for one of them
}

func (s *State) group(id string) *group {
	if i := slices.IndexFunc(s.groups, func(g *group) bool { return g.id == id }); i >= 0 {
		return s.groups[i]
	}
	return nil
}

// Group is a rotating group by its id, nil where none has it. It is not changed.
func (s *State) Group(id string) *rotation.Group {
	if g := s.group(id); g != nil {
		return g.Group
	}
	return nil
}

// Groups lists the ids of all rotating groups.
func (s *State) Groups() (ids []string) {
	for _, g := range s.groups {
		ids = append(ids, g.id)
	}
	return ids
}

// change changes a group and books what follows, or neither.
func (t *turn) change(g *group, from string, do change) *Refusal {
	next := g.Clone()
	out, err := do(next)
	if err != nil {
		return refusedBy(err)
	}
	return t.follow(g, next, out, from)
}

func potAccount(group string) string    { return "rotation/" + group }
func purseAccount(member string) string { return "purse/" + member }

// reserve is the fund that covers in a unit, "" where there is none.
func (s *State) reserve(unit fx.Currency) string {
	for _, f := range s.rules().Funds {
		if f.Reserve && f.Unit == unit && (s.rules().Lateness.Reserve == "" || s.rules().Lateness.Reserve == f.Name) {
			return fundAccount(f.Name)
		}
	}
	return ""
}

// reserves is what there is to cover with.
func (s *State) reserves() rotation.Funds {
	funds := rotation.Funds{}
	for _, f := range s.rules().Funds {
		if path := s.reserve(f.Unit); path != "" {
			funds[f.Unit] = s.book.Balance(path, f.Unit)
		}
	}
	return funds
}

// rotationLine is what a group tells.
type rotationLine struct {
	Group  string          `json:"group"`
	Notice rotation.Notice `json:"notice"`
}

// follow books what a group moved, and says what it tells; then the group is what it has become. What members pay comes
// out of the account from.
func (t *turn) follow(g *group, next *rotation.Group, out rotation.Outcome, from string) *Refusal {
	var postings []book.Posting
	for _, m := range out.Movements {
		elsewhere := next.Seats[m.Seat-1].Pool != "" && (m.From == rotation.Purse || m.To == rotation.Purse)
		if elsewhere || next.Terms.Atomic && m.Kind == rotation.PayPot {
			continue // it lies at another pool, or moves by legs
		}
		postings = append(postings, book.Posting{
			From: t.placed(g.id, m.From, m, from), To: t.placed(g.id, m.To, m, purseAccount(m.Member)),
			Unit: m.Unit, AmountMinor: m.Minor, Purpose: string(m.Kind),
		})
	}
	if len(postings) > 0 {
		if refused := t.post(charter.SectionRotation, concerned(out), postings...); refused != nil {
			return refused
		}
	}
	g.Group = next
	for _, n := range out.Notices {
		var about []string
		if n.Member != "" {
			about = []string{n.Member}
		}
		t.say(charter.SectionRotation, about, "rotation", rotationLine{Group: g.id, Notice: n})
		t.call(g, n)
		g.ended = g.ended || n.About == rotation.GroupEnded
	}
	if out.Settle != nil {
		return t.settleRound(g, out.Settle)
	}
	return nil
}

func (t *turn) placed(group string, at rotation.Place, m rotation.Movement, purse string) string {
	switch at {
	case rotation.Pot:
		return potAccount(group)
	case rotation.Reserve:
		return t.reserve(m.Unit)
	default:
		return purse
	}
}

// concerned are the members whose money moved.
func concerned(out rotation.Outcome) (members []string) {
	for _, m := range out.Movements {
		if m.Member != "" && !slices.Contains(members, m.Member) {
			members = append(members, m.Member)
		}
	}
	return members
}

// turnGroups moves the groups' clocks on.
func (t *turn) turnGroups() {
	for _, g := range t.groups {
		if next, ok := g.Next(); t.full() || !ok || next.After(t.now) {
			continue
		}
		// What a group does by the clock it can do: the reserve is what there is.
		_ = t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) { return r.Tick(t.now, t.reserves()) })
	}
}

func (s *State) groupEnds() (ends []time.Time) {
	for _, g := range s.groups {
		if next, ok := g.Next(); ok {
			ends = append(ends, next)
		}
	}
	return ends
}

// leaveGroups takes a member who goes out of its groups. What a bundle is on its way with, it leaves when that is back.
// All groups let the member go, or it stays in all.
func (t *turn) leaveGroups(m *Member, why rotation.Standing) *Refusal {
	type goodbye struct {
		g    *group
		next *rotation.Group
		out  rotation.Outcome
	}
	var all []goodbye
	for _, g := range t.groups {
		seats := g.SeatsOf(m.ID)
		if g.ended || len(seats) == 0 {
			continue
		}
		next, out := g.Clone(), rotation.Outcome{}
		for _, seat := range seats {
			if next.Seats[seat-1].Standing != rotation.Active {
				continue
			}
			more, err := next.Leave(seat, why, t.now)
			if err != nil {
				return refusedBy(err)
			}
			out = joined(out, more)
		}
		all = append(all, goodbye{g: g, next: next, out: out})
	}
	for _, one := range all {
		if refused := t.follow(one.g, one.next, one.out, ""); refused != nil {
			return refused // it cannot be: what a group gives back, it holds
		}
	}
	return nil
}

// joined is what two changes of a group came to.
func joined(a, b rotation.Outcome) rotation.Outcome {
	a.Movements, a.Notices = append(a.Movements, b.Movements...), append(a.Notices, b.Notices...)
	if b.Settle != nil {
		a.Settle = b.Settle
	}
	return a
}
