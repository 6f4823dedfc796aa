package netting

import (
	"fmt"
	"math"
)

// Obligation is an amount that one account owes another. All fields but the amounts are accounts.
//
// Within one currency PoolIn and PoolOut are -1 and Debit equals Credit, which moves from Debtor
// to Creditor. Across two currencies Debit moves from Debtor to PoolIn, the FX pool of the source
// currency, and Credit moves from PoolOut, the FX pool of the destination currency, to Creditor;
// the four accounts are then distinct.
type Obligation struct {
	Debtor, Creditor int
	Debit, Credit    int64 // minor units of the source and of the destination currency, positive
	PoolIn, PoolOut  int   // -1 both, or neither
}

// InputFault names what is wrong with an input.
type InputFault string

// The faults of an input.
const (
	FaultLiquidity InputFault = "negative_liquidity"  // of account Index
	FaultAccount   InputFault = "no_such_account"     // obligation Index names an account out of range
	FaultPools     InputFault = "half_a_conversion"   // obligation Index has one pool of the two
	FaultAmount    InputFault = "not_positive"        // obligation Index has a zero or negative amount
	FaultUnequal   InputFault = "debit_is_not_credit" // obligation Index, within one currency
	FaultSelf      InputFault = "self_transfer"       // obligation Index names one account twice
	FaultOverflow  InputFault = "overflow"            // with obligation Index the sums of an account leave int64
	FaultLength    InputFault = "length"              // Index is that of a choice unlike the obligations, or a negative number of accounts
)

// InputError tells which input failed and why. A retry with the same input fails again.
type InputError struct {
	Fault InputFault
	Index int // of the account or the obligation, as the fault says
}

func (e *InputError) Error() string { return fmt.Sprintf("netting: input %d: %s", e.Index, e.Fault) }

// converts tells whether the obligation goes through the FX pools. Only a checked one may be asked.
func (o *Obligation) converts() bool { return o.PoolIn >= 0 }

// check returns what is wrong with an obligation among that many accounts, or "".
func (o *Obligation) check(accounts int) InputFault {
	within := func(account int) bool { return 0 <= account && account < accounts }
	switch {
	case !within(o.Debtor) || !within(o.Creditor):
		return FaultAccount
	case o.Debit <= 0 || o.Credit <= 0:
		return FaultAmount
	case o.Debtor == o.Creditor:
		return FaultSelf
	case o.PoolIn == -1 && o.PoolOut == -1:
		if o.Debit != o.Credit {
			return FaultUnequal
		}
		return ""
	case o.PoolIn == -1 || o.PoolOut == -1:
		return FaultPools
	case !within(o.PoolIn) || !within(o.PoolOut):
		return FaultAccount
	case o.PoolIn == o.PoolOut,
		o.PoolIn == o.Debtor, o.PoolIn == o.Creditor,
		o.PoolOut == o.Debtor, o.PoolOut == o.Creditor:
		return FaultSelf
	}
	return ""
}

// flows sums what goes into and out of every account.
type flows struct{ in, out []int64 }

// add counts one obligation and tells whether every sum still fits.
func (f flows) add(o *Obligation) bool {
	if !o.converts() {
		return addTo(&f.out[o.Debtor], o.Debit) && addTo(&f.in[o.Creditor], o.Credit)
	}
	return addTo(&f.out[o.Debtor], o.Debit) && addTo(&f.in[o.PoolIn], o.Debit) &&
		addTo(&f.out[o.PoolOut], o.Credit) && addTo(&f.in[o.Creditor], o.Credit)
}

// addTo adds an amount that is not negative to a sum that is not negative.
func addTo(sum *int64, amount int64) bool {
	if amount > math.MaxInt64-*sum {
		return false
	}
	*sum += amount
	return true
}
