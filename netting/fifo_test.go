package netting

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pay is an obligation within one currency.
func pay(debtor, creditor int, minor int64) Obligation {
	return Obligation{Debtor: debtor, Creditor: creditor, Debit: minor, Credit: minor, PoolIn: -1, PoolOut: -1}
}

func TestSelectFIFO(t *testing.T) {
	for name, c := range map[string]struct {
		instance
		chosen  []bool
		waiting []int
		short   []int64
	}{
		"nothing": {},
		"a cycle needs no liquidity": {
			instance{liquidity: []int64{0, 0, 0}, obligations: []Obligation{pay(0, 1, 5), pay(1, 2, 5), pay(2, 0, 5)}},
			[]bool{true, true, true}, []int{-1, -1, -1}, []int64{0, 0, 0},
		},
		"the residue of a cycle is drawn from liquidity": {
			instance{liquidity: []int64{2, 0, 0}, obligations: []Obligation{pay(0, 1, 7), pay(1, 2, 5), pay(2, 0, 5)}},
			[]bool{true, true, true}, []int{-1, -1, -1}, []int64{0, 0, 0},
		},
		"the head of the line holds what is younger": {
			instance{liquidity: []int64{3, 0}, obligations: []Obligation{pay(0, 1, 5), pay(0, 1, 1), pay(1, 0, 1)}},
			[]bool{false, false, false}, []int{0, 2}, []int64{2, 1},
		},
		"a younger payment funds an older one": {
			instance{liquidity: []int64{0, 5}, obligations: []Obligation{pay(0, 1, 5), pay(1, 0, 5)}},
			[]bool{true, true}, []int{-1, -1}, []int64{0, 0},
		},
		"two currencies meet each other in the pools": {
			instance{liquidity: []int64{10, 0, 0, 7, 0, 0}, obligations: []Obligation{
				{Debtor: 0, Creditor: 4, Debit: 10, Credit: 7, PoolIn: 2, PoolOut: 5},
				{Debtor: 3, Creditor: 1, Debit: 7, Credit: 10, PoolIn: 5, PoolOut: 2},
			}},
			[]bool{true, true}, []int{-1, -1, -1, -1, -1, -1}, make([]int64, 6),
		},
		"a pool that cannot pay holds its debtors' queues": {
			instance{liquidity: []int64{20, 0, 0, 0, 0, 6}, obligations: []Obligation{
				{Debtor: 0, Creditor: 4, Debit: 10, Credit: 7, PoolIn: 2, PoolOut: 5},
				pay(0, 1, 1),
			}},
			[]bool{false, false}, []int{0, -1, -1, -1, -1, 0}, []int64{0, 0, 0, 0, 0, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.choose(t)
			assert.Equal(t, append([]bool{}, c.chosen...), s.Chosen)
			assert.Equal(t, append([]int{}, c.waiting...), s.Waiting)
			assert.Equal(t, append([]int64{}, c.short...), s.ShortMinor)
		})
	}
}

// The answer is the union of all feasible sets, found by trying every set.
func TestSelectFIFOIsTheGreatest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(9).Draw(t, "instance")
		s := in.choose(t)
		require.Equal(t, in.greatest(), s.Chosen)
	})
}

func TestSelectFIFOAgreesWithOneRemovalAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(120).Draw(t, "instance")
		require.Equal(t, in.shrunk(), in.choose(t).Chosen)
	})
}

// The order in which accounts are looked at changes nothing.
func TestSelectFIFOIsIndependentOfProcessingOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(80).Draw(t, "instance")
		want := in.choose(t)
		accounts := make([]int, len(in.liquidity))
		for i := range accounts {
			accounts[i] = i
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		b, err := newBatch(in.liquidity, in.obligations)
		require.NoError(t, err)
		for _, account := range rapid.Permutation(accounts).Draw(t, "order") {
			b.enqueue(account)
		}
		for b.step() {
			random.Shuffle(len(b.worklist), func(i, j int) { b.worklist[i], b.worklist[j] = b.worklist[j], b.worklist[i] })
		}
		require.Equal(t, want, b.selection(in.liquidity))
	})
}

func TestSelectFIFOIsZeroSumPerCurrency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := byCurrency(60).Draw(t, "instance")
		sums := map[int]int64{}
		for account, net := range in.choose(t).Net {
			sums[in.currency[account]] += net
		}
		for currency, sum := range sums {
			require.Zero(t, sum, "currency %d", currency)
		}
	})
}

func TestSelectFIFOIsDeterministicAndLeavesItsInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(60).Draw(t, "instance")
		before := instance{liquidity: slices.Clone(in.liquidity), obligations: slices.Clone(in.obligations)}
		first := in.choose(t)
		require.Equal(t, first, in.choose(t))
		require.True(t, slices.Equal(before.liquidity, in.liquidity))
		require.True(t, slices.Equal(before.obligations, in.obligations))
	})
}

// More liquidity, or more that is younger, never sends back what would have cleared.
func TestSelectFIFOIsMonotone(t *testing.T) {
	within := func(t *rapid.T, smaller, larger []bool) {
		for i, chosen := range smaller {
			require.False(t, chosen && !larger[i], "obligation %d no longer clears", i)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(60).Draw(t, "instance")
		chosen := in.choose(t).Chosen

		richer := instance{liquidity: slices.Clone(in.liquidity), obligations: in.obligations}
		for account := range richer.liquidity {
			richer.liquidity[account] += rapid.Int64Range(0, 6).Draw(t, "more")
		}
		within(t, chosen, richer.choose(t).Chosen)

		count := rapid.IntRange(0, len(in.obligations)).Draw(t, "older")
		older := instance{liquidity: in.liquidity, obligations: in.obligations[:count]}
		within(t, older.choose(t).Chosen, chosen)
	})
}

// Clearing what was chosen leaves nothing of the rest that could clear at once.
func TestSelectFIFOIsAFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(60).Draw(t, "instance")
		s := in.choose(t)
		rest := instance{liquidity: slices.Clone(in.liquidity)}
		for account, net := range s.Net {
			rest.liquidity[account] += net
		}
		for i, o := range in.obligations {
			if !s.Chosen[i] {
				rest.obligations = append(rest.obligations, o)
			}
		}
		require.Zero(t, rest.choose(t).ClearedCount)
	})
}

func FuzzSelectFIFO(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add([]byte{0, 1, 5, 5, 255, 255, 1, 0, 5, 5, 255, 255}, uint8(2))
	f.Add([]byte{0, 4, 10, 7, 2, 5, 3, 1, 7, 10, 5, 2}, uint8(6))
	f.Add([]byte{0, 4, 10, 7, 2, 255, 9, 9, 0, 128, 5, 2}, uint8(6))
	f.Fuzz(func(t *testing.T, data []byte, accounts uint8) {
		in := instance{liquidity: make([]int64, accounts%16)}
		for account := range in.liquidity {
			in.liquidity[account] = int64(account * 3 % 7)
		}
		for ; len(data) >= 6 && len(in.obligations) < 200; data = data[6:] {
			field := func(i int) int { return int(int8(data[i])) } // -128..127: out of range, too
			amount := func(i int) int64 {
				if data[i] == 127 {
					return 1<<63 - 1
				}
				return int64(int8(data[i]))
			}
			in.obligations = append(in.obligations, Obligation{field(0), field(1), amount(2), amount(3), field(4), field(5)})
		}
		s, err := SelectFIFO(in.liquidity, in.obligations)
		if err != nil {
			var fault *InputError
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Fault)
			require.GreaterOrEqual(t, fault.Index, 0)
			require.Less(t, fault.Index, len(in.obligations))
			return
		}
		in.hold(t, s)
		require.Equal(t, in.shrunk(), s.Chosen)
	})
}
