package bench

import (
	"math"
	"math/rand/v2"

	"github.com/ayni-switch/ayni/netting"
)

// Flows are made as payment flows are found: how much a participant sends falls with its rank by a power
// of 0.8, what it receives scatters around what it sends, and amounts are lognormal.
const (
	rankPower     = 0.8
	scatter       = 0.5 // standard deviation of the logarithm of received over sent
	amountMean    = 9.6 // of the logarithm of an amount in minor units
	amountScatter = 1.2
)

// flow draws who pays whom.
type flow struct {
	random           *rand.Rand
	senders, payees  []float64 // cumulated weights
	number           []int32   // rank to participant
	mean, deviations float64   // of an amount's logarithm
}

func newFlow(participants int, seed uint64) *flow {
	f := &flow{random: rand.New(rand.NewPCG(seed, 1)), mean: amountMean, deviations: amountScatter}
	sent, received := 0.0, 0.0
	for i := range participants {
		weight := math.Pow(float64(i+1), -rankPower)
		sent += weight
		received += weight * math.Exp(scatter*f.random.NormFloat64())
		f.senders, f.payees = append(f.senders, sent), append(f.payees, received)
	}
	for _, p := range f.random.Perm(participants) {
		f.number = append(f.number, int32(p))
	}
	return f
}

// pick draws a rank by cumulated weights.
func (f *flow) pick(cumulated []float64) int {
	at := f.random.Float64() * cumulated[len(cumulated)-1]
	low, high := 0, len(cumulated)-1
	for low < high {
		if mid := (low + high) / 2; cumulated[mid] > at {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// next draws one payment.
func (f *flow) next() (debtor, creditor int32, minor int64) {
	for {
		from, to := f.pick(f.senders), f.pick(f.payees)
		if from != to {
			return f.number[from], f.number[to], f.amount()
		}
	}
}

func (f *flow) amount() int64 {
	return max(1, int64(math.Exp(f.mean+f.deviations*f.random.NormFloat64())))
}

// debts are obligations of one unit.
func debts(participants, count int, seed uint64) []netting.Debt {
	f, all := newFlow(participants, seed), make([]netting.Debt, count)
	for i := range all {
		all[i].Debtor, all[i].Creditor, all[i].AmountMinor = f.next()
	}
	return all
}

// batch is an input of a selection.
type batch struct {
	book        *netting.Book
	obligations []netting.Obligation
}

// oneCurrency makes a batch in which everybody has so many per cent of what it owes net. With priorities
// one in ten counts three times and three in ten twice.
func oneCurrency(participants, count int, seed uint64, liquidityPct int64, priorities bool) batch {
	f := newFlow(participants, seed)
	b := batch{
		book: &netting.Book{
			Currency: make([]int32, participants), Liquidity: make([]int64, participants), Pools: []netting.Pool{{Value: netting.One}},
		},
		obligations: make([]netting.Obligation, count),
	}
	for i := range b.obligations {
		o := &b.obligations[i]
		o.Debtor, o.Creditor, o.Debit = f.next()
		o.Credit, o.Weight = o.Debit, 1
		if priorities {
			o.Weight = []int32{3, 2, 2, 2, 1, 1, 1, 1, 1, 1}[f.random.IntN(10)]
		}
	}
	b.fund(liquidityPct, 0)
	return b
}

// fund gives every limit a part of what it lacks if all is to clear, and some value beyond.
func (b *batch) fund(pct int64, value uint64) {
	nets, err := netting.Net(b.book, b.obligations, nil)
	if err != nil {
		panic(err) // the generator's own input
	}
	share := func(net int64, c int32) int64 {
		return max(-net, 0)/100*pct + int64(value<<32/b.book.Pools[c].Value)
	}
	for a, net := range nets.Net {
		b.book.Liquidity[a] = share(net, b.book.Currency[a])
	}
	for c, net := range nets.Pool {
		b.book.Pools[c].Liquidity = share(net, int32(c))
	}
}

// manyCurrencies makes a batch across currencies: most payments change currency, and what a currency
// sends is not what it receives. Credits are debits at the pools' values, rounded half to even.
func manyCurrencies(accounts, currencies, count int, seed uint64, liquidityPct int64) batch {
	f := newFlow(accounts, seed)
	f.mean = math.Log(120e6) // a hundred dollars and some, in millionths
	b := batch{
		book: &netting.Book{
			Currency: make([]int32, accounts), Liquidity: make([]int64, accounts), Pools: make([]netting.Pool, currencies),
		},
		obligations: make([]netting.Obligation, count),
	}
	for c := range b.book.Pools { // from a three-thousandth of a millionth to three thousand millionths a minor unit
		b.book.Pools[c].Value = uint64(math.Exp(f.random.Float64()*math.Log(1e4)) * netting.One)
	}
	for a := range b.book.Currency {
		b.book.Currency[a] = int32(a % currencies)
	}
	for i := range b.obligations {
		o := &b.obligations[i]
		o.Weight = 1
		var worth int64
		o.Debtor, o.Creditor, worth = f.next()
		from, to := b.book.Pools[b.book.Currency[o.Debtor]].Value, b.book.Pools[b.book.Currency[o.Creditor]].Value
		o.Debit = max(1, int64(math.RoundToEven(float64(worth)/(float64(from)/netting.One))))
		o.Credit = o.Debit
		if from != to {
			o.Credit = max(1, int64(math.RoundToEven(float64(o.Debit)*(float64(from)/float64(to)))))
		}
	}
	b.fund(liquidityPct, 100e6)
	return b
}
