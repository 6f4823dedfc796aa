package netting

import (
	"math/big"
	"math/rand/v2"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// instance is one input of Select.
type instance struct {
	book        Book
	obligations []Obligation
}

// shape says what an instance is drawn from. What is zero there is none of.
type shape struct {
	obligations int // at most
	currencies  int // at most
	classes     int32
	weights     int32
	spread      int32
	amount      int64 // at most
	fee         int64 // at most
}

// pick draws a number of a range. Who picks decides what the instances are for: rapid shrinks what fails, a
// random source makes many, and a fuzzer's bytes reach what neither would.
type pick func(low, high int64) int64

func (p pick) index(n int) int { return int(p(0, int64(n-1))) }

// chance is true once in so many times.
func (p pick) chance(once int64) bool { return p(1, once) == once }

func byRapid(t *rapid.T) pick {
	return func(low, high int64) int64 { return rapid.Int64Range(low, high).Draw(t, "n") }
}

func byRandom(r *rand.Rand) pick {
	return func(low, high int64) int64 { return low + r.Int64N(high-low+1) }
}

// byBytes picks by a fuzzer's bytes, and the lowest when there are no more.
func byBytes(data []byte) pick {
	return func(low, high int64) int64 {
		n, size := uint64(0), 1
		if high-low > 255 {
			size = 8
		}
		for range min(size, len(data)) {
			n, data = n<<8|uint64(data[0]), data[1:]
		}
		return low + int64(n%uint64(high-low+1))
	}
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// anyInstance draws an instance by rapid.
func anyInstance(s shape) *rapid.Generator[instance] {
	return rapid.Custom(func(t *rapid.T) instance { return s.draw(byRapid(t)) })
}

// draw makes an instance. Where there are currencies, some minor units are worth the same, others no whole
// number of each other, and conversions give a little more or less than the values say.
func (s shape) draw(p pick) instance {
	var in instance
	currencies := int(p(1, int64(max(s.currencies, 1))))
	for range currencies {
		value := uint64(One)
		if s.currencies > 1 && p.chance(2) {
			value = uint64(p(One/40, 3*One))
		}
		pool := Pool{Value: value, Liquidity: p(0, s.amount*2)}
		if s.spread > 0 {
			pool.Spread = int32(p(0, int64(s.spread)))
		}
		in.book.Pools = append(in.book.Pools, pool)
	}
	accounts := int(p(2, 6))
	for range accounts {
		in.book.Currency = append(in.book.Currency, int32(p.index(currencies)))
		liquidity := int64(0)
		if !p.chance(3) {
			liquidity = p(0, s.amount*3/2)
		}
		in.book.Liquidity = append(in.book.Liquidity, liquidity)
	}
	for n := p(0, int64(s.obligations)); n > 0; n-- {
		in.obligations = append(in.obligations, s.obligation(p, &in.book))
	}
	return in
}

func (s shape) obligation(p pick, book *Book) Obligation {
	debtor := p.index(len(book.Currency))
	creditor := (debtor + 1 + p.index(len(book.Currency)-1)) % len(book.Currency)
	o := Obligation{Debtor: int32(debtor), Creditor: int32(creditor), Debit: p(1, s.amount), Weight: 1}
	o.Credit = o.Debit
	if from, to := book.Currency[debtor], book.Currency[creditor]; from != to {
		fair := new(big.Int).Quo(worth(o.Debit, book.Pools[from].Value), new(big.Int).SetUint64(book.Pools[to].Value)).Int64()
		o.Credit = max(1, fair+p(-1, 1))
	}
	if s.fee > 0 && p.chance(2) {
		o.Fee = p(1, s.fee)
	}
	if s.weights > 1 {
		o.Weight = int32(p(1, int64(s.weights)))
	}
	if s.classes > 1 {
		o.Class = int32(p(0, int64(s.classes-1)))
	}
	return o
}

// pay is an obligation within one currency.
func pay(debtor, creditor int32, minor int64) Obligation {
	return Obligation{Debtor: debtor, Creditor: creditor, Debit: minor, Credit: minor, Weight: 1}
}

// convert is an obligation across currencies.
func convert(debtor, creditor int32, debit, credit int64) Obligation {
	return Obligation{Debtor: debtor, Creditor: creditor, Debit: debit, Credit: credit, Weight: 1}
}

// plain is an instance of one currency.
func plain(liquidity []int64, obligations ...Obligation) instance {
	return instance{Book{Currency: make([]int32, len(liquidity)), Liquidity: liquidity, Pools: []Pool{{Value: One}}}, obligations}
}

// movement is one side of an obligation, spelled out apart from the code under test.
type movement struct {
	limit int32
	minor int64
}

// draws are what an obligation takes from: its debtor, fee included, and across currencies the pool that pays it out.
func (in *instance) draws(o Obligation) []movement {
	all := []movement{{o.Debtor, o.Debit + o.Fee}}
	if to := in.book.Currency[o.Creditor]; to != in.book.Currency[o.Debtor] {
		all = append(all, movement{int32(len(in.book.Currency)) + to, o.Credit})
	}
	return all
}

// feeds are what an obligation brings to: its creditor, and across currencies the pool that takes it in.
func (in *instance) feeds(o Obligation) []movement {
	all := []movement{{o.Creditor, o.Credit}}
	if from := in.book.Currency[o.Debtor]; from != in.book.Currency[o.Creditor] {
		all = append(all, movement{int32(len(in.book.Currency)) + from, o.Debit})
	}
	return all
}

// liquidity is what a limit starts with.
func (in *instance) liquidity(limit int) int64 {
	if accounts := len(in.book.Currency); limit >= accounts {
		return in.book.Pools[limit-accounts].Liquidity
	}
	return in.book.Liquidity[limit]
}

// nets is what a choice brings each limit less what it takes, in numbers that cannot overflow.
func (in *instance) nets(chosen []bool) []*big.Int {
	nets := make([]*big.Int, len(in.book.Currency)+len(in.book.Pools))
	for limit := range nets {
		nets[limit] = new(big.Int)
	}
	for i, o := range in.obligations {
		if !chosen[i] {
			continue
		}
		for _, m := range in.draws(o) {
			nets[m.limit].Sub(nets[m.limit], big.NewInt(m.minor))
		}
		for _, m := range in.feeds(o) {
			nets[m.limit].Add(nets[m.limit], big.NewInt(m.minor))
		}
	}
	return nets
}

// left is what a choice leaves of each limit.
func (in *instance) left(chosen []bool) []*big.Int {
	left := in.nets(chosen)
	for limit, net := range left {
		net.Add(net, big.NewInt(in.liquidity(limit)))
	}
	return left
}

// worth is what an amount is worth, in units of value times 2^32.
func worth(minor int64, value uint64) *big.Int {
	return new(big.Int).Mul(big.NewInt(minor), new(big.Int).SetUint64(value))
}

// reached is what a choice is worth, by its definition: each debit's value, rounded down, times its weight;
// less what each pool pays out beyond what it takes in, in value, rounded up, times its spread.
func (in *instance) reached(chosen []bool) *big.Int {
	total := new(big.Int)
	for i, o := range in.obligations {
		if chosen[i] {
			value := worth(o.Debit, in.book.Pools[in.book.Currency[o.Debtor]].Value)
			total.Add(total, value.Mul(value.Rsh(value, 32), big.NewInt(int64(o.Weight))))
		}
	}
	nets := in.nets(chosen)[len(in.book.Currency):]
	for c, p := range in.book.Pools {
		if nets[c].Sign() < 0 {
			short := new(big.Int).Mul(nets[c], new(big.Int).SetUint64(p.Value))
			short.Rsh(short, 32) // rounds towards minus infinity
			total.Add(total, short.Mul(short, big.NewInt(int64(p.Spread))))
		}
	}
	return total
}

// classWorth is the weighted value of what is chosen of one class.
func (in *instance) classWorth(chosen []bool, class int32) int64 {
	only := make([]bool, len(chosen))
	for i := range chosen {
		only[i] = chosen[i] && in.obligations[i].Class == class
	}
	free := instance{Book{in.book.Currency, in.book.Liquidity, nil}, in.obligations}
	for _, p := range in.book.Pools {
		free.book.Pools = append(free.book.Pools, Pool{Value: p.Value})
	}
	return free.reached(only).Int64()
}

func (in *instance) classed() bool {
	for _, o := range in.obligations {
		if o.Class != in.obligations[0].Class {
			return true
		}
	}
	return false
}

// keeps fails unless a choice keeps every limit and each currency, its pool included, adds up to zero.
func (in *instance) keeps(t require.TestingT, chosen []bool) {
	require.Len(t, chosen, len(in.obligations))
	for limit, left := range in.left(chosen) {
		if left.Sign() < 0 {
			require.Fail(t, "limit passed", "limit %d ends at %s", limit, left)
		}
	}
	nets := in.nets(chosen)
	for c := range in.book.Pools {
		sum := nets[len(in.book.Currency)+c]
		for account, currency := range in.book.Currency {
			if int(currency) == c {
				sum.Add(sum, nets[account])
			}
		}
		for i, o := range in.obligations {
			if chosen[i] && int(in.book.Currency[o.Debtor]) == c {
				sum.Add(sum, big.NewInt(o.Fee))
			}
		}
		require.Zero(t, sum.Sign(), "currency %d nets to %s", c, sum)
	}
}

// selected runs Select and holds its answer against everything that must be true of any answer.
func (in *instance) selected(t require.TestingT, steps int64) Selection {
	s, err := Select(&in.book, in.obligations, steps)
	require.NoError(t, err)
	in.judge(t, s)
	return s
}

// judge holds an answer of Select.
func (in *instance) judge(t require.TestingT, s Selection) {
	in.hold(t, s)
	require.LessOrEqual(t, s.Reached, s.Bound, "more than the bound is reached")
	if !in.classed() {
		require.GreaterOrEqual(t, s.Reached, s.FIFO, "first in, first out reaches more")
	}
	require.Contains(t, []Tier{TierA, TierB, TierC}, s.Tier)
	require.Len(t, s.Price, len(in.book.Currency)+len(in.book.Pools))
	for _, price := range s.Price {
		require.GreaterOrEqual(t, price, int64(0))
	}
}

// fifo runs SelectFIFO and holds its answer likewise.
func (in *instance) fifo(t require.TestingT) Selection {
	s, err := SelectFIFO(&in.book, in.obligations)
	require.NoError(t, err)
	in.hold(t, s)
	require.Equal(t, TierA, s.Tier)
	require.Equal(t, s.FIFO, s.Reached)
	return s
}

// hold holds what both promise.
func (in *instance) hold(t require.TestingT, s Selection) {
	in.keeps(t, s.Chosen)
	require.Empty(t, s.Alarm)
	cleared := 0
	for _, chosen := range s.Chosen {
		if chosen {
			cleared++
		}
	}
	require.Equal(t, cleared, s.Cleared)
	require.Equal(t, in.reached(s.Chosen).String(), big.NewInt(s.Reached).String())
}

// best tries every set that passes no limit, and gives what the best of them reaches. For small instances of
// small amounts.
func (in *instance) best() int64 {
	b := bruteForce{instance: in, left: make([]int64, len(in.book.Currency)+len(in.book.Pools))}
	for limit := range b.left {
		b.left[limit] = in.liquidity(limit)
	}
	for _, o := range in.obligations {
		b.draws, b.feeds = append(b.draws, in.draws(o)), append(b.feeds, in.feeds(o))
		value := worth(o.Debit, in.book.Pools[in.book.Currency[o.Debtor]].Value)
		b.gains = append(b.gains, value.Rsh(value, 32).Int64()*int64(o.Weight))
	}
	b.visit(0, 0)
	return b.best
}

type bruteForce struct {
	*instance
	draws, feeds [][]movement
	gains        []int64
	left         []int64
	best         int64
}

// visit tries both ways for every obligation from i on.
func (b *bruteForce) visit(i int, gain int64) {
	if i == len(b.obligations) {
		b.best = max(b.best, b.score(gain))
		return
	}
	b.visit(i+1, gain)
	b.move(i, 1)
	b.visit(i+1, gain+b.gains[i])
	b.move(i, -1)
}

func (b *bruteForce) move(i int, by int64) {
	for _, m := range b.draws[i] {
		b.left[m.limit] -= by * m.minor
	}
	for _, m := range b.feeds[i] {
		b.left[m.limit] += by * m.minor
	}
}

// score is what the present set reaches; nothing, which is always feasible, where it passes a limit.
func (b *bruteForce) score(gain int64) int64 {
	for _, left := range b.left {
		if left < 0 {
			return 0
		}
	}
	for c, p := range b.book.Pools {
		if short := p.Liquidity - b.left[len(b.book.Currency)+c]; short > 0 && p.Spread > 0 {
			cost := worth(-short, p.Value)
			gain += cost.Rsh(cost, 32).Int64() * int64(p.Spread)
		}
	}
	return gain
}
