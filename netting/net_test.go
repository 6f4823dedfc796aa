package netting

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNet(t *testing.T) {
	obligations := []Obligation{pay(0, 1, 5), pay(1, 0, 3), {0, 4, 10, 7, 2, 5}, pay(0, 1, 99)}
	net, gross, err := Net(6, obligations, []bool{true, true, true, false})
	require.NoError(t, err)
	assert.Equal(t, []int64{-12, 2, 10, 0, 7, -7}, net)
	assert.Equal(t, []int64{15, 3, 0, 0, 0, 7}, gross)

	net, gross, err = Net(0, nil, nil)
	require.NoError(t, err)
	assert.Empty(t, net)
	assert.Empty(t, gross)
}

func TestNetRefusesLengths(t *testing.T) {
	_, _, err := Net(-1, nil, nil)
	requireFault(t, InputError{FaultLength, -1}, err)
	_, _, err = Net(2, []Obligation{pay(0, 1, 1)}, nil)
	requireFault(t, InputError{FaultLength, 0}, err)
	_, _, err = Net(2, nil, []bool{true})
	requireFault(t, InputError{FaultLength, 1}, err)
}

// For any choice, net and gross are the sums that the definition gives, and each currency nets to zero.
func TestNetAgainstSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := byCurrency(60).Draw(t, "instance")
		chosen := rapid.SliceOfN(rapid.Bool(), len(in.obligations), len(in.obligations)).Draw(t, "chosen")
		net, gross, err := Net(len(in.liquidity), in.obligations, chosen)
		require.NoError(t, err)
		paid := make([]int64, len(in.liquidity))
		for i, o := range in.obligations {
			for _, m := range drawsOf(o) {
				if chosen[i] {
					paid[m.account] += m.minor
				}
			}
		}
		require.Equal(t, paid, gross)
		sums := map[int]int64{}
		for account, balance := range in.balances(chosen) {
			require.Equal(t, balance.Sub(balance, big.NewInt(in.liquidity[account])).String(), big.NewInt(net[account]).String())
			sums[in.currency[account]] += net[account]
		}
		for currency, sum := range sums {
			require.Zero(t, sum, "currency %d", currency)
		}
	})
}

func TestNetAgreesWithTheSelection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInstance(60).Draw(t, "instance")
		s := in.choose(t)
		net, _, err := Net(len(in.liquidity), in.obligations, s.Chosen)
		require.NoError(t, err)
		require.Equal(t, s.Net, net)
	})
}
