package netting

import (
	"fmt"
	"math"
	"math/bits"
)

// Obligation is an amount that one account owes another.
//
// Where both accounts are of one currency, Debit equals Credit and moves from Debtor to Creditor. Where
// they are of two, Debit moves from Debtor to the FX pool of its currency, and Credit moves from the pool
// of the creditor's currency to Creditor. Fee leaves Debtor beside it, to somebody who is not in the book.
type Obligation struct {
	Debtor, Creditor int32 // accounts, not the same
	Debit, Credit    int64 // minor units of the debtor's and of the creditor's currency, positive
	Weight           int32 // what a unit of its value counts when not everything can clear, 1 to MaxWeight
	Class            int32 // strict classes: each is chosen as if there were no later ones, 0 to MaxClass
	Fee              int64 // minor units of the debtor's currency beside Debit, not negative; worth nothing by itself
}

// Limits of what a batch may hold.
const (
	MaxWeight      = 1 << 16
	MaxClass       = 15
	MaxObligations = 1 << 24
	MaxAccounts    = 1 << 20
)

// Book is what stands before a batch: whose accounts there are, and how far each may go.
type Book struct {
	Currency  []int32 // per account: its currency, an index of Pools
	Liquidity []int64 // per account: what it can pay before it receives, minor units, not negative
	Pools     []Pool  // per currency
}

// Pool is the FX pool of one currency.
type Pool struct {
	Liquidity int64 // what it can pay out before it takes in, minor units, not negative
	// Value is what a minor unit of the currency is worth: units of a numeraire common to the book, times
	// 2^32. With one currency 1<<32 makes values and minor units the same.
	Value uint64
	// Spread is what a unit of value costs, in units of weight, that the pool pays out beyond what it
	// takes in: a provider has to bring it. Not negative, at most MaxWeight.
	Spread int32
}

// One is the Value that counts a minor unit as one.
const One = 1 << 32

// InputFault names what is wrong with an input.
type InputFault string

// The faults of an input.
const (
	FaultLiquidity InputFault = "negative_liquidity"  // of limit Index
	FaultCurrency  InputFault = "no_such_currency"    // account Index names a currency out of range
	FaultValue     InputFault = "value"               // currency Index is worth nothing, or its spread is out of range
	FaultAccount   InputFault = "no_such_account"     // obligation Index names an account out of range
	FaultAmount    InputFault = "not_positive"        // obligation Index has a zero or negative amount, or a negative fee
	FaultUnequal   InputFault = "debit_is_not_credit" // obligation Index, within one currency
	FaultSelf      InputFault = "self_transfer"       // obligation Index names one account twice
	FaultWeight    InputFault = "weight"              // obligation Index: weight or class out of range
	FaultOverflow  InputFault = "overflow"            // with obligation Index a sum of amounts or of weighted values leaves int64
	FaultLength    InputFault = "length"              // lists of different lengths, or longer than the limit
)

// InputError tells which input failed and why. A retry with the same input fails again.
type InputError struct {
	Fault InputFault
	Index int // of the limit, the account, the currency or the obligation, as the fault says
}

func (e *InputError) Error() string { return fmt.Sprintf("netting: input %d: %s", e.Index, e.Fault) }

// limits is how many limits the book has. A limit is what no choice may pass: liquidity + in - out >= 0.
// There is one per account and, behind them, one per pool: number len(Currency)+c is currency c's.
func (b *Book) limits() int { return len(b.Currency) + len(b.Pools) }

// poolLimit is the limit of a currency's pool.
func (b *Book) poolLimit(currency int32) int32 { return int32(len(b.Currency)) + currency }

// headroom starts every limit at its liquidity.
func (b *Book) headroom() []int64 {
	h := make([]int64, b.limits())
	copy(h, b.Liquidity)
	for c, p := range b.Pools {
		h[len(b.Currency)+c] = p.Liquidity
	}
	return h
}

// converts tells whether the obligation goes through the FX pools.
func (b *Book) converts(o *Obligation) bool { return b.Currency[o.Debtor] != b.Currency[o.Creditor] }

// value is what the obligation is worth: its debit in the numeraire, rounded down.
func (b *Book) value(o *Obligation) int64 {
	hi, lo := bits.Mul64(uint64(o.Debit), b.Pools[b.Currency[o.Debtor]].Value)
	return int64(hi<<32 | lo>>32) // fits: checked with the input
}

// check returns what is wrong with the book, or nil.
func (b *Book) check() error {
	if len(b.Currency) != len(b.Liquidity) || len(b.Currency) > MaxAccounts || len(b.Pools) > MaxAccounts {
		return &InputError{Fault: FaultLength, Index: len(b.Currency)}
	}
	for account, currency := range b.Currency {
		if currency < 0 || int(currency) >= len(b.Pools) {
			return &InputError{Fault: FaultCurrency, Index: account}
		}
		if b.Liquidity[account] < 0 {
			return &InputError{Fault: FaultLiquidity, Index: account}
		}
	}
	for c, p := range b.Pools {
		if p.Liquidity < 0 {
			return &InputError{Fault: FaultLiquidity, Index: len(b.Currency) + c}
		}
		if p.Value == 0 || p.Spread < 0 || p.Spread > MaxWeight {
			return &InputError{Fault: FaultValue, Index: c}
		}
	}
	return nil
}

// fault returns what is wrong with an obligation by itself, or "".
func (b *Book) fault(o *Obligation) InputFault {
	switch n := uint32(len(b.Currency)); {
	case uint32(o.Debtor) >= n || uint32(o.Creditor) >= n:
		return FaultAccount
	case o.Debit <= 0 || o.Credit <= 0 || o.Fee < 0:
		return FaultAmount
	case o.Debtor == o.Creditor:
		return FaultSelf
	case !b.converts(o) && o.Debit != o.Credit:
		return FaultUnequal
	case o.Weight < 1 || o.Weight > MaxWeight || o.Class < 0 || o.Class > MaxClass:
		return FaultWeight
	}
	return ""
}

// maxWeighted bounds the sum of weighted values, so that four times it is still an int64.
const maxWeighted = math.MaxInt64 / 4

// poolsOf gives the limits of the pools that a conversion pays into and is paid out from.
func (b *Book) poolsOf(o *Obligation) (in, out int32) {
	return b.poolLimit(b.Currency[o.Debtor]), b.poolLimit(b.Currency[o.Creditor])
}

// move counts an obligation once more (by 1) or no more (by -1) in the headroom of every limit.
func (b *Book) move(head []int64, o *Obligation, by int64) {
	head[o.Debtor] -= by * (o.Debit + o.Fee)
	head[o.Creditor] += by * o.Credit
	if b.converts(o) {
		in, out := b.poolsOf(o)
		head[in] += by * o.Debit
		head[out] -= by * o.Credit
	}
}

// tally is what a checked input adds up to.
type tally struct {
	all         []int64 // per limit: what is left, or short, if everything clears
	total       int64   // weighted value of everything
	debts       []int32 // per account: how many it owes
	classes     []int32 // that occur, in order
	conversions int
}

// tally checks each obligation by itself, and every sum that any choice can make. Afterwards nothing in
// this package can overflow.
func (b *Book) tally(obligations []Obligation) (tally, error) {
	if err := b.check(); err != nil {
		return tally{}, err
	}
	if len(obligations) > MaxObligations {
		return tally{}, &InputError{Fault: FaultLength, Index: len(obligations)}
	}
	t := tally{all: b.headroom(), debts: make([]int32, len(b.Currency))}
	in, out, spreads, classes := t.all, make([]int64, b.limits()), int64(0), [MaxClass + 1]bool{}
	for i := range obligations {
		o := &obligations[i]
		if fault := b.fault(o); fault != "" {
			return tally{}, &InputError{Fault: fault, Index: i}
		}
		t.debts[o.Debtor]++
		classes[o.Class] = true
		from, to := b.Currency[o.Debtor], b.Currency[o.Creditor]
		fits := addTo(&out[o.Debtor], o.Debit) && addTo(&out[o.Debtor], o.Fee) && addTo(&in[o.Creditor], o.Credit) &&
			addValue(&t.total, o.Debit, b.Pools[from].Value, o.Weight)
		if from != to {
			t.conversions++
			fits = fits && addTo(&in[b.poolLimit(from)], o.Debit) && addTo(&out[b.poolLimit(to)], o.Credit) &&
				addValue(&spreads, o.Credit, b.Pools[to].Value, b.Pools[to].Spread)
		}
		if !fits {
			return tally{}, &InputError{Fault: FaultOverflow, Index: i}
		}
	}
	for limit, minor := range out {
		t.all[limit] -= minor
	}
	for class, occurs := range classes {
		if occurs {
			t.classes = append(t.classes, int32(class))
		}
	}
	return t, nil
}

// addTo adds an amount that is not negative to a sum that is not negative.
func addTo(sum *int64, amount int64) bool {
	if amount > math.MaxInt64-*sum {
		return false
	}
	*sum += amount
	return true
}

// addValue adds what an amount is worth, times a weight, to a sum that is not negative.
func addValue(sum *int64, amount int64, value uint64, weight int32) bool {
	hi, lo := bits.Mul64(uint64(amount), value)
	if hi >= 1<<31 {
		return false
	}
	over, weighted := bits.Mul64(hi<<32|lo>>32, uint64(weight))
	if over != 0 || weighted > maxWeighted || *sum > maxWeighted-int64(weighted) {
		return false
	}
	*sum += int64(weighted)
	return true
}

// worthAtLeast is what an amount that is not negative is worth, rounded up and clamped to maxWeighted.
func worthAtLeast(amount int64, value uint64) int64 {
	hi, lo := bits.Mul64(uint64(amount), value)
	lo, carry := bits.Add64(lo, 1<<32-1, 0)
	if hi += carry; hi >= 1<<29 {
		return maxWeighted
	}
	return int64(hi<<32 | lo>>32)
}
