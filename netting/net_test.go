package netting

import (
	"math"
	"math/big"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNet(t *testing.T) {
	in := pairOfCurrencies(pay(0, 1, 5), pay(1, 0, 3), convert(0, 2, 10, 7), pay(0, 1, 99))
	n, err := Net(&in.book, in.obligations, []bool{true, true, true, false})
	require.NoError(t, err)
	assert.Equal(t, Nets{Net: []int64{-12, 2, 7, 0}, Gross: []int64{15, 3, 0, 0}, Pool: []int64{10, -7}}, n)

	n, err = Net(&Book{}, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, Nets{Net: []int64{}, Gross: []int64{}, Pool: []int64{}}, n)
}

func TestNetRefusesLengths(t *testing.T) {
	in := pairOfCurrencies(pay(0, 1, 1))
	_, err := Net(&in.book, in.obligations, []bool{})
	requireFault(t, InputError{FaultLength, 0}, err)
	_, err = Net(&in.book, nil, []bool{true})
	requireFault(t, InputError{FaultLength, 1}, err)
}

// Many are summed in parts: that shows neither in the sums nor in which fault is named.
func TestNetOfMany(t *testing.T) {
	const many = 200_000
	in := pairOfCurrencies()
	for i := range int64(many) {
		in.obligations = append(in.obligations, convert(int32(i%2), int32(2+i%2), i+1, 1), pay(3, 2, i+1))
	}
	chosen := make([]bool, len(in.obligations))
	for i := range chosen {
		chosen[i] = i%3 != 0
	}
	answers := map[int]Nets{}
	for _, procs := range []int{1, 2, 7} {
		had := runtime.GOMAXPROCS(procs)
		var err error
		answers[procs], err = Net(&in.book, in.obligations, chosen)
		runtime.GOMAXPROCS(had)
		require.NoError(t, err)
	}
	assert.Equal(t, answers[1], answers[2])
	assert.Equal(t, answers[1], answers[7])
	for limit, want := range in.nets(chosen) {
		assert.Equal(t, want.String(), big.NewInt(append(answers[1].Net, answers[1].Pool...)[limit]).String())
	}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	faulty := slices.Clone(in.obligations)
	faulty[many/5].Debit, faulty[2*many-1].Weight = 0, 0
	_, err := Net(&in.book, faulty, chosen)
	requireFault(t, InputError{FaultAmount, many / 5}, err)
	faulty = slices.Clone(in.obligations)
	faulty[10].Credit, faulty[2*many-10].Credit = math.MaxInt64/2+1, math.MaxInt64/2+1
	_, err = Net(&in.book, faulty, nil)
	requireFault(t, InputError{FaultOverflow, 2*many - 10}, err)
}

// For any choice, feasible or not, the nets are the sums of the definition, and each currency nets to zero.
func TestNetAgainstSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(everything).Draw(t, "instance")
		chosen := rapid.SliceOfN(rapid.Bool(), len(in.obligations), len(in.obligations)).Draw(t, "chosen")
		n, err := Net(&in.book, in.obligations, chosen)
		require.NoError(t, err)
		accounts := len(in.book.Currency)
		for limit, want := range in.nets(chosen) {
			got := append(n.Net, n.Pool...)[limit]
			require.Equal(t, want.String(), big.NewInt(got).String())
		}
		paid := make([]int64, accounts)
		sums := append([]int64(nil), n.Pool...)
		for i, o := range in.obligations {
			if chosen[i] {
				paid[o.Debtor] += o.Debit + o.Fee
				sums[in.book.Currency[o.Debtor]] += o.Fee // which left the book
			}
		}
		require.Equal(t, paid, n.Gross)
		for account, c := range in.book.Currency {
			sums[c] += n.Net[account]
		}
		require.Equal(t, make([]int64, len(sums)), sums)
	})
}

// No choice means all, and appending to what is returned changes nothing else of it.
func TestNetOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(acrossPools).Draw(t, "instance")
		all := make([]bool, len(in.obligations))
		for i := range all {
			all[i] = true
		}
		want, err := Net(&in.book, in.obligations, all)
		require.NoError(t, err)
		got, err := Net(&in.book, in.obligations, nil)
		require.NoError(t, err)
		_ = append(got.Net, 1<<60)
		require.Equal(t, want, got)
	})
}
