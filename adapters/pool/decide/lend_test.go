package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/fx"
)

// lend is a loan to a member for ninety days, in three parts.
func lend(member string, minor int64) decide.Loan {
	return decide.Loan{
		Payout: decide.Payout{
			Fund: "main", To: "mpesa-ke", Beneficiary: decidetest.Closed(member), Member: member,
			Amount: decide.Amount{Minor: minor, Unit: kes}, Fixed: fx.FixedSource, MaxCost: decide.Amount{Minor: minor, Unit: kes}, Reference: "loan",
		},
		RepayBy: decidetest.Began.Add(90 * day), Instalments: 3,
	}
}

// lent is a village where m3 has borrowed 900.00 of 9,000.00.
func lent(t *testing.T) (*decidetest.Village, string) {
	t.Helper()
	v := court(t, 5)
	v.PaysIn("m4 main", decide.Amount{Minor: 9_000_00, Unit: kes})
	p := v.Propose("m3", charter.Loan, lend("m3", 900_00))
	assert.Equal(t, decide.FaultConflict, v.Say("m3", "vote", v.Ballot(p, decide.For)).Fault, "nobody lends to themselves")
	v.Approve(p, "m1", "m2")
	require.Empty(t, v.Word("priced", decide.Priced{Proposal: p, Order: "r1", CostMinor: 900_00}).Answer.Fault)
	require.Empty(t, v.Word("paid", decide.Ended{Proposal: p}).Answer.Fault)
	require.EqualValues(t, 900_00, v.State.Balance("lent/m3", kes))
	require.EqualValues(t, 8_100_00, v.State.Balance("fund/main", kes))
	return v, p
}

func TestALoanIsPaidBackWithoutInterest(t *testing.T) {
	v, p := lent(t)
	v.PaysIn("m3 loan", decide.Amount{Minor: 300_00, Unit: kes})
	assert.EqualValues(t, 600_00, v.State.Balance("lent/m3", kes))
	assert.Zero(t, v.State.Balance("contributed/m3", kes), "paying back is no contribution")
	v.PaysIn("M3-"+p, decide.Amount{Minor: 700_00, Unit: kes})
	assert.Zero(t, v.State.Balance("lent/m3", kes))
	assert.Empty(t, v.State.Loans())
	assert.EqualValues(t, 9_000_00, v.State.Balance("fund/main", kes))
	assert.EqualValues(t, 100_00, v.State.Balance("purse/m3", kes), "what is more is kept for the member")
	v.PaysIn("m3 loan", decide.Amount{Minor: 1_00, Unit: kes})
	assert.EqualValues(t, 101_00, v.State.Balance("purse/m3", kes))
}

func TestALoanThatComesBack(t *testing.T) {
	for name, back := range map[string]int64{"nothing": 0, "a part": 300_00, "all": 900_00} {
		t.Run(name+" was repaid", func(t *testing.T) {
			v, p := lent(t)
			if back > 0 {
				v.PaysIn("m3 loan", decide.Amount{Minor: back, Unit: kes})
			}
			require.Empty(t, v.Word("returned", decide.Ended{Proposal: p, Reason: "AC04"}).Answer.Fault)
			assert.Zero(t, v.State.Balance("lent/m3", kes))
			assert.EqualValues(t, 9_000_00, v.State.Balance("fund/main", kes))
			assert.Equal(t, back, v.State.Balance("purse/m3", kes), "what was paid back of nothing is the member's")
			assert.Empty(t, v.State.Loans())
		})
	}
}

// kindsOf counts an entry's lines by kind, over all entries.
func kindsOf(v *decidetest.Village) map[string]int {
	counts := map[string]int{}
	for _, e := range v.Entries {
		for _, l := range e.Lines {
			counts[l.Kind]++
		}
	}
	return counts
}

func TestWhoIsLateIsRemindedAndNothingMore(t *testing.T) {
	v := court(t, 2)
	v.PaysIn("m1 dues", decide.Amount{Minor: 500_00 * 12, Unit: kes})
	v.Wait(30*day + 5*day - time.Hour)
	assert.Zero(t, kindsOf(v)["reminder"], "grace")
	v.Wait(2 * time.Hour)
	assert.Equal(t, 1, kindsOf(v)["reminder"])
	v.Wait(7 * day)
	assert.Equal(t, 2, kindsOf(v)["reminder"])
	assert.Zero(t, kindsOf(v)["may_be_sanctioned"])
	v.Wait(100 * day)
	assert.Equal(t, 2, kindsOf(v)["reminder"])
	assert.Equal(t, 1, kindsOf(v)["may_be_sanctioned"])
	assert.Empty(t, v.State.Sanctions(), "nobody is sanctioned by a clock")
	assert.Equal(t, "active", standing(v, "m2"))
	v.PaysIn("m2 dues", decide.Amount{Minor: 500_00 * 4, Unit: kes})
	v.Wait(45 * day)
	assert.Equal(t, 4, kindsOf(v)["reminder"], "it begins anew")
	takes(v, step("m2", charter.Mediation), "m1")
}

func TestALateInstalment(t *testing.T) {
	v, _ := lent(t)
	for _, m := range []string{"m1", "m2", "m3", "m4", "m5"} {
		v.PaysIn(m+" dues", decide.Amount{Minor: 500_00 * 12, Unit: kes})
	}
	v.PaysIn("m3 loan", decide.Amount{Minor: 300_00, Unit: kes})
	v.Wait(50 * day)
	assert.Zero(t, kindsOf(v)["reminder"])
	v.Wait(16 * day)
	assert.Equal(t, 1, kindsOf(v)["reminder"], "the second of three")
}

func TestUnitsThatExpire(t *testing.T) {
	v := court(t, 5)
	issue := func(i decide.Issuance) {
		p := v.Propose("m1", charter.Issuance, i)
		v.Approve(p, "m4", "m5")
		require.Equal(t, decide.Carried, v.State.Proposal(p).State, v.State.Proposal(p).Why)
	}
	issue(decide.Issuance{Amount: decide.Amount{Minor: 100, Unit: hours}, Fund: "vouchers"})
	issue(decide.Issuance{Amount: decide.Amount{Minor: 40, Unit: hours}, Member: "m3"})
	assert.EqualValues(t, -140, v.State.Balance("issued/hours.nairobi.0", hours))
	v.Wait(60 * day)
	issue(decide.Issuance{Amount: decide.Amount{Minor: 10, Unit: hours}, Fund: "vouchers"})
	pay := v.Propose("m2", charter.Payout, decide.Payout{
		Fund: "vouchers", To: decide.ByHand, Beneficiary: decidetest.Closed("m4"), Member: "m4",
		Amount: decide.Amount{Minor: 30, Unit: hours}, Fixed: fx.FixedSource, MaxCost: decide.Amount{Minor: 30, Unit: hours}, Reference: "thanks",
	})
	v.Approve(pay, "m1", "m2", "m3")
	v.Wait(25 * time.Hour)
	v.Done("m1", "handed_out", map[string]string{"proposal": pay})
	v.Wait(30 * day)
	assert.EqualValues(t, 10, v.State.Balance("fund/vouchers", hours), "the oldest were spent, the rest of them expired")
	assert.Zero(t, v.State.Balance("held/m3", hours))
	assert.EqualValues(t, 30, v.State.Balance("received/m4", hours))
	v.Wait(60 * day)
	assert.Zero(t, v.State.Balance("fund/vouchers", hours))
	assert.EqualValues(t, -30, v.State.Balance("issued/hours.nairobi.0", hours))
}

func TestAFundThatIsNeededStays(t *testing.T) {
	v, _ := lent(t)
	next := just()
	next.Version, next.Funds = 2, append(next.Funds, charter.Fund{Name: "other", Unit: kes})
	next.Funds[0] = next.Funds[len(next.Funds)-1]
	next.Funds = next.Funds[:len(next.Funds)-1]
	next.Dues, next.Limits = nil, nil
	text, err := next.Canonical()
	require.NoError(t, err)
	assert.Equal(t, decide.FaultRules, v.Say("m1", "propose", v.Proposing(charter.RuleChange, decide.RuleChange{Charter: text})).Fault)
}
