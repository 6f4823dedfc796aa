package decide_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/fx"
)

var worked = fx.MustCurrency("hours.chama-nairobi.2")

// trading is a village whose members owe each other worked.
func trading(t require.TestingT) *decidetest.Village {
	r := decidetest.Rules()
	r.Units = append(r.Units, charter.Unit{Unit: worked, Issue: charter.Mutually})
	r.Funds = append(r.Funds, charter.Fund{Name: "commons", Unit: worked})
	r.Credit = []charter.CreditRule{{
		Unit: worked, BaseMinor: 10_00, PerVouchMinor: 5_00, MaxOweMinor: 20_00, MaxHoldMinor: 40_00,
		DemurragePermille: 20, DemurrageDays: 30, DemurrageFund: "commons",
	}}
	return decidetest.Found(t, r, 5, []string{"treasurer"})
}

func hoursOf(minor int64) decide.Amount { return decide.Amount{Minor: minor, Unit: worked} }

func TestHoursFromHandToHand(t *testing.T) {
	v := trading(t)
	v.Done("m1", "pay", decide.Paying{To: "m2", Amount: hoursOf(10_00)})
	assert.Equal(t, decide.FaultLimit, v.Say("m1", "pay", decide.Paying{To: "m3", Amount: hoursOf(1)}).Fault)
	v.Done("m2", "vouch", decide.Vouching{Member: "m1"})
	v.Done("m1", "pay", decide.Paying{To: "m3", Amount: hoursOf(5_00)})
	assert.EqualValues(t, -15_00, v.State.Balance("credit/m1", worked))
	v.Wait(31 * day)
	assert.EqualValues(t, 30, v.State.Balance("fund/commons", worked), "two in a hundred of what is held")
	assert.Zero(t, sum(v.State, worked))
}

func TestWhatGoesRoundIsSetOff(t *testing.T) {
	v := trading(t)
	for _, c := range [][2]string{{"m1", "m2"}, {"m2", "m3"}, {"m3", "m1"}} {
		claim := v.Done(c[0], "claim", decide.Claiming{Debtor: c[1], Amount: decide.Amount{Minor: 700_00, Unit: kes}})
		assert.Equal(t, decide.FaultUnknown, v.Say(c[0], "acknowledge", decide.OfClaim{Claim: claim, Yes: true}).Fault)
		v.Done(c[1], "acknowledge", decide.OfClaim{Claim: claim, Yes: true})
	}
	v.Done("m5", "set_off", struct{}{})
	for _, c := range v.State.Claims() {
		assert.Zero(t, c.LeftMinor)
	}
	assert.Equal(t, decide.FaultNotEnough, v.Say("m5", "set_off", struct{}{}).Fault)
}

// Whoever pays whom how much: worked sum to zero, and nobody is past a limit by its own act.
func TestWhoeverPaysWhom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := trading(t)
		member := rapid.SampledFrom([]string{"m1", "m2", "m3", "m4", "m5"})
		for range rapid.IntRange(1, 30).Draw(t, "times") {
			v.Say(member.Draw(t, "from"), "pay", decide.Paying{To: member.Draw(t, "to"), Amount: hoursOf(rapid.Int64Range(-1, 12_00).Draw(t, "minor"))})
			if rapid.IntRange(0, 5).Draw(t, "wait") == 0 {
				v.Wait(31 * day)
			}
			require.Zero(t, sum(v.State, worked))
			for _, m := range v.State.Members() {
				limits, _ := v.State.CreditLimits(m, worked)
				balance := v.State.Balance("credit/"+m.ID, worked)
				require.LessOrEqual(t, -limits.OweMinor, balance)
				require.LessOrEqual(t, balance, limits.HoldMinor)
			}
		}
	})
}
