package netting

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const long = 100_000

// requireLinear counts the looks at an account: one to begin with, and for each removal at most one
// for each account that it touches.
func requireLinear(t *testing.T, in instance) {
	t.Helper()
	b, err := newBatch(in.liquidity, in.obligations)
	require.NoError(t, err)
	for account := range in.liquidity {
		b.enqueue(account)
	}
	looks := 0
	for b.step() {
		looks++
		if len(b.worklist) > len(in.liquidity) {
			require.Fail(t, "an account is listed twice")
		}
	}
	require.LessOrEqual(t, looks, len(in.liquidity)+4*len(in.obligations))
	left := 0
	for _, queue := range b.queues {
		left += len(queue)
	}
	require.GreaterOrEqual(t, left, b.selection(in.liquidity).ClearedCount)
}

// chain has account i pay account i+1, in the order of age that is given.
func chain(first int64, backwards bool) instance {
	in := instance{liquidity: make([]int64, long+1)}
	in.liquidity[0] = first
	for i := range long {
		in.obligations = append(in.obligations, pay(i, i+1, 1))
	}
	if backwards {
		slices.Reverse(in.obligations)
	}
	return in
}

func TestLongChainOfDependencies(t *testing.T) {
	for _, backwards := range []bool{false, true} {
		for first, cleared := range map[int64]int{0: 0, 1: long} {
			in := chain(first, backwards)
			requireLinear(t, in)
			s := in.choose(t)
			assert.Equal(t, cleared, s.ClearedCount, "backwards %t, liquidity %d", backwards, first)
		}
	}
}

// Each account of the chain pays the next many small amounts, so that each failure comes back many times.
func TestLadderOfDependencies(t *testing.T) {
	const accounts, rungs = 500, 200
	in := instance{liquidity: make([]int64, accounts+1)}
	in.liquidity[0] = rungs / 2
	for range rungs {
		for i := range accounts {
			in.obligations = append(in.obligations, pay(i, i+1, 1))
		}
	}
	requireLinear(t, in)
	s := in.choose(t)
	assert.Equal(t, accounts*rungs/2, s.ClearedCount)
	assert.Equal(t, accounts*rungs/2, s.Waiting[0])
	assert.Equal(t, int64(1), s.ShortMinor[accounts-1])
}

// A chain through the pools of alternating currencies: each link draws on a debtor and on a pool.
func TestChainThroughPools(t *testing.T) {
	in := instance{liquidity: make([]int64, long+3)}
	poolA, poolB := long+1, long+2
	for i := range long {
		from, to := poolA, poolB
		if i%2 == 1 {
			from, to = poolB, poolA
		}
		in.obligations = append(in.obligations, Obligation{i, i + 1, 1, 1, from, to})
	}
	in.liquidity[0], in.liquidity[poolB] = 1, 1
	requireLinear(t, in)
	assert.Equal(t, long, in.choose(t).ClearedCount)
	in.liquidity[poolB] = 0
	requireLinear(t, in)
	assert.Equal(t, long, in.choose(t).ClearedCount, "a chain of even length takes from each pool what it brings")
	in.liquidity[0] = 0
	requireLinear(t, in)
	assert.Zero(t, in.choose(t).ClearedCount)
}

func TestAllWait(t *testing.T) {
	in := instance{liquidity: make([]int64, 201)}
	for i := range long {
		in.obligations = append(in.obligations, pay(i%200, 200, 1))
	}
	requireLinear(t, in)
	s := in.choose(t)
	assert.Zero(t, s.ClearedCount)
	assert.Equal(t, 7, s.Waiting[7])
	assert.Equal(t, int64(1), s.ShortMinor[7])
	assert.Equal(t, -1, s.Waiting[200])
}

// One obligation that can never be paid holds its debtor's line and nobody else's.
func TestHugeHeadOfLine(t *testing.T) {
	in := instance{liquidity: []int64{long, long, 0}, obligations: []Obligation{pay(0, 2, 1<<60)}}
	for range long {
		in.obligations = append(in.obligations, pay(0, 2, 1), pay(1, 2, 1))
	}
	requireLinear(t, in)
	s := in.choose(t)
	assert.Equal(t, long, s.ClearedCount)
	assert.Equal(t, []int{0, -1, -1}, s.Waiting)
	assert.Equal(t, []int64{1<<60 - long, 0, 0}, s.ShortMinor)
}

// completeGraph has everyone owe everyone the same.
func completeGraph(accounts int) instance {
	in := instance{liquidity: make([]int64, accounts)}
	for distance := 1; distance < accounts; distance++ {
		for debtor := range accounts {
			in.obligations = append(in.obligations, pay(debtor, (debtor+distance)%accounts, 1))
		}
	}
	return in
}

func TestCompleteGraph(t *testing.T) {
	const accounts = 300
	in := completeGraph(accounts)
	requireLinear(t, in)
	s := in.choose(t)
	assert.Equal(t, accounts*(accounts-1), s.ClearedCount, "a gridlock resolves without liquidity")
	assert.Equal(t, make([]int64, accounts), s.Net)

	blocked := instance{
		liquidity:   make([]int64, accounts+1),
		obligations: append([]Obligation{pay(0, accounts, accounts)}, in.obligations...),
	}
	requireLinear(t, blocked)
	assert.Zero(t, blocked.choose(t).ClearedCount, "one block at the head takes the whole graph down")
}

func TestCompleteGraphBlockedAtTheHead(t *testing.T) {
	in := completeGraph(12)
	in.liquidity = append(in.liquidity, 0)
	for at := 0; at < len(in.obligations); at += 7 {
		obligations := slices.Insert(slices.Clone(in.obligations), at, pay(3, 12, 50))
		blocked := instance{liquidity: in.liquidity, obligations: obligations}
		assert.Equal(t, blocked.shrunk(), blocked.choose(t).Chosen)
	}
}

// BenchmarkSelectFIFO: 1,000,000 obligations of 180 participants in 20 currencies with 20 pools.
func BenchmarkSelectFIFO(b *testing.B) {
	const currencies, perCurrency, obligations = 20, 9, 1_000_000
	random := rand.New(rand.NewPCG(1, 2))
	account := func(c, place int) int { return c*(perCurrency+1) + place }
	in := instance{liquidity: make([]int64, currencies*(perCurrency+1))}
	for i := range in.liquidity {
		in.liquidity[i] = random.Int64N(5_000_000)
	}
	for range obligations {
		from, to := random.IntN(currencies), random.IntN(currencies)
		debtor, creditor := random.IntN(perCurrency), random.IntN(perCurrency-1)
		minor := 1 + random.Int64N(20_000)
		if from != to {
			in.obligations = append(in.obligations, Obligation{account(from, debtor), account(to, creditor), minor, minor,
				account(from, perCurrency), account(to, perCurrency)})
			continue
		}
		if creditor >= debtor {
			creditor++
		}
		in.obligations = append(in.obligations, pay(account(from, debtor), account(to, creditor), minor))
	}
	b.ReportAllocs()
	cleared := 0
	for b.Loop() {
		s, err := SelectFIFO(in.liquidity, in.obligations)
		require.NoError(b, err)
		cleared = s.ClearedCount
	}
	b.ReportMetric(float64(cleared), "cleared")
}
