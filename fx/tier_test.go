package fx

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A fee is what the tier's terms say in exact numbers, or does not fit.
func TestTiersFee(t *testing.T) {
	minor := rapid.OneOf(rapid.Int64Range(0, 2000), rapid.Int64Range(0, math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		var tiers Tiers
		for range rapid.IntRange(1, 4).Draw(t, "tiers") {
			tier := Tier{FlatMinor: minor.Draw(t, "flat"), PPM: rapid.Int64Range(0, Million).Draw(t, "ppm"), MinMinor: minor.Draw(t, "min")}
			if n := len(tiers); n > 0 {
				tier.FromMinor = tiers[n-1].FromMinor/2 + math.MaxInt64/2 + 1
			}
			if rapid.Bool().Draw(t, "bounded") {
				tier.MaxMinor = max(1, tier.MinMinor, minor.Draw(t, "max"))
			}
			tiers = append(tiers, tier)
		}
		require.NoError(t, tiers.Check())
		amount := minor.Draw(t, "amount")
		tier := tiers[0]
		for _, next := range tiers {
			if next.FromMinor <= amount {
				tier = next
			}
		}
		share := new(big.Int).Mul(big.NewInt(amount), big.NewInt(tier.PPM))
		want := divideHalfEven(share, big.NewInt(Million))
		want.Add(want, big.NewInt(tier.FlatMinor))
		if least := big.NewInt(tier.MinMinor); want.Cmp(least) < 0 {
			want = least
		}
		if most := big.NewInt(tier.MaxMinor); tier.MaxMinor != 0 && want.Cmp(most) > 0 {
			want = most
		}
		fee, fits := tiers.Fee(amount)
		require.Equal(t, want.IsInt64(), fits)
		if fits {
			require.Equal(t, want.Int64(), fee)
		}
		if tiers.Free() {
			require.Zero(t, fee)
		}
	})
}

func TestTiersRefuse(t *testing.T) {
	require.True(t, Tiers{{}, {FromMinor: 5, MaxMinor: 7}}.Free())
	require.False(t, Tiers{{}, {FromMinor: 5, MinMinor: 7}}.Free())
	for name, tiers := range map[string]Tiers{
		"none": {}, "many": make(Tiers, MaxTiers+1), "not from zero": {{FromMinor: 1}}, "twice": {{}, {}},
		"negative": {{FlatMinor: -1}}, "more than all": {{PPM: Million + 1}}, "min above max": {{MinMinor: 2, MaxMinor: 1}},
	} {
		var wrong *TierError
		require.ErrorAs(t, tiers.Check(), &wrong, name)
	}
}
