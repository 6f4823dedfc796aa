package charter_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
	"github.com/ayni-switch/ayni/fx"
)

func TestLookUps(t *testing.T) {
	c := chama(t)
	kes := c.Money()
	assert.Equal(t, fx.MustCurrency("KES"), kes)
	_, ok := c.Unit(fx.MustCurrency("UGX"))
	assert.False(t, ok)
	fund, ok := c.Fund("reserve")
	assert.True(t, ok && fund.Reserve)
	role, ok := c.Role(charter.Everybody)
	assert.Equal(t, charter.Role{Name: "member"}, role)
	assert.True(t, ok)
	role, ok = c.Role("treasurer")
	assert.True(t, ok && role.Seats == 2)
	_, ok = c.Role("queen")
	assert.False(t, ok)
	_, ok = c.Decision(charter.Issuance)
	assert.False(t, ok)
	assert.True(t, c.PaysFor("school"))
	assert.False(t, c.PaysFor("School"))
	assert.Len(t, c.LimitsFor("welfare", "illness"), 1)
	assert.Len(t, c.LimitsFor("welfare", "costs"), 2)
	assert.Empty(t, c.LimitsFor("reserve", "costs"))
	step, ok := c.Step(charter.Suspension)
	assert.True(t, ok && step.HearHours == 168)
	rule, ok := c.CreditRule(fx.MustCurrency("hours.chama-nairobi.2"))
	assert.True(t, ok && rule.BaseMinor == 1000)
	assert.True(t, charter.Mediation.Automatic())
	assert.False(t, charter.Reduction.Automatic())
	assert.True(t, (&charter.Charter{}).Money().IsZero())
}

func TestTiersByAmount(t *testing.T) {
	c := chama(t)
	d, _ := c.Decision(charter.Payout)
	for minor, want := range map[int64]int{0: 0, 1: 0, 3_000_00: 0, 3_000_01: 1, 20_000_00: 1, 20_000_01: 2, 1 << 62: 2} {
		tier, ok := c.Tier(charter.Payout, fx.Money{Minor: minor, Currency: c.Money()})
		assert.True(t, ok)
		assert.Equal(t, d.Tiers[want], tier, minor)
	}
	for _, other := range []fx.Money{{}, {Minor: 1, Currency: fx.MustCurrency("hours.chama-nairobi.2")}} {
		tier, ok := c.Tier(charter.Payout, other)
		assert.True(t, ok)
		assert.Equal(t, d.Tiers[2], tier, "the strictest decides what cannot be compared")
	}
	_, ok := c.Tier(charter.Issuance, fx.Money{})
	assert.False(t, ok)
}

// A charter that hangs together has a tier for every amount of every kind that it decides.
func TestEveryAmountHasItsTier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := chartertest.Charters().Draw(t, "charter")
		d := rapid.SampledFrom(c.Decisions).Draw(t, "decision")
		less, more := rapid.Int64().Draw(t, "less"), rapid.Int64().Draw(t, "more")
		less, more = min(less, more), max(less, more)
		small, ok := c.Tier(d.Kind, fx.Money{Minor: less, Currency: c.Money()})
		require.True(t, ok)
		large, ok := c.Tier(d.Kind, fx.Money{Minor: more, Currency: c.Money()})
		require.True(t, ok)
		require.True(t, small.UpToMinor == 0 || less <= small.UpToMinor)
		require.True(t, large.UpToMinor == 0 || small.UpToMinor != 0 && small.UpToMinor <= large.UpToMinor)
	})
}

func TestWhatMoreSeeFewerSeeToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := chartertest.Charters().Draw(t, "charter")
		section := rapid.SampledFrom(charter.Sections()).Draw(t, "section")
		order := []charter.Audience{charter.Public, charter.Federation, charter.Members, charter.Auditors}
		for i, a := range order[1:] {
			require.True(t, !c.Shown(section, order[i]) || c.Shown(section, a))
		}
		named := slices.ContainsFunc(c.Visibility, func(v charter.Visible) bool { return v.Section == section })
		require.True(t, named || !c.Shown(section, charter.Members))
		for _, v := range c.Visibility {
			for _, a := range v.To {
				require.True(t, c.Shown(v.Section, a))
			}
		}
		require.True(t, c.Shown(section, charter.Auditors))
		require.False(t, c.Shown("minds", charter.Auditors))
		require.False(t, c.Shown(section, "police"))
	})
}
