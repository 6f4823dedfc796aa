package netting

import (
	"math/big"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Shapes of instances by what makes them hard.
var (
	oneCurrency  = shape{obligations: 40, amount: 30}
	weighted     = shape{obligations: 40, amount: 1000, weights: 70}
	acrossPools  = shape{obligations: 40, amount: 100, currencies: 3, weights: 3}
	withSpreads  = shape{obligations: 40, amount: 100, currencies: 3, weights: 9, spread: 5}
	inClasses    = shape{obligations: 40, amount: 30, classes: 3}
	everything   = shape{obligations: 40, amount: 1000, currencies: 3, weights: MaxWeight, classes: MaxClass + 1, spread: MaxWeight, fee: 50}
	largeAmounts = shape{obligations: 12, amount: 1 << 50, currencies: 2, weights: 8}
	withFees     = shape{obligations: 40, amount: 100, currencies: 3, weights: 3, fee: 20}
)

var allShapes = map[string]shape{
	"one currency": oneCurrency, "weights": weighted, "pools": acrossPools, "spreads": withSpreads,
	"classes": inClasses, "everything": everything, "large amounts": largeAmounts, "fees": withFees,
}

func (s shape) upTo(obligations int) shape {
	s.obligations = obligations
	return s
}

// No limit is passed, currencies add up to zero, what is told of the choice is true of it, and it lies between
// first-in-first-out and the bound.
func TestSelectHolds(t *testing.T) {
	for name, shape := range allShapes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := anyInstance(shape).Draw(t, "instance")
				s := in.selected(t, rapid.SampledFrom([]int64{0, 1, 2000}).Draw(t, "steps"))
				require.Equal(t, in.fifo(t).Reached, s.FIFO)
			})
		})
	}
}

// On small instances the best of all sets is at most the bound, and the choice is that best where the steps allow
// to try them all and no class comes first.
func TestSelectAgainstEverySet(t *testing.T) {
	const instances = 1000
	for name, shape := range allShapes {
		t.Run(name, func(t *testing.T) {
			source := byRandom(random(1))
			for range instances {
				in := shape.upTo(12).draw(source)
				s, best := in.selected(t, 1<<12), in.best()
				require.LessOrEqual(t, best, s.Bound, "%+v", in)
				if in.classed() {
					require.LessOrEqual(t, s.Reached, best)
				} else {
					require.Equal(t, best, s.Reached, "%+v", in)
				}
				require.LessOrEqual(t, in.selected(t, 100).Reached, best, "with too few steps to try them all")
			}
		})
	}
}

// What the debtor can pay from liquidity and from what is chosen is chosen.
func TestSelectLeavesNothingThatFits(t *testing.T) {
	for name, shape := range map[string]shape{"one currency": oneCurrency, "weights": weighted, "pools": acrossPools} {
		t.Run(name, func(t *testing.T) {
			source := byRandom(random(2))
			for range 2000 {
				in := shape.upTo(8).draw(source)
				in.nothingFits(t, in.selected(t, 500))
			}
		})
	}
}

// nothingFits fails where an obligation that was not chosen could be, on top of the rest.
func (in *instance) nothingFits(t *testing.T, s Selection) {
	t.Helper()
	left := in.left(s.Chosen)
	for i, o := range in.obligations {
		if s.Chosen[i] {
			continue
		}
		lacks := false
		for _, m := range in.draws(o) {
			lacks = lacks || left[m.limit].Cmp(big.NewInt(m.minor)) < 0
		}
		if !lacks {
			require.Fail(t, "waits for nothing", "obligation %d of %+v\n%+v", i, in, s)
		}
	}
}

// Neither a queue's order nor a worth that rounds down to nothing is a reason to wait.
func TestSelectFillsUpWhatItPublishes(t *testing.T) {
	cheap := func(value uint64, liquidity []int64, obligations ...Obligation) instance {
		in := plain(liquidity, obligations...)
		in.book.Pools[0].Value = value
		return in
	}
	for name, in := range map[string]instance{
		"held back by an older":  plain([]int64{0, 6, 0}, pay(2, 1, 1), pay(0, 1, 3), pay(1, 0, 8), pay(0, 2, 6), pay(0, 2, 3)),
		"held back, another":     plain([]int64{0, 9, 5, 3, 0}, pay(0, 4, 1), pay(0, 1, 5), pay(4, 3, 1), pay(3, 0, 4), pay(0, 4, 3), pay(2, 4, 6), pay(0, 4, 3)),
		"worth nothing, rounded": cheap(664_805_283, []int64{1, 10}, pay(1, 0, 5), pay(1, 0, 5), pay(1, 0, 8), pay(1, 0, 1)),
		"worth nothing, found":   cheap(3_700_394_529, []int64{7, 7}, pay(0, 1, 1), pay(0, 1, 5), pay(0, 1, 6)),
	} {
		t.Run(name, func(t *testing.T) { in.nothingFits(t, in.selected(t, 500)) })
	}
}

// The bound holds of the best there is where rounding gives a pool slack: 3 paid out against 4 paid in, at equal
// values, cost a spread of 3.
func TestBoundCountsSlackAtNoCost(t *testing.T) {
	in := instance{Book{
		Currency: []int32{1, 0}, Liquidity: []int64{1, 5},
		Pools: []Pool{{Value: One, Liquidity: 4, Spread: 1}, {Value: One, Liquidity: 10, Spread: 1}},
	}, []Obligation{{Debtor: 1, Creditor: 0, Debit: 4, Credit: 3, Weight: 4}}}
	s := in.selected(t, 0)
	assert.Equal(t, int64(4*4-3), s.Reached)
}

// Obligations that cost more than they are worth stay.
func TestSelectNeverPaysMoreThanItGets(t *testing.T) {
	in := instance{Book{
		Currency: []int32{0, 1}, Liquidity: []int64{3, 2}, Pools: []Pool{{Value: One}, {Value: One, Liquidity: 7, Spread: 2}},
	}, []Obligation{convert(0, 1, 3, 3)}}
	s := in.selected(t, 0)
	assert.Zero(t, s.Reached)
	assert.Equal(t, []bool{false}, s.Chosen)

	source := byRandom(random(3))
	for range 1000 {
		in := withSpreads.upTo(6).draw(source)
		require.GreaterOrEqual(t, in.selected(t, 200).Reached, int64(0), "%+v", in)
	}
}

// bound is what Select says that no choice can pass.
func (in *instance) bound(t require.TestingT) int64 {
	s, err := Select(&in.book, in.obligations, 0)
	require.NoError(t, err)
	return s.Bound
}

func TestMoreLiquidityNeverLowersTheBound(t *testing.T) {
	for name, shape := range allShapes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := anyInstance(shape).Draw(t, "instance")
				before := in.bound(t)
				in.enrich(rapid.IntRange(0, len(in.book.Currency)+len(in.book.Pools)-1).Draw(t, "limit"), rapid.Int64Range(1, shape.amount).Draw(t, "more"))
				require.GreaterOrEqual(t, in.bound(t), before)
			})
		})
	}
}

// enrich adds to the liquidity of a limit.
func (in *instance) enrich(limit int, more int64) {
	if accounts := len(in.book.Currency); limit >= accounts {
		in.book.Pools[limit-accounts].Liquidity += more
		return
	}
	in.book.Liquidity[limit] += more
}

func TestFewerObligationsNeverRaiseTheBound(t *testing.T) {
	for name, shape := range allShapes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := anyInstance(shape).Filter(func(in instance) bool { return len(in.obligations) > 0 }).Draw(t, "instance")
				before := in.bound(t)
				at := rapid.IntRange(0, len(in.obligations)-1).Draw(t, "removed")
				in.obligations = slices.Delete(in.obligations, at, at+1)
				require.LessOrEqual(t, in.bound(t), before)
			})
		})
	}
}

// A price is what a unit of value more of liquidity adds to the bound, at most.
func TestPriceBoundsWhatLiquidityReleases(t *testing.T) {
	for name, shape := range map[string]shape{"one currency": oneCurrency, "weights": weighted, "pools": acrossPools} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := anyInstance(shape).Draw(t, "instance")
				s := in.selected(t, 0)
				limit := rapid.IntRange(0, len(s.Price)-1).Draw(t, "limit")
				more := rapid.Int64Range(1, shape.amount).Draw(t, "more")
				c := limit - len(in.book.Currency)
				if c < 0 {
					c = int(in.book.Currency[limit])
				}
				before := worthAtLeast(in.liquidity(limit), in.book.Pools[c].Value)
				in.enrich(limit, more)
				value := worthAtLeast(in.liquidity(limit), in.book.Pools[c].Value) - before
				require.LessOrEqual(t, in.bound(t), s.Bound+value*s.Price[limit])
			})
		})
	}
}

// The same input gives the same bytes, on one core and on eight, alone and beside others, and stays as it was.
func TestSelectReplays(t *testing.T) {
	source := byRandom(random(4))
	instances := []instance{completeGraph(100, 900, varied), drawn(20, 100_000, 900, varied)}
	for name, shape := range allShapes {
		if name != "large amounts" {
			shape.obligations = 400
		}
		instances = append(instances, shape.draw(source), shape.draw(source))
	}
	run := func(in instance) Selection {
		s, err := Select(&in.book, in.obligations, 20_000)
		require.NoError(t, err)
		return s
	}
	for _, in := range instances {
		before := instance{
			Book{slices.Clone(in.book.Currency), slices.Clone(in.book.Liquidity), slices.Clone(in.book.Pools)}, slices.Clone(in.obligations),
		}
		want := run(in)
		require.Equal(t, before, in, "the input was changed")
		for _, procs := range []int{1, 8} {
			had := runtime.GOMAXPROCS(procs)
			require.Equal(t, want, run(in))
			answers, all := make([]Selection, 8), sync.WaitGroup{}
			for k := range answers {
				all.Go(func() { answers[k], _ = Select(&in.book, in.obligations, 20_000) })
			}
			all.Wait()
			runtime.GOMAXPROCS(had)
			for _, got := range answers {
				require.True(t, reflect.DeepEqual(want, got), "parallel runs differ")
			}
		}
	}
}

// Only order within a class counts: however classes are interleaved, each obligation's fate is the same, and so
// are all the figures.
func TestSelectIsBlindToTheOrderAcrossClasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(everything).Draw(t, "instance")
		s := in.selected(t, 500)
		shuffled := instance{book: in.book}
		var places []int
		queues := map[int32][]int{}
		for i, o := range in.obligations {
			queues[o.Class] = append(queues[o.Class], i)
		}
		for _, class := range rapid.Permutation(classesIn(in.obligations)).Draw(t, "order") { // who comes next
			i := queues[class][0]
			queues[class] = queues[class][1:]
			places, shuffled.obligations = append(places, i), append(shuffled.obligations, in.obligations[i])
		}
		again := shuffled.selected(t, 500)
		back := make([]bool, len(places))
		for at, i := range places {
			back[i] = again.Chosen[at]
		}
		again.Chosen = back
		require.Equal(t, s, again)
	})
}

// classesIn lists each obligation's class.
func classesIn(obligations []Obligation) []int32 {
	classes := make([]int32, 0, len(obligations))
	for _, o := range obligations {
		classes = append(classes, o.Class)
	}
	return classes
}

// What is of a later class takes nothing from an earlier one: each choice is worth at least as much in the first
// class as without those behind it, and as much as first in, first out.
func TestSelectPutsEarlierClassesFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(inClasses).Filter(func(in instance) bool { return len(in.obligations) > 0 }).Draw(t, "instance")
		first := slices.Min(classesIn(in.obligations))
		alone := instance{book: in.book}
		for _, o := range in.obligations {
			if o.Class == first {
				alone.obligations = append(alone.obligations, o)
			}
		}
		// Without the search, whose chances depend on how many obligations there are.
		s := in.selected(t, 0)
		require.GreaterOrEqual(t, in.classWorth(s.Chosen, first), alone.selected(t, 0).Reached)
		strict := in.classWorth(in.fifo(t).Chosen, first)
		require.GreaterOrEqual(t, in.classWorth(s.Chosen, first), strict)
		require.GreaterOrEqual(t, in.classWorth(in.selected(t, 300).Chosen, first), strict)
	})
}

func TestSelectStrictClassesExample(t *testing.T) {
	in := plain([]int64{5, 0}, pay(0, 1, 5), pay(0, 1, 3))
	in.obligations[0].Class, in.obligations[0].Weight = 1, MaxWeight
	s := in.selected(t, 100)
	assert.Equal(t, []bool{false, true}, s.Chosen, "no weight outdoes a class")

	// Two classes fund each other: first in, first out sees both at once, and so does the bound.
	in = plain([]int64{0, 0}, pay(0, 1, 1), pay(1, 0, 1), pay(1, 0, 4))
	in.obligations[1].Class, in.obligations[2].Class = 1, 1
	s = in.selected(t, 100)
	assert.Equal(t, []bool{true, true, false}, s.Chosen)
}

func TestSelectOfNothing(t *testing.T) {
	s, err := Select(&Book{}, nil, MaxSearch)
	require.NoError(t, err)
	assert.Equal(t, Selection{Tier: TierA, Chosen: []bool{}, Price: []int64{}}, s)
	in := plain([]int64{1, 2})
	in.selected(t, 0)
}

func TestSelectOfEverything(t *testing.T) {
	in := plain([]int64{0, 0}, pay(0, 1, 5), pay(1, 0, 5))
	s := in.selected(t, MaxSearch)
	assert.Equal(t, Selection{Tier: TierA, Chosen: []bool{true, true}, Cleared: 2, Reached: 10, Bound: 10, FIFO: 10, Price: []int64{0, 0, 0}}, s)
}

// Steps are a budget for the search alone: without any tier C is not tried, and no more than MaxSearch are taken.
func TestSelectKeepsToItsSteps(t *testing.T) {
	in := plain([]int64{7, 0}, pay(0, 1, 5), pay(0, 1, 4))
	for _, steps := range []int64{-1, 0} {
		s := in.selected(t, steps)
		assert.NotEqual(t, TierC, s.Tier)
		assert.Less(t, s.Iterations, int64(10))
	}
	most := in.selected(t, 1<<62)
	assert.LessOrEqual(t, most.Iterations, int64(MaxSearch+100))
	assert.Equal(t, most, in.selected(t, MaxSearch))
}
