package netting

import (
	"math/big"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// instance is one input of SelectFIFO. Where it is drawn by currencies, currency names each account's.
type instance struct {
	liquidity   []int64
	obligations []Obligation
	currency    []int
}

// byCurrency draws accounts of a few currencies, the last of each being its FX pool.
func byCurrency(maxObligations int) *rapid.Generator[instance] {
	return rapid.Custom(func(t *rapid.T) instance {
		currencies := rapid.IntRange(1, 3).Draw(t, "currencies")
		perCurrency := rapid.IntRange(2, 4).Draw(t, "participants of a currency")
		var in instance
		for c := range currencies {
			for range perCurrency + 1 {
				in.liquidity = append(in.liquidity, rapid.Int64Range(0, 12).Draw(t, "liquidity"))
				in.currency = append(in.currency, c)
			}
		}
		account := func(c, place int) int { return c*(perCurrency+1) + place }
		one := rapid.Custom(func(t *rapid.T) Obligation {
			from, to := rapid.IntRange(0, currencies-1).Draw(t, "from"), rapid.IntRange(0, currencies-1).Draw(t, "to")
			debtor := rapid.IntRange(0, perCurrency-1).Draw(t, "debtor")
			amount := rapid.Int64Range(1, 12)
			if from == to {
				creditor := (debtor + rapid.IntRange(1, perCurrency-1).Draw(t, "distance")) % perCurrency
				minor := amount.Draw(t, "amount")
				return Obligation{account(from, debtor), account(to, creditor), minor, minor, -1, -1}
			}
			creditor := rapid.IntRange(0, perCurrency-1).Draw(t, "creditor")
			return Obligation{account(from, debtor), account(to, creditor), amount.Draw(t, "debit"), amount.Draw(t, "credit"),
				account(from, perCurrency), account(to, perCurrency)}
		})
		n := count(maxObligations).Draw(t, "how many")
		in.obligations = rapid.SliceOfN(one, n, n).Draw(t, "obligations")
		return in
	})
}

// tangled draws obligations among any accounts, so that an account is debtor, creditor and pool at once.
func tangled(maxObligations int) *rapid.Generator[instance] {
	return rapid.Custom(func(t *rapid.T) instance {
		accounts := rapid.IntRange(4, 6).Draw(t, "accounts")
		in := instance{liquidity: rapid.SliceOfN(rapid.Int64Range(0, 8), accounts, accounts).Draw(t, "liquidity")}
		all := make([]int, accounts)
		for i := range all {
			all[i] = i
		}
		one := rapid.Custom(func(t *rapid.T) Obligation {
			a := rapid.Permutation(all).Draw(t, "accounts")
			debit, credit := rapid.Int64Range(1, 8).Draw(t, "debit"), rapid.Int64Range(1, 8).Draw(t, "credit")
			if rapid.Bool().Draw(t, "converts") {
				return Obligation{a[0], a[1], debit, credit, a[2], a[3]}
			}
			return Obligation{a[0], a[1], debit, debit, -1, -1}
		})
		n := count(maxObligations).Draw(t, "how many")
		in.obligations = rapid.SliceOfN(one, n, n).Draw(t, "obligations")
		return in
	})
}

// count draws the maximum half of the time: left alone, most draws are small.
func count(most int) *rapid.Generator[int] {
	return rapid.OneOf(rapid.Just(most), rapid.IntRange(0, most))
}

func anyInstance(maxObligations int) *rapid.Generator[instance] {
	return rapid.OneOf(byCurrency(maxObligations), tangled(maxObligations))
}

// movement is one side of an obligation, spelled out apart from the code under test.
type movement struct {
	account int
	minor   int64
}

func drawsOf(o Obligation) []movement {
	if o.PoolIn == -1 {
		return []movement{{o.Debtor, o.Debit}}
	}
	return []movement{{o.Debtor, o.Debit}, {o.PoolOut, o.Credit}}
}

func feedsOf(o Obligation) []movement {
	if o.PoolIn == -1 {
		return []movement{{o.Creditor, o.Credit}}
	}
	return []movement{{o.PoolIn, o.Debit}, {o.Creditor, o.Credit}}
}

// balances gives liquidity + in - out of every account, in numbers that cannot overflow.
func (in instance) balances(chosen []bool) []*big.Int {
	sums := make([]*big.Int, len(in.liquidity))
	for account, available := range in.liquidity {
		sums[account] = big.NewInt(available)
	}
	for i, o := range in.obligations {
		if !chosen[i] {
			continue
		}
		for _, m := range drawsOf(o) {
			sums[m.account].Sub(sums[m.account], big.NewInt(m.minor))
		}
		for _, m := range feedsOf(o) {
			sums[m.account].Add(sums[m.account], big.NewInt(m.minor))
		}
	}
	return sums
}

// ordered tells whether the choice keeps every queue's order.
func (in instance) ordered(chosen []bool) bool {
	closed := map[int]bool{} // accounts on which an older obligation waits
	for i, o := range in.obligations {
		for _, m := range drawsOf(o) {
			if chosen[i] && closed[m.account] {
				return false
			}
		}
		for _, m := range drawsOf(o) {
			closed[m.account] = closed[m.account] || !chosen[i]
		}
	}
	return true
}

// feasible is the definition, word for word.
func (in instance) feasible(chosen []bool) bool {
	for _, balance := range in.balances(chosen) {
		if balance.Sign() < 0 {
			return false
		}
	}
	return in.ordered(chosen)
}

// greatest tries every set and unites the feasible ones. For small instances.
func (in instance) greatest() []bool {
	n := len(in.obligations)
	union, chosen := make([]bool, n), make([]bool, n)
	for set := range 1 << n {
		for i := range chosen {
			chosen[i] = set>>i&1 == 1
		}
		if in.feasible(chosen) {
			for i := range union {
				union[i] = union[i] || chosen[i]
			}
		}
	}
	return union
}

// shrunk removes one obligation at a time and starts over, for instances too large to try every set.
func (in instance) shrunk() []bool {
	chosen := make([]bool, len(in.obligations))
	for i := range chosen {
		chosen[i] = true
	}
	for in.removeOne(chosen) {
	}
	return chosen
}

func (in instance) removeOne(chosen []bool) bool {
	closed := map[int]bool{}
	youngest := map[int]int{}
	for i, o := range in.obligations {
		for _, m := range drawsOf(o) {
			if chosen[i] && closed[m.account] {
				chosen[i] = false
				return true
			}
			if chosen[i] {
				youngest[m.account] = i
			}
		}
		for _, m := range drawsOf(o) {
			closed[m.account] = closed[m.account] || !chosen[i]
		}
	}
	for account, balance := range in.balances(chosen) {
		if balance.Sign() < 0 {
			chosen[youngest[account]] = false
			return true
		}
	}
	return false
}

// choose runs SelectFIFO and holds its answer against everything that must be true of any answer.
func (in instance) choose(t require.TestingT) Selection {
	s, err := SelectFIFO(in.liquidity, in.obligations)
	require.NoError(t, err)
	in.hold(t, s)
	return s
}

func (in instance) hold(t require.TestingT, s Selection) {
	accounts := len(in.liquidity)
	require.Len(t, s.Chosen, len(in.obligations))
	require.Len(t, s.Net, accounts)
	require.Len(t, s.Waiting, accounts)
	require.Len(t, s.ShortMinor, accounts)
	require.True(t, in.ordered(s.Chosen), "a younger obligation overtook an older one")

	balances := in.balances(s.Chosen)
	for account, balance := range balances {
		if balance.Sign() < 0 {
			require.Fail(t, "liquidity passed", "account %d ends at %s", account, balance)
		}
		net := new(big.Int).Sub(balance, big.NewInt(in.liquidity[account]))
		if net.Cmp(big.NewInt(s.Net[account])) != 0 {
			require.Fail(t, "wrong net", "account %d: %s, not %d", account, net, s.Net[account])
		}
	}

	cleared := 0
	waiting, short := make([]int, accounts), make([]int64, accounts)
	for account := range waiting {
		waiting[account] = -1
	}
	for i, o := range in.obligations {
		if s.Chosen[i] {
			cleared++
			continue
		}
		for _, m := range drawsOf(o) {
			if waiting[m.account] == -1 {
				waiting[m.account] = i
				short[m.account] = max(0, m.minor-balances[m.account].Int64())
			}
		}
	}
	require.Equal(t, cleared, s.ClearedCount)
	require.True(t, slices.Equal(waiting, s.Waiting), "waiting")
	require.True(t, slices.Equal(short, s.ShortMinor), "short")

	// What waits at the head of all its queues is short on one of them.
	for i, o := range in.obligations {
		heads, lacks := 0, false
		for _, m := range drawsOf(o) {
			if s.Waiting[m.account] == i {
				heads++
				lacks = lacks || s.ShortMinor[m.account] > 0
			}
		}
		if heads == len(drawsOf(o)) && !lacks {
			require.Fail(t, "waits for nothing", "obligation %d", i)
		}
	}
}
