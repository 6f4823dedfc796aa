package decide_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
)

func TestRaisedDuesAreOwedFromThenOn(t *testing.T) {
	v := village(t)
	v.Wait(65 * day) // two periods of 500
	next := decidetest.Rules()
	next.Version, next.Dues[0].AmountMinor = 2, 900_00
	text, err := next.Canonical()
	require.NoError(t, err)
	v.Approve(v.Propose("m1", charter.RuleChange, decide.RuleChange{Charter: text}), "m1", "m2", "m3", "m4")
	require.EqualValues(t, 2, v.State.Version())
	v.Wait(60 * day)
	m := v.State.Member("m1")
	assert.EqualValues(t, 3*500_00+900_00, v.State.Behind(m, v.State.Charter().Dues[0], v.Now), "the third was under way")
	v.PaysIn("m1 dues", decide.Amount{Minor: 500_00, Unit: kes})
	assert.EqualValues(t, 2*500_00+900_00, v.State.Behind(m, v.State.Charter().Dues[0], v.Now))
}
