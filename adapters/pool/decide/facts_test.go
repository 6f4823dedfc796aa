package decide_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
)

func TestWhatARecordShows(t *testing.T) {
	v := court(t, 9)
	v.PaysIn("m4 dues", decide.Amount{Minor: 9_000_00, Unit: kes})
	p := v.Propose("m3", charter.Loan, lend("m3", 900_00))
	v.Approve(p, "m1", "m2")
	require.Empty(t, v.Word("priced", decide.Priced{Proposal: p, Order: "r1", CostMinor: 900_00}).Answer.Fault)
	require.Empty(t, v.Word("paid", decide.Ended{Proposal: p}).Answer.Fault)
	v.Approve(v.Propose("m1", charter.Pledging, pledge(t)), "m2", "m3")
	climbs(v, "m9", charter.Suspension, "m2", "m3", "m4")
	x := takes(v, step("m9", charter.Suspension), "m2", "m3", "m4")
	v.Done("m9", "appeal", decide.Appealing{Sanction: x, Ground: decidetest.Closed("no")})
	v.Wait(100 * day)
	v.Done("m8", "leave", struct{}{})
	f := v.State.Facts()
	assert.Equal(t, 8, f.Members)
	assert.Equal(t, 1, f.Left)
	assert.Equal(t, map[string]int{"treasurer": 2}, f.Holders)
	assert.Equal(t, 24, f.Contributions, "three months of eight members")
	assert.Equal(t, 21, f.Late, "but for one, who paid ahead")
	assert.Equal(t, 1, f.Receivers)
	assert.Equal(t, 2, f.Proposers)
	assert.Equal(t, charter.Turnout{Ended: 4, Passed: 4, Permille: 375}, f.Decisions[charter.Sanction])
	assert.Equal(t, charter.Turnout{Ended: 1, Passed: 1, Permille: 250}, f.Decisions[charter.Loan])
	assert.Greater(t, f.Sanctions[charter.Reminder], 1, "one by decision, the others by the clock")
	delete(f.Sanctions, charter.Reminder)
	assert.Equal(t, map[charter.Measure]int{charter.Mediation: 1, charter.Reduction: 1, charter.Suspension: 1}, f.Sanctions)
	assert.Equal(t, []int{1, 1, 1, 1}, []int{f.Healed, f.Appeals, f.Upheld, f.Pledges})
	assert.Len(t, charter.Ostrom(v.State.Charter(), f), 8)
}
