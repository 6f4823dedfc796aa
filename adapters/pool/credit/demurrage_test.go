package credit

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a charge takes and what it leaves to the next are together the exact rate, to the thousandth of a minor unit,
// and the charge is the nearest whole one.
func TestDemurrageLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{DemurragePermille: rapid.IntRange(1, permille).Draw(t, "permille"), DemurrageDays: 30}
		h := Holding{"amina", amount.Filter(func(a int64) bool { return a > 0 }).Draw(t, "balance"), rapid.Int64Range(-500, 500).Draw(t, "residue")}
		charges, total, err := r.Demurrage([]Holding{h})
		require.NoError(t, err)
		require.Len(t, charges, 1)
		c := charges[0]
		require.Equal(t, total, c.Minor)
		require.True(t, c.Minor >= 0 && c.Minor <= h.BalanceMinor)
		require.True(t, c.Residue >= -500 && c.Residue <= 500, c.Residue)
		exact := new(big.Int).Mul(big.NewInt(h.BalanceMinor), big.NewInt(int64(r.DemurragePermille)))
		exact.Add(exact, big.NewInt(h.Residue))
		made := new(big.Int).Mul(big.NewInt(c.Minor), big.NewInt(permille))
		made.Add(made, big.NewInt(c.Residue))
		require.Equal(t, exact.String(), made.String())
		if c.Residue == 500 || c.Residue == -500 {
			require.True(t, c.Minor%2 == 0 || c.Minor == h.BalanceMinor, "half goes to even")
		}
	})
}

// Charging often comes to what charging once would, however small the charges are.
func TestManyChargesComeToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{DemurragePermille: rapid.IntRange(1, permille).Draw(t, "permille"), DemurrageDays: 1}
		h, times, paid := Holding{"amina", rapid.Int64Range(1, 2000).Draw(t, "balance"), 0}, rapid.Int64Range(1, 200).Draw(t, "times"), int64(0)
		for range times {
			charges, total, err := r.Demurrage([]Holding{h})
			require.NoError(t, err)
			h.Residue = charges[0].Residue
			paid += total
		}
		require.InDelta(t, times*h.BalanceMinor*int64(r.DemurragePermille), paid*permille, 500)
	})
}

func TestDemurrageExamples(t *testing.T) {
	r := Rule{DemurragePermille: 10, DemurrageDays: 30}
	charges, total, err := r.Demurrage([]Holding{
		{"amina", 1000, 0}, {"baraka", -1000, 400}, {"chipo", 0, 0}, {"dalila", 50, 0}, {"emeka", 150, 0}, {"fatuma", 50, 1}, {"gitonga", 1, -500},
	})
	require.NoError(t, err)
	assert.Equal(t, []Charge{
		{"amina", 10, 0}, {"dalila", 0, 500}, {"emeka", 2, -500}, {"fatuma", 1, -499}, {"gitonga", 0, -490},
	}, charges)
	assert.EqualValues(t, 13, total)

	all := Rule{DemurragePermille: 1000, DemurrageDays: 1}
	for _, held := range []int64{7, math.MaxInt64} {
		charges, total, err = all.Demurrage([]Holding{{"amina", held, 500}}) // never more than is held
		require.NoError(t, err)
		assert.Equal(t, []Charge{{"amina", held, 500}}, charges)
		assert.Equal(t, held, total)
	}
	_, _, err = all.Demurrage([]Holding{{"amina", math.MaxInt64, 0}, {"baraka", 1, 0}})
	requireRefusal(t, RefusalError{FaultOverflow, "baraka"}, err)
}

func TestDemurrageIsDueByTheGivenTime(t *testing.T) {
	last := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	r := Rule{DemurragePermille: 10, DemurrageDays: 30}
	due, is := r.DemurrageDue(last, last.AddDate(0, 0, 30).Add(-1))
	assert.False(t, is)
	assert.Equal(t, last.AddDate(0, 0, 30), due)
	rounds := 0
	for due, is := r.DemurrageDue(last, last.AddDate(0, 0, 95)); is; due, is = r.DemurrageDue(due, last.AddDate(0, 0, 95)) {
		rounds++
	}
	assert.Equal(t, 3, rounds)
	_, is = Rule{}.DemurrageDue(last, last.AddDate(9, 0, 0))
	assert.False(t, is)
	_, is = Rule{DemurrageDays: 30}.DemurrageDue(last, last.AddDate(9, 0, 0))
	assert.False(t, is)
}
