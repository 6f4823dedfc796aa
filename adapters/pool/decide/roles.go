package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// seated says that a member has a role, or has it no more.
type seated struct {
	Member string    `json:"member"`
	Role   string    `json:"role"`
	Until  time.Time `json:"until,omitzero"`
	Ended  bool      `json:"ended,omitzero"`
}

// seat gives a member a role for the charter's term. One that it has already begins anew.
func (t *turn) seat(m *Member, name string) {
	role, _ := t.rules().Role(name)
	seat := Seat{Role: name, Since: t.now, Terms: 1, Entry: t.entry.Index}
	if role.TermDays > 0 {
		seat.Until = t.now.AddDate(0, 0, role.TermDays)
	}
	seat.Terms += t.termsInARow(m, name)
	if i := m.seatOf(name); i >= 0 {
		seat.Entry = m.Seats[i].Entry
		m.Seats[i] = seat
	} else {
		m.Seats = append(m.Seats, seat)
	}
	t.say(charter.SectionMembers, []string{m.ID}, "seat", seated{Member: m.ID, Role: name, Until: seat.Until})
}

func (m *Member) seatOf(role string) int {
	return slices.IndexFunc(m.Seats, func(s Seat) bool { return s.Role == role })
}

// aBreak is how long somebody has to be without a role before terms are counted anew.
const aBreak = 90 * 24 * time.Hour

// termsInARow is how many terms a member has had a role without a break.
func (s *State) termsInARow(m *Member, role string) int {
	if i := m.seatOf(role); i >= 0 {
		return m.Seats[i].Terms
	}
	if past := m.past[role]; s.now.Sub(past.Until) < aBreak {
		return past.Terms
	}
	return 0
}

// endTerms ends roles whose term is over.
func (t *turn) endTerms() {
	for _, m := range t.members {
		for _, seat := range slices.Clone(m.Seats) {
			if t.full() {
				return
			}
			if !seat.Until.IsZero() && !t.now.Before(seat.Until) {
				t.electorate++
				m.past[seat.Role] = seat
				m.Seats = slices.Delete(m.Seats, m.seatOf(seat.Role), m.seatOf(seat.Role)+1)
				t.say(charter.SectionMembers, []string{m.ID}, "seat", seated{Member: m.ID, Role: seat.Role, Ended: true})
			}
		}
	}
}

func (s *State) termEnds() (ends []time.Time) {
	for _, m := range s.members {
		for _, seat := range m.Seats {
			if !seat.Until.IsZero() {
				ends = append(ends, seat.Until)
			}
		}
	}
	return ends
}

// Appointment is the subject of charter.Appointment.
type Appointment struct {
	Member string `json:"member"`
	Role   string `json:"role"`
}

func (a *Appointment) weighs(*State) fx.Money   { return fx.Money{} }
func (a *Appointment) concerns(*State) []string { return nil } // people may vote for themselves
func (a *Appointment) section() charter.Section { return charter.SectionDecisions }

func (a *Appointment) check(s *State, _ *Proposal) *Refusal {
	m := s.Member(a.Member)
	role, known := s.rules().Role(a.Role)
	taken := 0
	for _, other := range s.members {
		if other != m && other.Has(a.Role) {
			taken++
		}
	}
	switch {
	case m == nil || m.Standing != active:
		return refuse(FaultUnknown, "%q is no member in good standing", clip(a.Member))
	case !known || a.Role == charter.Everybody:
		return refuse(FaultRules, "no role is %q", clip(a.Role))
	case role.Seats > 0 && taken >= role.Seats:
		return later(FaultTooMany, "all %d seats of %s are taken", role.Seats, a.Role)
	}
	if terms := s.termsInARow(m, a.Role); role.MaxTerms > 0 && terms >= role.MaxTerms {
		return refuse(FaultRules, "%s was %s for %d terms in a row", m.ID, a.Role, terms)
	}
	return nil
}

func (a *Appointment) carry(t *turn, _ *Proposal) *Refusal {
	t.seat(t.Member(a.Member), a.Role)
	return nil
}
