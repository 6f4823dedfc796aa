package netting

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSelectFIFO(t *testing.T) {
	rich := func(in instance, liquidity ...int64) instance {
		for limit, minor := range liquidity {
			in.enrich(limit, minor)
		}
		return in
	}
	for name, c := range map[string]struct {
		instance
		chosen []bool
	}{
		"nothing":                             {plain(nil), []bool{}},
		"a cycle needs no liquidity":          {plain(make([]int64, 3), pay(0, 1, 5), pay(1, 2, 5), pay(2, 0, 5)), []bool{true, true, true}},
		"the residue of a cycle is drawn":     {plain([]int64{2, 0, 0}, pay(0, 1, 7), pay(1, 2, 5), pay(2, 0, 5)), []bool{true, true, true}},
		"the head of the line holds the rest": {plain([]int64{3, 0}, pay(0, 1, 5), pay(0, 1, 1), pay(1, 0, 1)), []bool{false, false, false}},
		"a younger payment funds an older":    {plain([]int64{0, 5}, pay(0, 1, 5), pay(1, 0, 5)), []bool{true, true}},
		"currencies meet in the pools": {
			rich(pairOfCurrencies(convert(0, 2, 10, 7), convert(3, 1, 7, 10)), 10, 0, 0, 7), []bool{true, true},
		},
		"a pool that cannot pay holds its debtors": {
			rich(pairOfCurrencies(convert(0, 2, 10, 7), pay(0, 1, 1)), 20, 0, 0, 0, 0, 6), []bool{false, false},
		},
		"a pool that cannot pay holds its queue": {
			rich(pairOfCurrencies(convert(0, 2, 10, 7), convert(1, 2, 1, 1)), 20, 1, 0, 0, 0, 6), []bool{false, false},
		},
		"who has no money holds up no pool": {
			rich(pairOfCurrencies(convert(0, 2, 10, 7), convert(1, 2, 1, 1)), 9, 1, 0, 0, 0, 6), []bool{false, true},
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.chosen, c.fifo(t).Chosen) })
	}
}

func TestSelectFIFOPutsClassBeforeAge(t *testing.T) {
	in := plain([]int64{5, 0}, pay(0, 1, 4), pay(0, 1, 3))
	in.obligations[0].Class = 1
	assert.Equal(t, []bool{false, true}, in.fifo(t).Chosen)
}

// The answer is the union of all feasible sets, found by trying every set: first of those that pass no account, in
// order of what each owes; then of those subsets of the union that pass no pool either.
func TestSelectFIFOIsTheGreatest(t *testing.T) {
	for name, shape := range map[string]shape{"one currency": oneCurrency, "pools": acrossPools, "classes": inClasses} {
		t.Run(name, func(t *testing.T) {
			source := byRandom(random(5))
			for range 300 {
				in := shape.upTo(8).draw(source)
				in.byAge()
				require.Equal(t, in.greatest(), in.fifo(t).Chosen, "%+v", in)
			}
		})
	}
}

func TestSelectFIFOAgreesWithOneRemovalAtATime(t *testing.T) {
	for name, shape := range map[string]shape{"one currency": oneCurrency, "everything": everything, "fees": withFees} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := anyInstance(shape.upTo(60)).Draw(t, "instance")
				in.byAge()
				require.Equal(t, in.shrunk(), in.fifo(t).Chosen)
			})
		})
	}
}

// byAge puts obligations in order of class, so that what stands before another goes before it.
func (in *instance) byAge() {
	slices.SortStableFunc(in.obligations, func(a, b Obligation) int { return int(a.Class - b.Class) })
}

// Within one currency, more liquidity, or more that is younger, never sends back what would have cleared. Across
// currencies it may: a debtor that can pay after all stands in the pool's queue again.
func TestSelectFIFOIsMonotone(t *testing.T) {
	within := func(t *rapid.T, smaller, larger []bool) {
		for i, chosen := range smaller {
			require.False(t, chosen && !larger[i], "obligation %d no longer clears", i)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(oneCurrency).Draw(t, "instance")
		chosen := in.fifo(t).Chosen

		richer := instance{in.book, in.obligations}
		richer.book.Liquidity = slices.Clone(in.book.Liquidity)
		for account := range richer.book.Liquidity {
			richer.book.Liquidity[account] += rapid.Int64Range(0, 6).Draw(t, "more")
		}
		within(t, chosen, richer.fifo(t).Chosen)

		older := instance{in.book, in.obligations[:rapid.IntRange(0, len(in.obligations)).Draw(t, "older")]}
		within(t, older.fifo(t).Chosen, chosen)
	})
}

// Within one currency, clearing what was chosen leaves nothing of the rest that could clear at once.
func TestSelectFIFOIsAFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(oneCurrency).Draw(t, "instance")
		s := in.fifo(t)
		rest := instance{book: in.book}
		rest.book.Liquidity = in.book.Left(in.obligations, s.Chosen)[:len(in.book.Currency)]
		for i, o := range in.obligations {
			if !s.Chosen[i] {
				rest.obligations = append(rest.obligations, o)
			}
		}
		require.Zero(t, rest.fifo(t).Cleared)
	})
}

// counted is how many limits count: accounts only, or pools as well.
func (in *instance) counted(pools bool) int32 {
	if pools {
		return int32(len(in.book.Currency) + len(in.book.Pools))
	}
	return int32(len(in.book.Currency))
}

// feasible is the definition, word for word, among what is offered.
func (in *instance) feasible(offered, chosen []bool, counted int32) bool {
	for limit, left := range in.left(chosen) {
		if int32(limit) < counted && left.Sign() < 0 {
			return false
		}
	}
	closed := map[int32]bool{} // limits on which an older obligation waits
	for i, o := range in.obligations {
		if !offered[i] {
			continue
		}
		for _, m := range in.draws(o) {
			if chosen[i] && closed[m.limit] && m.limit < counted {
				return false
			}
		}
		for _, m := range in.draws(o) {
			closed[m.limit] = closed[m.limit] || !chosen[i]
		}
	}
	return true
}

// greatest tries every set and unites the feasible ones. For small instances.
func (in *instance) greatest() []bool {
	offered := in.everyone()
	for _, pools := range []bool{false, true} {
		union := make([]bool, len(offered))
		in.subsets(offered, func(chosen []bool) {
			if in.feasible(offered, chosen, in.counted(pools)) {
				for i := range union {
					union[i] = union[i] || chosen[i]
				}
			}
		})
		offered = union
	}
	return offered
}

func (in *instance) everyone() []bool {
	all := make([]bool, len(in.obligations))
	for i := range all {
		all[i] = true
	}
	return all
}

func (in *instance) subsets(offered []bool, visit func([]bool)) {
	chosen := make([]bool, len(offered))
	for set := range 1 << len(offered) {
		inside := true
		for i := range chosen {
			chosen[i] = set>>i&1 == 1
			inside = inside && (offered[i] || !chosen[i])
		}
		if inside {
			visit(chosen)
		}
	}
}

// shrunk removes one obligation at a time and starts over, for instances too large to try every set.
func (in *instance) shrunk() []bool {
	offered := in.everyone()
	for _, pools := range []bool{false, true} {
		chosen := slices.Clone(offered)
		for in.removeOne(offered, chosen, in.counted(pools)) {
		}
		offered = chosen
	}
	return offered
}

// removeOne removes the first that overtakes, or else the youngest draw on a limit that is passed.
func (in *instance) removeOne(offered, chosen []bool, counted int32) bool {
	closed, youngest := map[int32]bool{}, map[int32]int{}
	for i, o := range in.obligations {
		if !offered[i] {
			continue
		}
		for _, m := range in.draws(o) {
			if chosen[i] && closed[m.limit] && m.limit < counted {
				chosen[i] = false
				return true
			}
			if chosen[i] {
				youngest[m.limit] = i
			}
		}
		for _, m := range in.draws(o) {
			closed[m.limit] = closed[m.limit] || !chosen[i]
		}
	}
	for limit, left := range in.left(chosen) {
		if int32(limit) < counted && left.Sign() < 0 {
			chosen[youngest[int32(limit)]] = false
			return true
		}
	}
	return false
}
