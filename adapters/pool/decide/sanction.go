package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Sanction is the subject of charter.Sanction: a step of the ladder against a member, who is heard before anybody
// votes and has no vote.
type Sanction struct {
	Member   string          `json:"member"`
	Measure  charter.Measure `json:"measure"`
	Rule     string          `json:"rule"`              // that was broken: its path in the charter
	Version  int64           `json:"version"`           // of that charter
	Evidence act.Commitment  `json:"evidence"`          // closed
	Days     int             `json:"days,omitzero"`     // a shorter term than the charter's
	Mediator string          `json:"mediator,omitzero"` // of a mediation: a member
}

// Mediator is the role of those who mediate, where the charter has it.
const Mediator = "mediator"

// Healing is the subject of charter.Healing: a sanction ends before its term.
type Healing struct {
	Sanction string `json:"sanction"` // the proposal that took it
}

// aYear is how long a step counts as the one before the next.
const aYear = 365 * 24 * time.Hour

func (x *Sanction) weighs(*State) fx.Money   { return fx.Money{} }
func (x *Sanction) concerns(*State) []string { return []string{x.Member} }
func (x *Sanction) section() charter.Section { return charter.SectionSanctions }

// hearing is how long the member may be heard.
func (x *Sanction) hearing(s *State) time.Duration {
	step, _ := s.rules().Step(x.Measure)
	return time.Duration(step.HearHours) * time.Hour
}

func (x *Sanction) check(s *State, p *Proposal) *Refusal {
	m := s.Member(x.Member)
	rules := s.rulesOf(p)
	step, known := rules.Step(x.Measure)
	switch {
	case m == nil || m.Standing < suspended:
		return refuse(FaultUnknown, "%q is no member", clip(x.Member))
	case !known:
		return refuse(FaultRules, "the ladder has no %q", clip(string(x.Measure)))
	case x.Rule == "" || len(x.Rule) > maxWord || x.Version < 1 || x.Version > p.Version:
		return refuse(FaultForm, "it names no rule of a version that was in force")
	case x.Evidence.IsZero():
		return refuse(FaultCommitments, "there is no evidence")
	case x.Days < 0 || x.Days > step.TermDays && step.TermDays > 0:
		return refuse(FaultRules, "the term of %s is %d days", x.Measure, step.TermDays)
	case s.stands(m, x.Measure):
		return refuse(FaultAlready, "%s has that sanction", m.ID)
	case p.State == Passed && !x.Measure.Automatic() && !p.hasFor():
		return refuse(FaultRules, "nobody else voted for a %s: silence takes no step beyond %s", x.Measure, charter.Mediation)
	case s.openAgainst(x, p):
		return refuse(FaultAlready, "%s is being heard about a %s", m.ID, x.Measure)
	}
	if before, ok := stepBefore(rules, x.Measure); ok && !s.wasTaken(m, before, p.Opened) {
		return refuse(FaultRules, "a %s comes first, within a year", before)
	}
	return x.checkMediator(s, rules)
}

func (x *Sanction) checkMediator(s *State, rules *charter.Charter) *Refusal {
	if (x.Measure == charter.Mediation) != (x.Mediator != "") {
		return refuse(FaultForm, "a mediation names who mediates, and nothing else does")
	}
	if x.Mediator == "" {
		return nil
	}
	m := s.Member(x.Mediator)
	_, ruled := rules.Role(Mediator)
	switch {
	case m == nil || m.Standing != active || ruled && !m.Has(Mediator):
		return refuse(FaultRole, "%q is no mediator", clip(x.Mediator))
	case m.ID == x.Member:
		return refuse(FaultConflict, "nobody mediates their own")
	}
	return nil
}

// rulesOf is the charter that a proposal is decided under.
func (s *State) rulesOf(p *Proposal) *charter.Charter { return s.charters[p.Version-1] }

// stepBefore is the rung below.
func stepBefore(rules *charter.Charter, measure charter.Measure) (charter.Measure, bool) {
	i := slices.IndexFunc(rules.Sanctions, func(step charter.Step) bool { return step.Measure == measure })
	if i < 1 {
		return "", false
	}
	return rules.Sanctions[i-1].Measure, true
}

// wasTaken tells whether a step was taken in the year before, and not lifted.
func (s *State) wasTaken(m *Member, measure charter.Measure, before time.Time) bool {
	within := func(at time.Time) bool { return !at.IsZero() && !at.After(before) && before.Sub(at) <= aYear }
	if measure == charter.Reminder && within(m.reminded) {
		return true
	}
	return slices.ContainsFunc(s.sanctions, func(x *Measured) bool {
		return x.Member == m.ID && x.Measure == measure && x.State != Lifted && x.State != Stayed && within(x.Since)
	})
}

// stands tells whether a member has a sanction now, if only stayed.
func (s *State) stands(m *Member, measure charter.Measure) bool {
	return slices.ContainsFunc(s.sanctions, func(x *Measured) bool {
		return x.Member == m.ID && x.Measure == measure && (x.State == InForce || x.State == Stayed)
	})
}

// hasFor tells whether a member other than who proposed it voted for a proposal in person.
func (p *Proposal) hasFor() bool {
	return slices.ContainsFunc(p.Votes, func(v Vote) bool { return v.Choice == For && v.Member != p.By })
}

// openAgainst tells whether another proposal asks for the same.
func (s *State) openAgainst(x *Sanction, p *Proposal) bool {
	return slices.ContainsFunc(s.open, func(o *Proposal) bool {
		other, ok := o.Subject.(*Sanction)
		return ok && o != p && other.Member == x.Member && other.Measure == x.Measure
	})
}

func (x *Sanction) carry(t *turn, p *Proposal) *Refusal {
	rules := t.rulesOf(p)
	step, _ := rules.Step(x.Measure)
	days := step.TermDays
	if x.Days > 0 {
		days = x.Days
	}
	taken := &Measured{
		ID: p.ID, Member: x.Member, Measure: x.Measure, Permille: step.Permille, Since: t.now, Final: t.now, State: Over,
	}
	if !x.Measure.Automatic() {
		taken.State, taken.Final = InForce, t.now.Add(time.Duration(rules.Appeal.Hours)*time.Hour)
		if days > 0 {
			taken.Until = t.now.AddDate(0, 0, days)
		}
	}
	t.sanctions = append(t.sanctions, taken)
	t.tellSanction(taken, "")
	return nil
}

func (h *Healing) weighs(*State) fx.Money   { return fx.Money{} }
func (h *Healing) section() charter.Section { return charter.SectionSanctions }

// concerns is whoever has the sanction.
func (h *Healing) concerns(s *State) []string {
	if x := s.sanction(h.Sanction); x != nil {
		return []string{x.Member}
	}
	return nil
}

func (h *Healing) check(s *State, _ *Proposal) *Refusal {
	x := s.sanction(h.Sanction)
	switch {
	case x == nil:
		return refuse(FaultUnknown, "no sanction is %q", clip(h.Sanction))
	case x.State != InForce && x.State != Stayed:
		return refuse(FaultNotNow, "it is %s", x.State)
	}
	return nil
}

func (h *Healing) carry(t *turn, _ *Proposal) *Refusal {
	t.endSanction(t.sanction(h.Sanction), Healed, "")
	return nil
}
