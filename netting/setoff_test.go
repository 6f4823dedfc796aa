package netting

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// debts is one input of SetOff.
type debts struct {
	participants int
	all          []Debt
	credit       []int64
}

// drawDebts makes an input; half of them without credit, and some participants without any where there is.
func drawDebts(p pick, participants, most int, amount int64) debts {
	in := debts{participants: int(p(1, int64(participants)))}
	for n := p(0, int64(most)); n > 0; n-- {
		in.all = append(in.all, Debt{int32(p.index(in.participants)), int32(p.index(in.participants)), p(1, amount)})
	}
	if p.chance(2) {
		in.credit = make([]int64, in.participants)
		for i := range in.credit {
			in.credit[i] = max(0, p(-amount, amount))
		}
	}
	return in
}

// setOff runs SetOff and holds its answer against everything that must be true of any answer.
func (in debts) setOff(t require.TestingT) Cleared {
	before := slices.Clone(in.all)
	c, err := SetOff(in.participants, in.all, in.credit)
	require.NoError(t, err)
	require.Equal(t, before, in.all)
	require.Len(t, c.AmountMinor, len(in.all))
	require.Len(t, c.DrawnMinor, in.participants)
	drawn, total, gross := make([]int64, in.participants), int64(0), int64(0)
	open := map[[2]int32]bool{} // pairs of which an older debt is not discharged in full
	for i, d := range in.all {
		amount := c.AmountMinor[i]
		require.GreaterOrEqual(t, amount, int64(0))
		require.LessOrEqual(t, amount, d.AmountMinor)
		pair := [2]int32{d.Debtor, d.Creditor}
		require.False(t, open[pair] && amount > 0, "a younger debt of a pair goes first")
		open[pair] = open[pair] || amount < d.AmountMinor
		if d.Debtor == d.Creditor {
			require.Equal(t, d.AmountMinor, amount, "a debt to oneself discharges itself")
		}
		drawn[d.Debtor] += amount
		drawn[d.Creditor] -= amount
		total += amount
		gross += d.AmountMinor
	}
	require.Equal(t, total, c.TotalMinor)
	require.Equal(t, gross, c.GrossMinor)
	require.Equal(t, drawn, c.DrawnMinor)
	for participant, minor := range drawn {
		require.LessOrEqual(t, minor, in.limit(participant), "participant %d", participant)
	}
	require.False(t, in.improvable(c), "a cycle is left that would discharge more")
	return c
}

// limit is what a participant may draw.
func (in debts) limit(participant int) int64 {
	if in.credit == nil {
		return 0
	}
	return in.credit[participant]
}

// improvable tells whether more could be discharged: a cycle of debts, of discharges taken back and of credit that
// in all discharges more than it takes back. Bellman and Ford find one if there is any.
func (in debts) improvable(c Cleared) bool {
	type step struct{ from, to, gain int }
	var steps []step
	source := in.participants
	for i, d := range in.all {
		if c.AmountMinor[i] < d.AmountMinor {
			steps = append(steps, step{int(d.Debtor), int(d.Creditor), 1})
		}
		if c.AmountMinor[i] > 0 {
			steps = append(steps, step{int(d.Creditor), int(d.Debtor), -1})
		}
	}
	// Discharging a debt draws on its debtor. The source lends to a debtor that has credit left, and takes
	// from whoever others discharge to, which there is no limit to.
	for p, limit := range in.credit {
		if c.DrawnMinor[p] < limit {
			steps = append(steps, step{source, p, 0})
		}
		steps = append(steps, step{p, source, 0})
	}
	best := make([]int, in.participants+1)
	for range len(best) + 1 {
		changed := false
		for _, s := range steps {
			if best[s.from]+s.gain > best[s.to] {
				best[s.to], changed = best[s.from]+s.gain, true
			}
		}
		if !changed {
			return false
		}
	}
	return true
}

// Nobody's position changes, credit is kept, and no more can be discharged.
func TestSetOffIsTheOptimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawDebts(byRapid(t), 12, 60, 1000).setOff(t)
	})
}

// On tiny inputs every way to discharge is tried.
func TestSetOffAgainstEveryWay(t *testing.T) {
	source := byRandom(random(7))
	for range 1500 {
		in := drawDebts(source, 4, 6, 3)
		require.Equal(t, in.most(make([]int64, in.participants), 0), in.setOff(t).TotalMinor, "%+v", in)
	}
}

// most is the most that debts from number i on can discharge, given what was drawn so far; negative if nothing can be
// right any more.
func (in debts) most(drawn []int64, i int) int64 {
	if i == len(in.all) {
		for p, minor := range drawn {
			if minor > in.limit(p) { // as all add up to zero, without credit none is below zero either
				return math.MinInt32
			}
		}
		return 0
	}
	best := int64(math.MinInt32)
	for amount := range in.all[i].AmountMinor + 1 {
		drawn[in.all[i].Debtor] += amount
		drawn[in.all[i].Creditor] -= amount
		best = max(best, amount+in.most(drawn, i+1))
		drawn[in.all[i].Debtor] -= amount
		drawn[in.all[i].Creditor] += amount
	}
	return best
}

func TestSetOffExamples(t *testing.T) {
	ring := []Debt{{0, 1, 5}, {1, 2, 3}, {2, 0, 4}}
	for name, c := range map[string]struct {
		debts
		cleared []int64
	}{
		"nothing":               {debts{0, nil, nil}, []int64{}},
		"nobody owes":           {debts{3, nil, make([]int64, 3)}, []int64{}},
		"a ring":                {debts{3, ring, nil}, []int64{3, 3, 3}},
		"a ring without credit": {debts{3, ring, make([]int64, 3)}, []int64{3, 3, 3}},
		"a chain":               {debts{3, ring[:2], nil}, []int64{0, 0}},
		"a chain with credit":   {debts{3, ring[:2], []int64{2, 0, 0}}, []int64{2, 2}},
		"a debt to oneself":     {debts{2, []Debt{{1, 1, 9}, {0, 1, 1}}, nil}, []int64{9, 0}},
		"older debts first":     {debts{2, []Debt{{0, 1, 4}, {0, 1, 4}, {1, 0, 6}}, nil}, []int64{4, 2, 6}},
		"unlimited credit":      {debts{2, []Debt{{0, 1, 4}, {0, 1, 4}}, []int64{math.MaxInt64, math.MaxInt64}}, []int64{4, 4}},
		// One ring of four discharges more than two that share its debts.
		"the longer ring": {debts{4, []Debt{{0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {3, 0, 1}, {2, 1, 1}}, nil}, []int64{1, 1, 1, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.cleared, c.setOff(t).AmountMinor) })
	}
}

func TestSetOffRefuses(t *testing.T) {
	good := Debt{0, 1, 1}
	for name, c := range map[string]struct {
		want InputError
		debts
	}{
		"debtor below":          {InputError{FaultAccount, 1}, debts{2, []Debt{good, {-1, 1, 1}}, nil}},
		"creditor above":        {InputError{FaultAccount, 1}, debts{2, []Debt{good, {0, 2, 1}}, nil}},
		"no participants":       {InputError{FaultAccount, 0}, debts{0, []Debt{{0, 0, 1}}, nil}},
		"zero":                  {InputError{FaultAmount, 1}, debts{2, []Debt{good, {0, 1, 0}}, nil}},
		"negative":              {InputError{FaultAmount, 1}, debts{2, []Debt{good, {1, 1, math.MinInt64}}, nil}},
		"too much":              {InputError{FaultOverflow, 1}, debts{2, []Debt{good, {1, 0, maxWeighted}}, nil}},
		"overflow":              {InputError{FaultOverflow, 1}, debts{2, []Debt{good, {1, 0, math.MaxInt64}}, nil}},
		"negative credit":       {InputError{FaultLiquidity, 1}, debts{2, []Debt{good}, []int64{0, -1}}},
		"too little credit":     {InputError{FaultLength, 2}, debts{2, []Debt{good}, []int64{1}}},
		"too much credit":       {InputError{FaultLength, 0}, debts{0, nil, []int64{1}}},
		"negative participants": {InputError{FaultLength, -1}, debts{-1, nil, nil}},
		"too many participants": {InputError{FaultLength, MaxAccounts + 1}, debts{MaxAccounts + 1, nil, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			cleared, err := SetOff(c.participants, c.all, c.credit)
			requireFault(t, c.want, err)
			assert.Equal(t, Cleared{}, cleared)
		})
	}
}

func TestSetOffOfTheLargestAmounts(t *testing.T) {
	in := debts{2, []Debt{{0, 1, maxWeighted / 2}, {1, 0, maxWeighted - maxWeighted/2}}, nil}
	assert.Equal(t, int64(maxWeighted/2*2), in.setOff(t).TotalMinor)
	in.credit = []int64{0, math.MaxInt64}
	assert.Equal(t, int64(maxWeighted), in.setOff(t).TotalMinor)
}

// The same debts give the same bytes on one core and on eight.
func TestSetOffReplays(t *testing.T) {
	source := byRandom(random(8))
	for range 10 {
		in := drawDebts(source, 60, 2000, 1<<40)
		had := runtime.GOMAXPROCS(1)
		one := in.setOff(t)
		runtime.GOMAXPROCS(8)
		eight := in.setOff(t)
		runtime.GOMAXPROCS(had)
		require.Equal(t, one, eight)
	}
}

// More credit, and more debts, never discharge less.
func TestSetOffIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawDebts(byRapid(t), 8, 30, 50)
		total := in.setOff(t).TotalMinor
		if n := len(in.all); n > 0 {
			fewer := debts{in.participants, in.all[:n-1], in.credit}
			require.LessOrEqual(t, fewer.setOff(t).TotalMinor, total)
		}
		if in.credit != nil {
			in.credit[rapid.IntRange(0, in.participants-1).Draw(t, "participant")] += rapid.Int64Range(1, 50).Draw(t, "more")
			require.GreaterOrEqual(t, in.setOff(t).TotalMinor, total)
		}
	})
}
