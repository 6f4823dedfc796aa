package netting

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func requireFault(t *testing.T, want InputError, err error) {
	t.Helper()
	var fault *InputError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, want, *fault)
	assert.Contains(t, err.Error(), string(want.Fault))
}

func TestMalformedObligations(t *testing.T) {
	good := pay(0, 1, 1)
	for name, c := range map[string]struct {
		fault InputFault
		o     Obligation
	}{
		"debtor below":            {FaultAccount, pay(-1, 1, 1)},
		"debtor above":            {FaultAccount, pay(6, 1, 1)},
		"creditor below":          {FaultAccount, pay(0, math.MinInt, 1)},
		"creditor above":          {FaultAccount, pay(0, math.MaxInt, 1)},
		"pool in below":           {FaultAccount, Obligation{0, 1, 1, 1, -2, 5}},
		"pool in above":           {FaultAccount, Obligation{0, 1, 1, 1, 6, 5}},
		"pool out below":          {FaultAccount, Obligation{0, 1, 1, 1, 4, -2}},
		"pool out above":          {FaultAccount, Obligation{0, 1, 1, 1, 4, 6}},
		"no pool in":              {FaultPools, Obligation{0, 1, 1, 1, -1, 5}},
		"no pool out":             {FaultPools, Obligation{0, 1, 1, 1, 4, -1}},
		"zero":                    {FaultAmount, pay(0, 1, 0)},
		"negative":                {FaultAmount, pay(0, 1, math.MinInt64)},
		"zero credit":             {FaultAmount, Obligation{0, 1, 1, 0, 4, 5}},
		"negative debit":          {FaultAmount, Obligation{0, 1, -1, 1, 4, 5}},
		"unequal":                 {FaultUnequal, Obligation{0, 1, 1, 2, -1, -1}},
		"to itself":               {FaultSelf, pay(1, 1, 1)},
		"to itself by pools":      {FaultSelf, Obligation{1, 1, 1, 1, 4, 5}},
		"one pool for both":       {FaultSelf, Obligation{0, 1, 1, 1, 4, 4}},
		"debtor is pool in":       {FaultSelf, Obligation{0, 1, 1, 1, 0, 5}},
		"debtor is pool out":      {FaultSelf, Obligation{0, 1, 1, 1, 4, 0}},
		"creditor is pool in":     {FaultSelf, Obligation{0, 1, 1, 1, 1, 5}},
		"creditor is pool out":    {FaultSelf, Obligation{0, 1, 1, 1, 4, 1}},
		"pools left at zero":      {FaultSelf, Obligation{Debtor: 1, Creditor: 2, Debit: 1, Credit: 1}},
		"nothing set":             {FaultAmount, Obligation{Creditor: 1}},
		"nothing set, not chosen": {FaultAmount, Obligation{Creditor: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := SelectFIFO(make([]int64, 6), []Obligation{good, c.o, good})
			requireFault(t, InputError{c.fault, 1}, err)
			_, _, err = Net(6, []Obligation{good, c.o, good}, []bool{true, name != "nothing set, not chosen", true})
			requireFault(t, InputError{c.fault, 1}, err)
		})
	}
}

func TestNegativeLiquidity(t *testing.T) {
	_, err := SelectFIFO([]int64{0, -1}, nil)
	requireFault(t, InputError{FaultLiquidity, 1}, err)
}

func TestSumsThatOverflow(t *testing.T) {
	const most = math.MaxInt64
	for name, c := range map[string]struct {
		instance
		index int
	}{
		"paid out":           {instance{make([]int64, 3), []Obligation{pay(0, 1, most), pay(0, 2, 1)}, nil}, 1},
		"received":           {instance{make([]int64, 3), []Obligation{pay(0, 1, most), pay(2, 1, 1)}, nil}, 1},
		"beside liquidity":   {instance{[]int64{0, most}, []Obligation{pay(1, 0, 1), pay(0, 1, 1)}, nil}, 1},
		"into a pool":        {instance{make([]int64, 6), []Obligation{{0, 1, most, 1, 4, 5}, {2, 1, 1, 1, 4, 5}}, nil}, 1},
		"out of a pool":      {instance{make([]int64, 6), []Obligation{{0, 1, 1, most, 4, 5}, {0, 2, 1, 1, 4, 5}}, nil}, 1},
		"into a creditor":    {instance{make([]int64, 6), []Obligation{{0, 1, 1, most, 4, 5}, {0, 1, 1, 1, 4, 3}}, nil}, 1},
		"converted by debit": {instance{make([]int64, 6), []Obligation{{0, 1, most, 1, 4, 5}, {0, 1, 1, 1, 3, 5}}, nil}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := SelectFIFO(c.liquidity, c.obligations)
			requireFault(t, InputError{FaultOverflow, c.index}, err)
			if name == "beside liquidity" {
				return // Net knows of no liquidity
			}
			_, _, err = Net(len(c.liquidity), c.obligations, []bool{true, true})
			requireFault(t, InputError{FaultOverflow, c.index}, err)
		})
	}
}

// The greatest amounts that fit are computed, not refused.
func TestSumsAtTheEdge(t *testing.T) {
	const most = math.MaxInt64
	in := instance{liquidity: []int64{most, 0}, obligations: []Obligation{pay(0, 1, most-1), pay(0, 1, 1)}}
	s := in.choose(t)
	assert.Equal(t, []bool{true, true}, s.Chosen)
	assert.Equal(t, []int64{-most, most}, s.Net)

	in = instance{liquidity: []int64{0, 0}, obligations: []Obligation{pay(0, 1, most)}}
	s = in.choose(t)
	assert.Equal(t, []int64{most, 0}, s.ShortMinor)
	assert.Equal(t, []int64{0, 0}, s.Net)
}
