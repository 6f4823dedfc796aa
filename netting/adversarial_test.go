package netting

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// many is as much as the search does not look at any more, so that one less is the worst it does look at.
const many = searched

// drawn makes obligations between random accounts.
func drawn(accounts, obligations int, liquidity int64, minor func(i int) int64) instance {
	in := plain(make([]int64, accounts))
	for account := range in.book.Liquidity {
		in.book.Liquidity[account] = liquidity
	}
	source := byRandom(random(9))
	for i := range obligations {
		debtor := source.index(accounts)
		creditor := (debtor + 1 + source.index(accounts-1)) % accounts
		in.obligations = append(in.obligations, pay(int32(debtor), int32(creditor), minor(i)))
	}
	return in
}

// chain has account i pay account i+1, in the order of age that is given.
func chain(length int32, first int64, backwards bool) instance {
	in := plain(make([]int64, length+1))
	in.book.Liquidity[0] = first
	for i := range length {
		in.obligations = append(in.obligations, pay(i, i+1, 1))
	}
	if backwards {
		slices.Reverse(in.obligations)
	}
	return in
}

// ladder has each account of a chain pay the next many small amounts, so that each failure comes back many times.
func ladder(accounts, rungs int32, first int64) instance {
	in := plain(make([]int64, accounts+1))
	in.book.Liquidity[0] = first
	for range rungs {
		in.obligations = append(in.obligations, chain(accounts, 0, false).obligations...)
	}
	return in
}

// star has a hub owe every leaf, and every leaf the hub.
func star(leaves int, hub int64) instance {
	in := plain(make([]int64, leaves+1))
	in.book.Liquidity[0] = hub
	for i := range leaves {
		in.obligations = append(in.obligations, pay(0, int32(i+1), int64(2+i%5)), pay(int32(i+1), 0, int64(2+i%7)))
	}
	return in
}

// completeGraph has everyone owe everyone.
func completeGraph(accounts int32, liquidity int64, minor func(i int) int64) instance {
	in := plain(make([]int64, accounts))
	for distance := int32(1); distance < accounts; distance++ {
		for debtor := range accounts {
			in.obligations = append(in.obligations, pay(debtor, (debtor+distance)%accounts, minor(len(in.obligations))))
		}
	}
	for account := range in.book.Liquidity {
		in.book.Liquidity[account] = liquidity
	}
	return in
}

// hugeFirst has one obligation stand before many small ones of the same debtor.
func hugeFirst(huge, small, liquidity int64, obligations int) instance {
	in := plain([]int64{liquidity, 0}, pay(0, 1, huge))
	for range obligations {
		in.obligations = append(in.obligations, pay(0, 1, small))
	}
	return in
}

// pingPong has two accounts pay each other in turn.
func pingPong(obligations int, liquidity int64) instance {
	in := plain([]int64{liquidity, 0})
	for i := range obligations {
		in.obligations = append(in.obligations, pay(int32(i%2), int32(1-i%2), int64(1+i%13)))
	}
	return in
}

func one(int) int64 { return 1 }

func varied(i int) int64 { return 1 + int64(i)*7919%1000 }

// Whatever the shape, the work is bounded by the input: the flows by a small number of rounds or pivots per
// obligation, the search by its steps and what one try looks at beyond them, which is all obligations once
// for each of its flips and for each account that it fills again.
func TestAdversarialShapes(t *testing.T) {
	const steps = 10_000
	for name, c := range map[string]struct {
		instance
		reached int64 // at least
	}{
		"one huge obligation first":          {hugeFirst(1<<40, 1, many/2, many), many / 2},
		"one huge obligation to search":      {hugeFirst(1<<40, 1, many/2, many-2), many / 2},
		"one huge obligation against many":   {hugeFirst(6000, 2, 6001, 10_000), 6000},
		"one huge obligation with cover":     {hugeFirst(1<<50, 3, 1<<50, many-2), 1 << 50},
		"equal amounts":                      {drawn(100, many, 703, func(int) int64 { return 7 }), 690_000},
		"equal amounts to search":            {drawn(100, many-1, 703, func(int) int64 { return 7 }), 690_000},
		"equal amounts without liquidity":    {drawn(100, many-1, 0, one), many * 95 / 100},
		"complete graph":                     {completeGraph(300, 0, one), 300 * 299},
		"complete graph of varied amounts":   {completeGraph(300, 900, varied), 43_000_000},
		"complete graph, not one equal":      {completeGraph(300, 0, varied), 0},
		"complete graph too large to search": {completeGraph(320, 900, varied), 50_000_000},
		"chain without liquidity":            {chain(many, 0, false), 0},
		"chain with a head":                  {chain(many, 1, false), many},
		"chain backwards":                    {chain(many, 1, true), many},
		"chain to search":                    {chain(many/4, 0, true), 0},
		"ladder":                             {ladder(500, 200, 100), 50_000},
		"ladder to search":                   {ladder(499, 200, 100), 49_900},
		"ladder of two":                      {ladder(many/2, 2, 1), many / 2},
		"star":                               {star(many/2, 1000), 1000},
		"star to search":                     {star(many/20, 1000), 1000},
		"ping-pong":                          {pingPong(many, 5), many * 6},
		"ping-pong to search":                {pingPong(many-1, 5), many * 6},
		"zero liquidity everywhere":          {drawn(200, many, 0, varied), 0},
		"zero liquidity to search":           {drawn(200, 20_000, 0, varied), 0},
		"nobody is ever paid":                {hugeFirst(1, 1, 0, many-2), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.selected(t, steps)
			assert.GreaterOrEqual(t, s.Reached, c.reached)
			limit := int64(3 * len(c.obligations))
			if len(c.obligations) < searched {
				limit += steps + (maxFlips+maxTouched)*int64(len(c.obligations))
			}
			assert.LessOrEqual(t, s.Iterations, limit)
		})
	}
}

// As many weights as there can be: more than the table of pairs holds, and more than the phased method takes.
func TestEveryWeightThereIs(t *testing.T) {
	for _, obligations := range []int{MaxWeight, 2 * MaxWeight} {
		in := drawn(200, obligations, 500, varied)
		for i := range in.obligations {
			in.obligations[i].Weight = int32(i*40_503%MaxWeight) + 1
		}
		s := in.selected(t, 10_000)
		assert.Greater(t, s.Reached, s.Bound/100*99)
		assert.LessOrEqual(t, s.Iterations, int64(200*obligations))
	}
}

// A block at the head takes a whole graph down where age is strict, and nothing where it is not.
func TestCompleteGraphBlockedAtTheHead(t *testing.T) {
	const accounts = 300
	in := completeGraph(accounts, 0, one)
	in.book.Currency, in.book.Liquidity = append(in.book.Currency, 0), append(in.book.Liquidity, 0)
	in.obligations = slices.Insert(in.obligations, 0, pay(0, accounts, accounts))
	s := in.selected(t, 1000)
	assert.Zero(t, s.FIFO)
	assert.Equal(t, int64(accounts*(accounts-1)), s.Reached)
	assert.Equal(t, s.Bound, s.Reached)
}

// A chain through the pools of alternating currencies: each link draws on a debtor and on a pool.
func TestChainThroughPools(t *testing.T) {
	in := instance{book: Book{Liquidity: make([]int64, many+1), Pools: []Pool{{Value: One}, {Value: One, Liquidity: 1}}}}
	for i := range int32(many + 1) {
		in.book.Currency = append(in.book.Currency, i%2)
	}
	for i := range int32(many) {
		in.obligations = append(in.obligations, convert(i, i+1, 1, 1))
	}
	in.book.Liquidity[0] = 1
	for _, pool := range []int64{1, 0} { // of even length: it brings each pool what it takes
		in.book.Pools[1].Liquidity = pool
		s := in.selected(t, 1000)
		assert.Equal(t, many, s.Cleared)
		assert.Equal(t, many, in.fifo(t).Cleared)
	}
	in.book.Liquidity[0] = 0
	s := in.selected(t, 1000)
	assert.Zero(t, s.Cleared)
	assert.Zero(t, s.Bound)
}

// Amounts near the largest that there are, by weighted value and by the sums of minor units.
func TestSearchAmongTheLargestAmounts(t *testing.T) {
	in := plain([]int64{maxWeighted / 2, 0, maxWeighted / 3})
	for i := range int64(30) {
		in.obligations = append(in.obligations, pay(int32(i%3), int32((i+1)%3), maxWeighted/31-i*i), pay(int32(i%3), int32((i+2)%3), 1+i))
	}
	s := in.selected(t, 100_000)
	assert.Greater(t, s.Reached, s.Bound/100*99)

	in.book.Pools[0].Value = 1
	for i := range in.obligations {
		in.obligations[i].Debit = min(in.obligations[i].Debit, math.MaxInt64/64)
		in.obligations[i].Credit = in.obligations[i].Debit
	}
	in.selected(t, 100_000)
}

// A ring of debts of which no two are equal needs a path of another length for each; a complete graph has all
// lengths at once.
func TestAdversarialSetOffs(t *testing.T) {
	ring := debts{participants: 2000}
	for i := range int32(2000) {
		ring.all = append(ring.all, Debt{i, (i + 1) % 2000, 1 + int64(i)})
	}
	c := ring.setOff(t)
	assert.Equal(t, int64(2000), c.TotalMinor, "the smallest debt goes round")
	assert.LessOrEqual(t, c.Iterations, int64(2000))

	complete := debts{participants: 100}
	for i, o := range completeGraph(100, 0, varied).obligations {
		complete.all = append(complete.all, Debt{o.Debtor, o.Creditor, varied(i)})
	}
	complete.all = append(complete.all, Debt{0, 1, 1 << 55})
	c = complete.setOff(t)
	assert.LessOrEqual(t, c.Iterations, int64(100))
	complete.credit = slices.Repeat([]int64{500}, 100)
	complete.setOff(t)
}

// Accounts that owe nothing and are owed nothing cost nothing: two obligations among a million accounts.
func TestIdleAccountsCostNothing(t *testing.T) {
	in := plain(make([]int64, 1_000_000), pay(0, 1, 5), pay(1, 2, 3))
	s, err := Select(&in.book, in.obligations, 0)
	require.NoError(t, err)
	assert.LessOrEqual(t, s.Iterations, int64(10))
}

// The bound is solved on sparse sets too, whichever method it takes: one obligation less never raises it.
func TestBoundOfASparseSet(t *testing.T) {
	more, less := drawn(100_000, 100_000, 300, varied), drawn(100_000, 99_999, 300, varied)
	above, err := Select(&more.book, more.obligations, 0)
	require.NoError(t, err)
	below, err := Select(&less.book, less.obligations, 0)
	require.NoError(t, err)
	assert.LessOrEqual(t, below.Bound, above.Bound)
	everything := int64(0)
	for _, o := range more.obligations {
		everything += o.Debit
	}
	assert.Less(t, above.Bound, everything/10*7, "it is not merely everything")
}

// A debtor of tens of thousands who can pay half of them keeps what it can, even behind one that nobody can pay.
func TestHubBehindAHugeObligation(t *testing.T) {
	in := star(60_000, 120_000)
	in.obligations = append([]Obligation{pay(0, 1, 1<<40)}, in.obligations...)
	s, err := Select(&in.book, in.obligations, 0)
	require.NoError(t, err)
	assert.Zero(t, s.FIFO)
	assert.Greater(t, s.Reached, int64(250_000))
	in.nothingFits(t, s)
}

// However many classes there are, the search is as long as was asked.
func TestSearchIsSharedByClasses(t *testing.T) {
	in := drawn(100, 5_000, 3000, varied)
	for i := range in.obligations {
		in.obligations[i].Class = int32(i % (MaxClass + 1))
	}
	s, err := Select(&in.book, in.obligations, 1_000_000)
	require.NoError(t, err)
	assert.Less(t, s.Iterations, int64(2_000_000))
}
