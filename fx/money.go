package fx

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
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
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if len(text) > maxAmountText || !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return fail(FaultSyntax)
	}
	missing := c.MinorUnits() - len(fraction)
	if missing < 0 {
		return fail(FaultDecimals)
	}
	high, magnitude := bits.Mul64(readOn(readOn(0, whole), fraction), tens[missing])
	limit := uint64(math.MaxInt64)
	if negative {
		limit++ // -2^63 has no positive
	}
	if high != 0 || magnitude > limit {
		return fail(FaultOverflow)
	}
	minor := int64(magnitude) //nolint:gosec // 2^63 wraps to -2^63, which is its own negative
	if negative {
		minor = -minor
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

// readOn is the number whose digits are n's and then more. What is too large for any amount stays so.
func readOn(n uint64, more string) uint64 {
	for i := range len(more) {
		if n > (math.MaxUint64-9)/10 {
			return math.MaxUint64
		}
		n = n*10 + uint64(more[i]-'0')
	}
	return n
}

// moneyText is room for any amount, a space and the longest code.
type moneyText [80]byte

// AppendText writes the amount behind dst as Text does, and returns both.
func (m Money) AppendText(dst []byte) []byte {
	magnitude := uint64(m.Minor) //nolint:gosec // wraps below zero, and is turned round there
	if m.Minor < 0 {
		dst, magnitude = append(dst, '-'), -magnitude
	}
	major := tens[m.Currency.minorUnits]
	if major == 1 {
		return strconv.AppendUint(dst, magnitude, 10)
	}
	dst = strconv.AppendUint(dst, magnitude/major, 10)
	point := len(dst)
	dst = strconv.AppendUint(dst, major+magnitude%major, 10) // the 1 keeps the zeros, and the point takes its place
	dst[point] = '.'
	return dst
}

// Text writes the amount without its currency, with exactly the currency's number of decimals.
func (m Money) Text() string {
	var room moneyText
	return string(m.AppendText(room[:0]))
}

// String writes amount and currency, for people.
func (m Money) String() string {
	var room moneyText
	return string(append(append(m.AppendText(room[:0]), ' '), m.Currency.code...))
}

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
