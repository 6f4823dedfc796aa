package netting

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func requireFault(t *testing.T, want InputError, err error) {
	t.Helper()
	var fault *InputError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, want, *fault)
	assert.Contains(t, err.Error(), string(want.Fault))
}

// requireRefused holds that everything that takes a book and obligations refuses them alike.
func requireRefused(t *testing.T, want InputError, in instance) {
	t.Helper()
	requireUnselectable(t, want, in)
	_, err := Net(&in.book, in.obligations, nil)
	requireFault(t, want, err)
	_, err = Net(&in.book, in.obligations, make([]bool, len(in.obligations)))
	requireFault(t, want, err)
}

func requireUnselectable(t *testing.T, want InputError, in instance) {
	t.Helper()
	s, err := Select(&in.book, in.obligations, 100)
	requireFault(t, want, err)
	assert.Equal(t, Selection{}, s)
	s, err = SelectFIFO(&in.book, in.obligations)
	requireFault(t, want, err)
	assert.Equal(t, Selection{}, s)
}

// pairOfCurrencies has accounts 0 and 1 in one currency and 2 and 3 in another.
func pairOfCurrencies(obligations ...Obligation) instance {
	return instance{Book{
		Currency: []int32{0, 0, 1, 1}, Liquidity: make([]int64, 4), Pools: []Pool{{Value: One}, {Value: One}},
	}, obligations}
}

func TestMalformedObligations(t *testing.T) {
	good := pay(0, 1, 1)
	with := func(change func(o *Obligation)) Obligation {
		o := good
		change(&o)
		return o
	}
	for name, c := range map[string]struct {
		fault InputFault
		o     Obligation
	}{
		"debtor below":    {FaultAccount, pay(-1, 1, 1)},
		"debtor above":    {FaultAccount, pay(4, 1, 1)},
		"creditor below":  {FaultAccount, pay(0, math.MinInt32, 1)},
		"creditor above":  {FaultAccount, pay(0, math.MaxInt32, 1)},
		"zero":            {FaultAmount, pay(0, 1, 0)},
		"negative":        {FaultAmount, pay(0, 1, math.MinInt64)},
		"zero credit":     {FaultAmount, convert(0, 2, 1, 0)},
		"negative debit":  {FaultAmount, convert(0, 2, -1, 1)},
		"unequal":         {FaultUnequal, convert(0, 1, 1, 2)},
		"to itself":       {FaultSelf, pay(1, 1, 1)},
		"no weight":       {FaultWeight, with(func(o *Obligation) { o.Weight = 0 })},
		"negative weight": {FaultWeight, with(func(o *Obligation) { o.Weight = math.MinInt32 })},
		"too much weight": {FaultWeight, with(func(o *Obligation) { o.Weight = MaxWeight + 1 })},
		"class below":     {FaultWeight, with(func(o *Obligation) { o.Class = -1 })},
		"class above":     {FaultWeight, with(func(o *Obligation) { o.Class = MaxClass + 1 })},
		"nothing set":     {FaultAmount, Obligation{}},
	} {
		t.Run(name, func(t *testing.T) {
			requireRefused(t, InputError{c.fault, 1}, pairOfCurrencies(good, c.o, good))
		})
	}
}

func TestMalformedBooks(t *testing.T) {
	for name, c := range map[string]struct {
		want  InputError
		spoil func(*Book)
	}{
		"negative liquidity":      {InputError{FaultLiquidity, 1}, func(b *Book) { b.Liquidity[1] = -1 }},
		"negative pool":           {InputError{FaultLiquidity, 5}, func(b *Book) { b.Pools[1].Liquidity = math.MinInt64 }},
		"currency below":          {InputError{FaultCurrency, 3}, func(b *Book) { b.Currency[3] = -1 }},
		"currency above":          {InputError{FaultCurrency, 3}, func(b *Book) { b.Currency[3] = 2 }},
		"no currencies":           {InputError{FaultCurrency, 0}, func(b *Book) { b.Pools = nil }},
		"worth nothing":           {InputError{FaultValue, 0}, func(b *Book) { b.Pools[0].Value = 0 }},
		"negative spread":         {InputError{FaultValue, 1}, func(b *Book) { b.Pools[1].Spread = -1 }},
		"too much spread":         {InputError{FaultValue, 1}, func(b *Book) { b.Pools[1].Spread = MaxWeight + 1 }},
		"too few liquidities":     {InputError{FaultLength, 4}, func(b *Book) { b.Liquidity = b.Liquidity[:3] }},
		"too many liquidities":    {InputError{FaultLength, 4}, func(b *Book) { b.Liquidity = append(b.Liquidity, 1) }},
		"too many accounts":       {InputError{FaultLength, MaxAccounts + 1}, func(b *Book) { b.Currency, b.Liquidity = make([]int32, MaxAccounts+1), make([]int64, MaxAccounts+1) }},
		"more pools than allowed": {InputError{FaultLength, 4}, func(b *Book) { b.Pools = make([]Pool, MaxAccounts+1) }},
	} {
		t.Run(name, func(t *testing.T) {
			in := pairOfCurrencies()
			c.spoil(&in.book)
			requireRefused(t, c.want, in)
		})
	}
}

// The limits themselves are allowed.
func TestLimitsOfABook(t *testing.T) {
	o := pay(0, 1, 1)
	o.Weight, o.Class = MaxWeight, MaxClass
	in := pairOfCurrencies(o)
	in.book.Pools[0].Spread, in.book.Pools[0].Value = MaxWeight, 1
	in.selected(t, 100)
	in.book.Pools[0].Value = math.MaxUint64
	in.selected(t, 100)
}

func TestSumsThatOverflow(t *testing.T) {
	const most = math.MaxInt64
	// Values are so small that only sums of amounts can overflow.
	tiny := func(in instance) instance {
		in.book.Pools = slices.Clone(in.book.Pools)
		for c := range in.book.Pools {
			in.book.Pools[c].Value = 1
		}
		return in
	}
	rich := func(limit int, in instance) instance {
		in.enrich(limit, most)
		return in
	}
	heavy := pay(0, 1, 1<<46)
	heavy.Weight = MaxWeight
	for name, c := range map[string]struct {
		instance
		index int
		net   bool // Net refuses as well: it knows of no liquidity and no value
	}{
		"paid out":             {tiny(pairOfCurrencies(pay(0, 1, most), convert(0, 2, 1, 1))), 1, true},
		"received":             {tiny(pairOfCurrencies(pay(0, 1, most), convert(2, 1, 1, 1))), 1, true},
		"into a pool":          {tiny(pairOfCurrencies(convert(0, 2, most, 1), convert(1, 2, 1, 1))), 1, true},
		"out of a pool":        {tiny(pairOfCurrencies(convert(0, 2, 1, most), convert(0, 3, 1, 1))), 1, true},
		"beside liquidity":     {rich(0, tiny(pairOfCurrencies(pay(0, 1, 1), pay(1, 0, 1)))), 1, false},
		"beside a pool's":      {rich(4, tiny(pairOfCurrencies(convert(2, 0, 1, 1), convert(0, 2, 1, 1)))), 1, false},
		"though less is known": {tiny(rich(1, pairOfCurrencies(pay(0, 1, most)))), 0, false},
		"one value":            {pairOfCurrencies(pay(0, 1, 1), pay(0, 1, most)), 1, true},
		"one weighted value":   {pairOfCurrencies(heavy), 0, false},
		"weighted values":      {pairOfCurrencies(pay(0, 1, maxWeighted), pay(0, 1, 1)), 1, false},
		"values across":        {pairOfCurrencies(pay(0, 1, maxWeighted-1), convert(2, 1, 1, 1), convert(2, 1, 1, 1)), 2, false},
		"though nothing fits":  {pairOfCurrencies(pay(0, 1, maxWeighted), pay(1, 0, maxWeighted)), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			want := InputError{FaultOverflow, c.index}
			requireUnselectable(t, want, c.instance)
			_, err := Net(&c.book, c.obligations, nil)
			if !c.net {
				require.NoError(t, err)
				return
			}
			requireFault(t, want, err)
			_, err = Net(&c.book, c.obligations, make([]bool, len(c.obligations)))
			require.NoError(t, err, "what is not chosen adds up to nothing")
		})
	}
}

// What providers cost must stay an int64 as well.
func TestSpreadsThatOverflow(t *testing.T) {
	in := pairOfCurrencies(convert(0, 2, 1, 1<<44), convert(0, 2, 1, 1<<44-1))
	in.book.Pools[1].Spread = MaxWeight
	in.selected(t, 10)
	in.obligations = append(in.obligations, convert(0, 2, 1, 1))
	requireUnselectable(t, InputError{FaultOverflow, 2}, in)

	in = pairOfCurrencies(pay(0, 1, 1), convert(0, 2, 1, 1<<31))
	in.book.Pools[1].Value = math.MaxUint64
	in.selected(t, 10)
	in.obligations[1].Credit++ // worth 2^63
	requireUnselectable(t, InputError{FaultOverflow, 1}, in)
}

// A credit that is worth nearly 2^63 against a debit that is worth less than one: account 2 can pay from it.
func TestBoundOfTheDearestCredit(t *testing.T) {
	in := pairOfCurrencies(convert(0, 2, 1, 1<<31), pay(2, 3, 1<<28), pay(0, 1, 1<<40))
	in.book.Liquidity[0] = 1
	in.book.Pools[0].Value = 1
	in.book.Pools[1] = Pool{Value: math.MaxUint64, Liquidity: 1 << 31}
	s := in.selected(t, 10)
	assert.Equal(t, []bool{true, true, false}, s.Chosen)
}

// The greatest amounts that fit are computed, not refused.
func TestSumsAtTheEdge(t *testing.T) {
	in := plain([]int64{math.MaxInt64, 0}, pay(0, 1, maxWeighted-1), pay(0, 1, 1))
	s := in.selected(t, 100)
	assert.Equal(t, []bool{true, true}, s.Chosen)
	assert.Equal(t, int64(maxWeighted), s.Bound)

	in = plain([]int64{maxWeighted - 1, 0}, pay(0, 1, maxWeighted-1), pay(0, 1, 1))
	s = in.selected(t, 10_000)
	assert.Equal(t, []bool{true, false}, s.Chosen)
	assert.Equal(t, int64(maxWeighted-1), s.Bound)

	in = plain([]int64{0, 0}, pay(0, 1, maxWeighted))
	s = in.selected(t, 100)
	assert.Equal(t, []bool{false}, s.Chosen)
	assert.Zero(t, s.Bound)

	in = pairOfCurrencies(convert(0, 2, math.MaxInt64, math.MaxInt64), convert(3, 1, math.MaxInt64, math.MaxInt64))
	for c := range in.book.Pools {
		in.book.Pools[c].Value = 1
	}
	s = in.selected(t, 100)
	assert.Zero(t, s.Cleared)
	assert.Zero(t, s.Bound)
	in.book.Liquidity[0], in.book.Liquidity[3] = math.MaxInt64, math.MaxInt64
	s = in.selected(t, 100)
	assert.Equal(t, []bool{true, true}, s.Chosen)
}

func TestTooManyObligations(t *testing.T) {
	in := pairOfCurrencies()
	in.obligations = make([]Obligation, MaxObligations+1) // never read, so never in memory
	requireRefused(t, InputError{FaultLength, MaxObligations + 1}, instance{in.book, in.obligations})
}
