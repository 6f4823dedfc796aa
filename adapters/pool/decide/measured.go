package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// SanctionState is where a sanction that was taken is in its life.
type SanctionState string

// The states.
const (
	InForce SanctionState = "in_force"
	Stayed  SanctionState = "stayed" // by an appeal
	Lifted  SanctionState = "lifted" // by the panel: it was never rightly taken
	Healed  SanctionState = "healed" // by decision, before its term
	Over    SanctionState = "over"   // by itself; reminders and mediations are at once
)

// Measured is a sanction that was taken by decision. An exclusion only suspends until it is Final, so that whoever
// appeals and is right comes back as they were.
type Measured struct {
	ID       string // the proposal's
	Member   string
	Measure  charter.Measure
	Permille int // of limits, which charter.Reduction leaves
	Since    time.Time
	Until    time.Time // zero for until it is healed
	Final    time.Time // may be appealed before
	State    SanctionState
	Appeal   *Appeal // nil of what nobody appealed
}

// sanctioned is a sanction's line.
type sanctioned struct {
	Sanction string          `json:"sanction"`
	Member   string          `json:"member"`
	Measure  charter.Measure `json:"measure"`
	State    SanctionState   `json:"state"`
	Until    time.Time       `json:"until,omitzero"`
	Final    time.Time       `json:"final"`
	Why      string          `json:"why,omitzero"`
}

// tellSanction says what a sanction is now, and lets the member stand accordingly.
func (t *turn) tellSanction(x *Measured, why string) {
	t.say(charter.SectionSanctions, []string{x.Member}, "sanction", sanctioned{
		Sanction: x.ID, Member: x.Member, Measure: x.Measure, State: x.State, Until: x.Until, Final: x.Final, Why: why,
	})
	t.restand(t.Member(x.Member))
}

func (t *turn) endSanction(x *Measured, state SanctionState, why string) {
	x.State = state
	t.tellSanction(x, why)
}

// sanction finds a sanction by the proposal that took it, nil where none did.
func (s *State) sanction(id string) *Measured {
	if i := slices.IndexFunc(s.sanctions, func(x *Measured) bool { return x.ID == id }); i >= 0 {
		return s.sanctions[i]
	}
	return nil
}

// Sanctions lists what was taken by decision, in order. They are not changed.
func (s *State) Sanctions() []*Measured { return slices.Clone(s.sanctions) }

// LimitPermille is what sanctions leave of a member's limits, of 1000.
func (s *State) LimitPermille(member string) int {
	left := 1000
	for _, x := range s.sanctions {
		if x.Member == member && x.State == InForce && x.Measure == charter.Reduction {
			left = min(left, x.Permille)
		}
	}
	return left
}

// restand gives a member the standing that its sanctions leave. An exclusion that is over does not bring it back: it
// may be admitted again.
func (t *turn) restand(m *Member) {
	is := active
	for _, x := range t.sanctions {
		if x.Member != m.ID || x.State != InForce {
			continue
		}
		switch {
		case x.Measure == charter.Exclusion && !t.now.Before(x.Final):
			is = excluded
		case x.Measure == charter.Exclusion || x.Measure == charter.Suspension:
			is = min(is, suspended)
		}
	}
	switch {
	case m.Standing == is:
	case m.Standing == excluded && is > excluded:
		m.Standing = invited
		clear(m.dues)
		t.tellStanding(m)
	case m.Standing != active && m.Standing != suspended: // left, or not admitted yet
	case is == excluded:
		t.exclude(m)
	default:
		m.Standing = is
		t.electorate++
		t.tellStanding(m)
	}
}

// exclude ends a membership. What the member owes and is owed stays in the book; lighter sanctions end with it. While
// a rotating group cannot let the member go, it stays suspended.
func (t *turn) exclude(m *Member) {
	if t.end(m, excluded) != nil {
		if m.Standing != suspended {
			m.Standing = suspended
			t.electorate++
			t.tellStanding(m)
		}
		return
	}
	for _, x := range t.sanctions {
		if x.Member == m.ID && x.Measure != charter.Exclusion && (x.State == InForce || x.State == Stayed) {
			t.endSanction(x, Over, "excluded")
		}
	}
}

// endSanctions ends terms, makes exclusions final, and lifts what a panel was silent about.
func (t *turn) endSanctions() {
	for _, x := range t.sanctions {
		m := t.Member(x.Member)
		if t.full() {
			return
		}
		switch {
		case x.State == Stayed && !t.now.Before(x.Appeal.Ends):
			t.endSanction(x, Lifted, "the panel was silent")
		case x.State == InForce && !x.Until.IsZero() && !t.now.Before(x.Until):
			t.endSanction(x, Over, "")
		case x.State == InForce && x.Measure == charter.Exclusion && m.Standing >= suspended && !t.now.Before(x.Final):
			t.restand(m)
		}
	}
}

func (s *State) sanctionEnds() (ends []time.Time) {
	for _, x := range s.sanctions {
		switch x.State {
		case Stayed:
			ends = append(ends, x.Appeal.Ends)
		case InForce:
			if !x.Until.IsZero() {
				ends = append(ends, x.Until)
			}
			if x.Measure == charter.Exclusion && s.now.Before(x.Final) {
				ends = append(ends, x.Final)
			}
		case Lifted, Healed, Over:
		}
	}
	return ends
}
