package charter_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
	"github.com/ayni-switch/ayni/fx"
)

// chama is a charter that hangs together, made from a template.
func chama(t *testing.T) *charter.Charter {
	t.Helper()
	c, err := charter.Template("chama", founding())
	require.NoError(t, err)
	return c
}

// decision points into a charter.
func decision(c *charter.Charter, kind charter.Kind) *charter.Decision {
	for i := range c.Decisions {
		if c.Decisions[i].Kind == kind {
			return &c.Decisions[i]
		}
	}
	return nil
}

func without(c *charter.Charter, kind charter.Kind) {
	kept := c.Decisions[:0]
	for _, d := range c.Decisions {
		if d.Kind != kind {
			kept = append(kept, d)
		}
	}
	c.Decisions = kept
}

func TestCheckSaysWhatDoesNotHangTogether(t *testing.T) {
	hours := fx.MustCurrency("hours.chama-nairobi.2")
	for _, wrong := range []struct {
		says string
		do   func(c *charter.Charter)
	}{
		{"version: versions are", func(c *charter.Charter) { c.Version = 0 }},
		{"pool: a participant", func(c *charter.Charter) { c.Pool = "c" }},
		{"title: it is missing", func(c *charter.Charter) { c.Title = "" }},
		{"title: it is one line", func(c *charter.Charter) { c.Title = "a\u202eb" }},
		{"title: it is one line", func(c *charter.Charter) { c.Title = " a" }},
		{"title: it is more", func(c *charter.Charter) { c.Title = strings.Repeat("ab", 100) }},
		{"purpose: it is more", func(c *charter.Charter) { c.Purpose = "\xff" }},
		{"template: ", func(c *charter.Charter) { c.Template = "My own" }},
		{"matching.fairness_permille", func(c *charter.Charter) { c.Matching.FairnessPermille = 1001 }},
		{"units: the pool needs one", func(c *charter.Charter) { c.Units = nil }},
		{"units[0].issue: no pool issues KES", func(c *charter.Charter) { c.Units[0].Issue = charter.Decided }},
		{"units[0].issue: \"\" is none", func(c *charter.Charter) { c.Units[0].Issue = "" }},
		{"units[1].unit: it is there twice", func(c *charter.Charter) { c.Units[1] = c.Units[0] }},
		{"units[1].expiry_days: only", func(c *charter.Charter) { c.Units[1].ExpiryDays = 3 }},
		{"units[1]: no rule under credit", func(c *charter.Charter) { c.Credit = nil }},
		{"funds[0].name: a name", func(c *charter.Charter) { c.Funds[0].Name = "Pot/1" }},
		{"funds[1].name: it is there twice", func(c *charter.Charter) { c.Funds[1].Name = "welfare" }},
		{"funds[0].name: a name", func(c *charter.Charter) { c.Funds[0].Name = "1pot" }},
		{"funds[0].unit: the pool keeps no books", func(c *charter.Charter) { c.Funds[0].Unit = fx.MustCurrency("UGX") }},
		{"purposes[1]: it is there twice", func(c *charter.Charter) { c.Purposes[1] = c.Purposes[0] }},
		{"roles[0].name: everybody", func(c *charter.Charter) { c.Roles[0].Name = charter.Everybody }},
		{"roles[0].max_terms: terms", func(c *charter.Charter) { c.Roles[0].TermDays = 0 }},
		{"roles[0].seats: -1 is not between", func(c *charter.Charter) { c.Roles[0].Seats = -1 }},
		{"decisions[0].kind: \"lottery\"", func(c *charter.Charter) { c.Decisions[0].Kind = "lottery" }},
		{"decisions[0].propose: it names nobody", func(c *charter.Charter) { c.Decisions[0].Propose = nil }},
		{"decisions[0].propose[0]: no role is \"queen\"", func(c *charter.Charter) { c.Decisions[0].Propose[0] = "queen" }},
		{"decisions[0].tiers: it has none", func(c *charter.Charter) { c.Decisions[0].Tiers = nil }},
		{"tiers[1].up_to: it is not above", func(c *charter.Charter) { c.Decisions[0].Tiers[1].UpToMinor = 1 }},
		{"tiers[1].up_to: only the last", func(c *charter.Charter) { c.Decisions[0].Tiers[1].UpToMinor = 0 }},
		{"tiers[2].up_to: the last tier", func(c *charter.Charter) { c.Decisions[0].Tiers[2].UpToMinor = 1 << 40 }},
		{"tiers[1].up_to: the amount", func(c *charter.Charter) { c.Decisions[0].Tiers[1].UpToMinor = 1 << 60 }},
		{"tiers[2].signatures: payout wants", func(c *charter.Charter) { c.Decisions[0].Tiers[2].Signatures = 0 }},
		{"tiers[0].signatures: there are not so many seats", func(c *charter.Charter) { c.Decisions[0].Tiers[0].Signatures = 4 }},
		{"tiers[0].quorum: signatures are all", func(c *charter.Charter) { c.Decisions[0].Tiers[0].Quorum = 1 }},
		{"tiers[0].method: \"\" is none", func(c *charter.Charter) { c.Decisions[0].Tiers[0].Method = "" }},
		{"tiers[2].permille: 500 is not", func(c *charter.Charter) { c.Decisions[0].Tiers[2].Permille = 500 }},
		{"tiers[1].permille: only a super", func(c *charter.Charter) { c.Decisions[0].Tiers[1].Permille = 600 }},
		{"tiers: admission has no amount", func(c *charter.Charter) {
			d := decision(c, charter.Admission)
			d.Tiers = append([]charter.Tier{{UpToMinor: 1, Method: charter.Majority, Vote: d.Tiers[0].Vote, Hours: 1}}, d.Tiers...)
		}},
		{"tiers[0].hours: 0 is not", func(c *charter.Charter) { decision(c, charter.Admission).Tiers[0].Hours = 0 }},
		{"cooling_off: the old key", func(c *charter.Charter) { decision(c, charter.Recovering).Tiers[0].CoolingOff = 0 }},
		{"how rule_change is decided", func(c *charter.Charter) { without(c, charter.RuleChange) }},
		{"how payout is decided", func(c *charter.Charter) { without(c, charter.Payout) }},
		{"how admission is decided", func(c *charter.Charter) { without(c, charter.Admission) }},
		{"how appointment is decided", func(c *charter.Charter) { without(c, charter.Appointment) }},
		{"how recovery is decided", func(c *charter.Charter) { without(c, charter.Recovering) }},
		{"how sanction is decided", func(c *charter.Charter) { without(c, charter.Sanction) }},
		{"how healing is decided", func(c *charter.Charter) { without(c, charter.Healing) }},
		{"how issuance is decided", func(c *charter.Charter) { c.Units[1].Issue, c.Credit = charter.Decided, nil }},
		{"decisions[10].kind: it is there twice", func(c *charter.Charter) { c.Decisions[10] = c.Decisions[0] }},
		{"once these roles are empty", func(c *charter.Charter) { // officers who choose themselves
			decision(c, charter.Appointment).Tiers[0].Vote = []string{"treasurer"}
			decision(c, charter.RuleChange).Tiers[0].Vote = []string{"treasurer"}
		}},
		{"limits[0].fund: no fund", func(c *charter.Charter) { c.Limits[0].Fund = "gold" }},
		{"limits[2].purpose: it is none", func(c *charter.Charter) { c.Limits[2].Purpose = "cost" }},
		{"limits[1]: it is there twice", func(c *charter.Charter) { c.Limits[1] = c.Limits[0] }},
		{"limits[0].max: the amount", func(c *charter.Charter) { c.Limits[0].MaxMinor = 0 }},
		{"dues[0].amount: the amount", func(c *charter.Charter) { c.Dues[0].AmountMinor = -1 }},
		{"dues[0].name: it is the name of another", func(c *charter.Charter) { c.Dues[0].Name = "loans" }},
		{"dues[0].every_days", func(c *charter.Charter) { c.Dues[0].EveryDays = 0 }},
		{"lateness.reserve: no fund", func(c *charter.Charter) { c.Lateness.Reserve = "gold" }},
		{"lateness.reserve: the fund is no reserve", func(c *charter.Charter) { c.Lateness.Reserve = "loans" }},
		{"lateness.remind_days: it says", func(c *charter.Charter) { c.Lateness.RemindDays = 0 }},
		{"credit[0].unit: members do not", func(c *charter.Charter) { c.Credit[0].Unit = c.Units[0].Unit }},
		{"credit[0].max_owe: it is less", func(c *charter.Charter) { c.Credit[0].BaseMinor = c.Credit[0].MaxOweMinor + 1 }},
		{"credit[0].turnover_permille: it goes", func(c *charter.Charter) { c.Credit[0].TurnoverDays = 3 }},
		{"credit[0].demurrage_permille: it goes", func(c *charter.Charter) { c.Credit[0].DemurrageDays = 3 }},
		{"credit[0].demurrage_fund: the fund is in", func(c *charter.Charter) {
			c.Credit[0].DemurrageDays, c.Credit[0].DemurragePermille, c.Credit[0].DemurrageFund = 30, 5, "loans"
		}},
		{"sanctions[0].measure: a ladder begins", func(c *charter.Charter) { c.Sanctions = c.Sanctions[3:] }},
		{"sanctions[1].measure: it is not heavier", func(c *charter.Charter) { c.Sanctions[1] = c.Sanctions[0] }},
		{"sanctions[1].measure: \"gaol\"", func(c *charter.Charter) { c.Sanctions[1].Measure = "gaol" }},
		{"sanctions[2].hear_hours: whoever", func(c *charter.Charter) { c.Sanctions[2].HearHours = 0 }},
		{"sanctions[4]: it has neither", func(c *charter.Charter) { c.Sanctions[4].Healing = "" }},
		{"sanctions[3].permille: only", func(c *charter.Charter) { c.Sanctions[3].Permille = 5 }},
		{"appeal.panel: a panel is odd", func(c *charter.Charter) { c.Appeal.Panel = 4 }},
		{"appeal.panel: 0 is not", func(c *charter.Charter) { c.Appeal = charter.Appeal{} }},
		{"visibility: members see", func(c *charter.Charter) { c.Visibility = nil }},
		{"visibility[0].section: \"minds\"", func(c *charter.Charter) { c.Visibility[0].Section = "minds" }},
		{"visibility[1].section: it is there twice", func(c *charter.Charter) { c.Visibility[1] = c.Visibility[0] }},
		{"visibility[0].to[0]: \"police\"", func(c *charter.Charter) { c.Visibility[0].To[0] = "police" }},
		{"visibility[0].to: it names nobody", func(c *charter.Charter) { c.Visibility[0].To = nil }},
		{"funds: 65 are more than 64", func(c *charter.Charter) { c.Funds = make([]charter.Fund, 65) }},
		{": it is more than 20480 bytes", func(c *charter.Charter) {
			for i := range 8 {
				c.Funds = append(c.Funds, charter.Fund{
					Name: "f" + strconv.Itoa(i), Unit: c.Units[0].Unit, Purpose: strings.Repeat("सहायता", 166),
				})
			}
		}},
	} {
		c := chama(t)
		require.Equal(t, hours, c.Units[1].Unit)
		wrong.do(c)
		refused := new(charter.CheckError)
		if assert.ErrorAs(t, c.Check(), &refused, wrong.says) {
			assert.Contains(t, refused.Error(), wrong.says)
			assert.LessOrEqual(t, len(refused.Faults), 20)
		}
	}
}

// Whatever officers do or leave, every question can still be asked and answered.
func TestNobodyIsLockedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := chartertest.Charters().Draw(t, "charter")
		kind := rapid.SampledFrom(c.Decisions).Draw(t, "decision").Kind
		d := decision(c, kind)
		roles := []string{charter.Everybody}
		for _, r := range c.Roles {
			roles = append(roles, r.Name)
		}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(roles), 1, len(roles), rapid.ID).Draw(t, "roles")
		if rapid.Bool().Draw(t, "proposers") {
			d.Propose = some
		} else {
			for i := range d.Tiers {
				d.Tiers[i].Vote = some
			}
		}
		if c.Check() != nil {
			return
		}
		held := map[string]bool{charter.Everybody: true} // everybody else has left
		for range roles {
			appointment, _ := c.Decision(charter.Appointment)
			can := anyOf(appointment.Propose, held) && anyOf(appointment.Tiers[0].Vote, held)
			for _, r := range roles {
				held[r] = held[r] || can
			}
		}
		for _, d := range c.Decisions {
			require.True(t, anyOf(d.Propose, held), d.Kind)
			for _, tier := range d.Tiers {
				require.True(t, anyOf(tier.Vote, held), d.Kind)
			}
		}
	})
}

func anyOf(roles []string, held map[string]bool) bool {
	for _, r := range roles {
		if held[r] {
			return true
		}
	}
	return false
}
