package netting

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// On tiny inputs every way to discharge within both limits is tried.
func TestSetOffWithinAgainstEveryWay(t *testing.T) {
	source := byRandom(random(9))
	for range 1500 {
		in := drawDebts(source, 4, 6, 3)
		hold := make([]int64, in.participants)
		in.credit = make([]int64, in.participants)
		for i := range hold {
			in.credit[i], hold[i] = max(0, source(-2, 3)), max(0, source(-2, 3))
		}
		cleared, err := SetOffWithin(in.participants, in.all, in.credit, hold)
		require.NoError(t, err)
		for participant, drawn := range cleared.DrawnMinor {
			require.LessOrEqual(t, drawn, in.credit[participant])
			require.GreaterOrEqual(t, drawn, -hold[participant])
		}
		require.Equal(t, in.mostWithin(hold, make([]int64, in.participants), 0), cleared.TotalMinor, "%+v", in)
	}
}

// mostWithin is most, where drawn may also be no further below zero than hold.
func (in debts) mostWithin(hold, drawn []int64, i int) int64 {
	if i == len(in.all) {
		for p, minor := range drawn {
			if minor > in.credit[p] || minor < -hold[p] {
				return math.MinInt32
			}
		}
		return 0
	}
	top, d := int64(math.MinInt32), in.all[i]
	for amount := range d.AmountMinor + 1 {
		drawn[d.Debtor] += amount
		drawn[d.Creditor] -= amount
		top = max(top, amount+in.mostWithin(hold, drawn, i+1))
		drawn[d.Debtor] -= amount
		drawn[d.Creditor] += amount
	}
	return top
}

// Holding without limit is SetOff, and holding nothing is no credit at all.
func TestSetOffWithinTheOutermostLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawDebts(byRapid(t), 12, 60, 1000)
		most, none := make([]int64, in.participants), make([]int64, in.participants)
		for i := range most {
			most[i] = math.MaxInt64
		}
		want, err := SetOff(in.participants, in.all, in.credit)
		require.NoError(t, err)
		got, err := SetOffWithin(in.participants, in.all, in.credit, most)
		require.NoError(t, err)
		require.Equal(t, want, got)

		want, err = SetOff(in.participants, in.all, nil)
		require.NoError(t, err)
		got, err = SetOffWithin(in.participants, in.all, in.credit, none)
		require.NoError(t, err)
		require.Equal(t, want.TotalMinor, got.TotalMinor)
		require.Equal(t, none, got.DrawnMinor)
	})
}

func TestSetOffWithinRefuses(t *testing.T) {
	debt := []Debt{{0, 1, 1}}
	_, err := SetOffWithin(2, debt, []int64{0, 1}, []int64{1, -1})
	requireFault(t, InputError{FaultLiquidity, 1}, err)
	cleared, err := SetOffWithin(2, debt, []int64{0, 1}, []int64{1})
	requireFault(t, InputError{FaultLength, 2}, err)
	assert.Equal(t, Cleared{}, cleared)
}
