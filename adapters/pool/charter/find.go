package charter

import (
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// Money is the pool's own: the unit of the matrix of approvals. A charter without units has none.
func (c *Charter) Money() fx.Currency {
	if len(c.Units) == 0 {
		return fx.Currency{}
	}
	return c.Units[0].Unit
}

// Unit finds a unit that the pool keeps books in.
func (c *Charter) Unit(unit fx.Currency) (Unit, bool) {
	return find(c.Units, func(u Unit) bool { return u.Unit == unit })
}

// Fund finds a fund by its name.
func (c *Charter) Fund(name string) (Fund, bool) {
	return find(c.Funds, func(f Fund) bool { return f.Name == name })
}

// Role finds a role by its name. Everybody is always one.
func (c *Charter) Role(name string) (Role, bool) {
	if name == Everybody {
		return Role{Name: Everybody}, true
	}
	return find(c.Roles, func(r Role) bool { return r.Name == name })
}

// Decision finds how a kind of question is decided. A pool does not do what it has no decision for.
func (c *Charter) Decision(kind Kind) (Decision, bool) {
	return find(c.Decisions, func(d Decision) bool { return d.Kind == kind })
}

// Tier finds how a question of an amount is decided: by the first tier that reaches up to it. What has no amount, or
// one in another unit than the pool's own money, is decided by the last.
func (c *Charter) Tier(kind Kind, amount fx.Money) (Tier, bool) {
	d, _ := c.Decision(kind)
	return find(d.Tiers, func(t Tier) bool {
		return t.UpToMinor == 0 || amount.Currency == c.Money() && amount.Minor <= t.UpToMinor
	})
}

// PaysFor tells whether money may be paid out for a purpose.
func (c *Charter) PaysFor(purpose string) bool {
	return len(c.Purposes) == 0 || slices.Contains(c.Purposes, purpose)
}

// LimitsFor lists what bounds payouts from a fund for a purpose, in the document's order. Each holds by itself.
func (c *Charter) LimitsFor(fund, purpose string) []Limit {
	var limits []Limit
	for _, l := range c.Limits {
		if l.Fund == fund && (l.Purpose == "" || l.Purpose == purpose) {
			limits = append(limits, l)
		}
	}
	return limits
}

// CreditRule finds what bounds members' credit in a unit.
func (c *Charter) CreditRule(unit fx.Currency) (CreditRule, bool) {
	return find(c.Credit, func(r CreditRule) bool { return r.Unit == unit })
}

// Step finds the rung of the ladder that takes a measure.
func (c *Charter) Step(measure Measure) (Step, bool) {
	return find(c.Sanctions, func(s Step) bool { return s.Measure == measure })
}

// Automatic tells whether a step may be taken without a decision.
func (m Measure) Automatic() bool { return m == Reminder || m == Mediation }

// Shown tells whether an audience sees a section. What more see, fewer see too: what is public is shown to the
// federation, and what the federation sees to members. Nobody else is an audience.
func (c *Charter) Shown(section Section, audience Audience) bool {
	if !slices.Contains(Sections(), section) {
		return false
	}
	v, _ := find(c.Visibility, func(v Visible) bool { return v.Section == section })
	to := func(a Audience) bool { return slices.Contains(v.To, a) }
	switch audience {
	case Auditors:
		return true
	case Members:
		return to(Members) || to(Federation) || to(Public)
	case Federation:
		return to(Federation) || to(Public)
	case Public:
		return to(Public)
	default:
		return false
	}
}

func find[T any](all []T, is func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return found, false
}
