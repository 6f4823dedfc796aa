package decide_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
)

func TestAPotGoesWhereItsMemberSays(t *testing.T) {
	v := saving(t)
	v.Done("m1", "pay_me", decide.Destination{To: "mpesa-ke", Beneficiary: decidetest.Closed("m1's phone")})
	v.Wait(2 * day)
	for _, m := range []string{"m1", "m2", "m3", "m4", "m5"} {
		v.PaysIn(m+" g1", decide.Amount{Minor: 1_000_00, Unit: kes})
	}
	due := v.State.Due()
	require.Len(t, due, 1)
	assert.EqualValues(t, 5_000_00, due[0].Paying().MaxCost.Minor)
	require.Empty(t, v.Word("priced", decide.Priced{Proposal: due[0].ID, Order: "r1", CostMinor: 5_000_00}).Answer.Fault)
	require.Empty(t, v.Word("returned", decide.Ended{Proposal: due[0].ID, Reason: "AC04"}).Answer.Fault)
	assert.EqualValues(t, 5_000_00, v.State.Balance("purse/m1", kes), "what comes back is the member's")
	assert.Empty(t, v.State.Due(), "and waits for another destination")
	v.Done("m1", "pay_me", decide.Destination{To: "bank-ke", Beneficiary: decidetest.Closed("m1's bank")})
	require.Len(t, v.State.Due(), 1)
}
