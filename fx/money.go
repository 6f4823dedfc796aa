package fx

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount of one currency in its minor units (KES 12.50 is 1250).
type Money struct {
	Minor    int64
	Currency Currency
}

// AmountFault names what is wrong with an amount.
type AmountFault string

// The faults of an amount, at the text edge and in arithmetic.
const (
	FaultSyntax   AmountFault = "syntax"            // not a plain decimal
	FaultDecimals AmountFault = "too_many_decimals" // finer than the currency's minor unit
	FaultOverflow AmountFault = "overflow"          // outside int64 minor units
	FaultCurrency AmountFault = "currency_mismatch" // two currencies in one operation, or none
	FaultZero     AmountFault = "converts_to_zero"  // a positive amount that rounds to nothing
	FaultFee      AmountFault = "fee_takes_all"     // a source that is no more than the fee on it
	FaultSign     AmountFault = "not_positive"      // zero or negative where an amount must be paid
)

// AmountError tells which amount failed and why. A retry with the same amount fails again.
type AmountError struct {
	Fault  AmountFault
	Amount string
}

func (e *AmountError) Error() string { return fmt.Sprintf("fx: amount %q: %s", e.Amount, e.Fault) }

// maxAmountText bounds in bytes what ParseMoney reads, far above what any int64 amount needs, so that
// an amount that is merely too large is called an overflow.
const maxAmountText = 100

// ParseMoney reads a plain decimal ("12.50", "-3", "0.125"): digits with at most one point, no
// exponent, no grouping, no plus, at most the currency's number of decimals. Errors are *AmountError.
func ParseMoney(text string, c Currency) (Money, error) {
	fail := func(f AmountFault) (Money, error) {
		return Money{}, &AmountError{Fault: f, Amount: clip(text)}
	}
	if c.IsZero() {
		return fail(FaultCurrency)
	}
	sign, digits := "", text
	if strings.HasPrefix(text, "-") {
		sign, digits = text[:1], text[1:]
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if len(text) > maxAmountText || !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return fail(FaultSyntax)
	}
	if len(fraction) > c.MinorUnits() {
		return fail(FaultDecimals)
	}
	padding := strings.Repeat("0", c.MinorUnits()-len(fraction))
	minor, err := strconv.ParseInt(sign+whole+fraction+padding, 10, 64) // the sign with it: -2^63 has no positive
	if err != nil {
		return fail(FaultOverflow)
	}
	return Money{Minor: minor, Currency: c}, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Text writes the amount without its currency, with exactly the currency's number of decimals.
func (m Money) Text() string {
	units := m.Currency.MinorUnits()
	digits, negative := strings.CutPrefix(strconv.FormatInt(m.Minor, 10), "-")
	sign := ""
	if negative {
		sign = "-"
	}
	if units == 0 {
		return sign + digits
	}
	if len(digits) <= units {
		digits = strings.Repeat("0", units-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-units] + "." + digits[len(digits)-units:]
}

// String writes amount and currency, for people.
func (m Money) String() string { return m.Text() + " " + m.Currency.String() }

// Add returns m + o. Errors are *AmountError.
func (m Money) Add(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, &AmountError{Fault: FaultCurrency, Amount: m.String() + " + " + o.String()}
	}
	sum, ok := AddMinor(m.Minor, o.Minor)
	if !ok {
		return Money{}, &AmountError{Fault: FaultOverflow, Amount: m.String() + " + " + o.String()}
	}
	return Money{Minor: sum, Currency: m.Currency}, nil
}

// Sub returns m - o. Errors are *AmountError.
func (m Money) Sub(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, &AmountError{Fault: FaultCurrency, Amount: m.String() + " - " + o.String()}
	}
	difference := m.Minor - o.Minor // wraps, by the language's definition
	if (m.Minor >= 0) != (o.Minor >= 0) && (difference >= 0) != (m.Minor >= 0) {
		return Money{}, &AmountError{Fault: FaultOverflow, Amount: m.String() + " - " + o.String()}
	}
	return Money{Minor: difference, Currency: m.Currency}, nil
}

// Cmp compares two amounts of one currency; it panics on two currencies, which is a caller's bug.
func (m Money) Cmp(o Money) int {
	if m.Currency != o.Currency {
		panic("fx: Cmp of " + m.String() + " and " + o.String())
	}
	return cmp.Compare(m.Minor, o.Minor)
}

// AddMinor returns a + b and whether it fits int64; where it does not, the sum has wrapped.
func AddMinor(a, b int64) (int64, bool) {
	sum := a + b // wraps, by the language's definition
	return sum, (a >= 0) != (b >= 0) || (sum >= 0) == (a >= 0)
}
