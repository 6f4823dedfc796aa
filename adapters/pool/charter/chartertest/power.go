package chartertest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// power draws roles, and how each kind of question is decided. Everybody votes on appointments.
func power(t *rapid.T, c *charter.Charter) {
	roles := []string{charter.Everybody}
	for _, name := range names("r", 0, 4).Draw(t, "roles") {
		r := charter.Role{Name: name, Seats: rapid.IntRange(0, 5).Draw(t, "seats"), TermDays: rapid.IntRange(0, 800).Draw(t, "term")}
		if r.TermDays > 0 {
			r.MaxTerms = rapid.IntRange(0, 4).Draw(t, "terms")
		}
		c.Roles, roles = append(c.Roles, r), append(roles, name)
	}
	for _, kind := range rapid.Permutation(charter.Kinds()).Draw(t, "kinds") {
		d := charter.Decision{Kind: kind, Propose: some(t, roles, "propose")}
		if kind == charter.Appointment {
			d.Propose = []string{charter.Everybody}
		}
		for _, upTo := range steps(t, kind) {
			d.Tiers = append(d.Tiers, tier(t, c, kind, upTo, roles))
		}
		c.Decisions = append(c.Decisions, d)
	}
}

// steps draws up to what amounts the tiers of a kind reach.
func steps(t *rapid.T, kind charter.Kind) []int64 {
	if !kind.HasAmount() {
		return []int64{0}
	}
	upTo := rapid.SliceOfNDistinct(amounts(1, charter.MaxMinor), 0, 3, rapid.ID).Draw(t, "up to")
	slices.Sort(upTo)
	return append(upTo, 0)
}

func tier(t *rapid.T, c *charter.Charter, kind charter.Kind, upTo int64, roles []string) charter.Tier {
	tier := Tiers().Draw(t, "tier")
	tier.UpToMinor, tier.Vote = upTo, some(t, roles, "vote")
	if kind == charter.Appointment {
		tier.Vote = []string{charter.Everybody}
	}
	if kind.Signed() {
		tier.Signatures = max(tier.Signatures, 1)
	}
	if kind == charter.Recovering {
		tier.CoolingOff++
	}
	seats := 0
	for _, name := range tier.Vote {
		r, _ := c.Role(name)
		if r.Seats == 0 {
			return tier
		}
		seats += r.Seats
	}
	tier.Signatures = min(tier.Signatures, seats)
	return tier
}

// Tiers draws tiers of every method, without voters and for any amount.
func Tiers() *rapid.Generator[charter.Tier] {
	return rapid.Custom(func(t *rapid.T) charter.Tier {
		tier := charter.Tier{
			Method:      rapid.SampledFrom(charter.Methods()).Draw(t, "method"),
			Signatures:  rapid.IntRange(0, 5).Draw(t, "signatures"),
			Hours:       rapid.IntRange(1, 500).Draw(t, "hours"),
			CoolingOff:  rapid.IntRange(0, 100).Draw(t, "cooling off"),
			NoDelegates: rapid.Bool().Draw(t, "no delegates"),
		}
		switch tier.Method {
		case charter.Signatures:
			tier.Signatures = max(tier.Signatures, 1)
			return tier
		case charter.Supermajority:
			tier.Permille = rapid.IntRange(501, 1000).Draw(t, "permille")
		case charter.Consent, charter.Majority:
		}
		tier.Quorum = rapid.IntRange(0, 1000).Draw(t, "quorum")
		return tier
	})
}
