package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// saving is a village with a rotating group of its five members, who pay KES 1,000 a month.
func saving(t require.TestingT) *decidetest.Village {
	r := decidetest.Rules()
	r.Decisions = append(r.Decisions, charter.Decision{
		Kind: charter.Rotating, Propose: []string{charter.Everybody},
		Tiers: []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 3, Hours: 48}},
	})
	v := decidetest.Found(t, r, 5, []string{"treasurer"})
	v.PaysIn("m1 reserve", decide.Amount{Minor: 2_000_00, Unit: kes})
	begin := decide.Beginning{Terms: rotation.Terms{
		Method: rotation.Fixed, Start: v.Now.Add(day), RoundDays: 30, DueDays: 5, GraceDays: 2, RemindDays: 2, Reminders: 1,
		GiveBack: rotation.AtEnd,
	}}
	for _, m := range []string{"m1", "m2", "m3", "m4", "m5"} {
		begin.Seats = append(begin.Seats, rotation.Seat{Member: m, Unit: kes, ContributionMinor: 1_000_00})
	}
	v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Begin: &begin}), "m1", "m2", "m3")
	require.Equal(t, []string{"g1"}, v.State.Groups())
	return v
}

func TestARotatingYear(t *testing.T) {
	v := saving(t)
	v.Wait(2 * day)
	for round := range 5 {
		for _, m := range []string{"m1", "m2", "m3", "m4", "m5"} {
			if round == 1 && m == "m4" {
				continue // the reserve covers, and it repays later
			}
			v.PaysIn(m+" g1", decide.Amount{Minor: 1_000_00, Unit: kes})
		}
		v.Wait(30 * day)
		if round == 1 {
			assert.EqualValues(t, 1_000_00, v.State.Balance("fund/reserve", kes))
			v.PaysIn("m4 g1", decide.Amount{Minor: 1_000_00, Unit: kes})
			assert.EqualValues(t, 2_000_00, v.State.Balance("fund/reserve", kes))
		}
	}
	for _, m := range []string{"m1", "m2", "m3", "m4", "m5"} {
		assert.EqualValues(t, 5_000_00, v.State.Balance("purse/"+m, kes), m)
	}
	assert.Zero(t, v.State.Balance("rotation/g1", kes))
	assert.Equal(t, rotation.Ended, v.State.Group("g1").Phase)
}

// Whatever comes late, leaves or swaps, what members and reserve put in is what came out and what is still held.
func TestWhateverAGroupMeets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := saving(t)
		member := rapid.SampledFrom([]string{"m1", "m2", "m3", "m4", "m5"})
		seat := rapid.IntRange(1, 5)
		for range rapid.IntRange(5, 40).Draw(t, "inputs") {
			m := member.Draw(t, "member")
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1, 2:
				v.PaysIn(m+" g1", decide.Amount{Minor: rapid.Int64Range(1, 3_000_00).Draw(t, "minor"), Unit: kes})
			case 3, 4:
				v.Wait(time.Duration(rapid.IntRange(1, 20).Draw(t, "days")) * day)
			case 5:
				v.Say(m, rapid.SampledFrom([]string{"ask_swap", "agree_swap", "leave_group"}).Draw(t, "act"),
					decide.Turning{Group: "g1", Seat: seat.Draw(t, "seat"), With: seat.Draw(t, "with")})
			case 6:
				if rapid.Bool().Draw(t, "truly") {
					v.Say(m, "leave", struct{}{})
				}
			}
			require.Zero(t, sum(v.State, kes))
			require.Equal(t, v.State.Group("g1").Held(kes), v.State.Balance("rotation/g1", kes))
		}
	})
}
