package iso20022

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/ayni-switch/ayni/fx"
)

// maxAmountMinor keeps an amount within the 15 digits that every peer's reader accepts.
const maxAmountMinor = 999_999_999_999_999

// maxSettling is how far from its message a day of settlement may lie; anything else is a slip.
const maxSettling = 366 * 24 * time.Hour

// parseAmount reads a positive plain decimal; zeros beyond the currency's minor unit say nothing: "5000.00" UGX is 5000.
func parseAmount(text, code string) (m fx.Money, problem string) {
	currency, err := fx.ParseCurrency(code)
	if err != nil {
		return fx.Money{}, err.Error()
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for len(fraction) > currency.MinorUnits() && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	m, err = fx.ParseMoney(whole, currency)
	if err != nil {
		return fx.Money{}, err.Error()
	}
	return m, amountProblem(m)
}

// amountProblem says why an amount cannot be sent, "" where it can.
func amountProblem(m fx.Money) string {
	switch {
	case len(m.Currency.String()) != 3:
		return shorten(m.Currency.String() + " is no currency of ISO 4217")
	case m.Minor <= 0:
		return "not positive: " + m.String()
	case m.Minor > maxAmountMinor:
		return "more than fifteen digits: " + m.String()
	}
	return ""
}

// isDecimal tells whether a text states a number.
func isDecimal(text string, d decimal.Decimal) bool {
	stated, err := decimal.NewFromString(text)
	return err == nil && stated.Equal(d)
}

func decimalOf(m fx.Money) decimal.Decimal {
	return decimal.New(m.Minor, -int32(m.Currency.MinorUnits())) //nolint:gosec // at most four
}

// absurd tells whether a day of settlement is none, or lies further from its message than anybody settles.
func absurd(day fx.Date, created time.Time) bool {
	at, err := time.Parse(time.DateOnly, string(day))
	return err != nil || at.Sub(created).Abs() > maxSettling
}

func dateOf(t time.Time) fx.Date { return fx.Date(t.UTC().Format(time.DateOnly)) }

// validIBAN checks the two digits of an IBAN (ISO 13616): with its first four characters behind, it is 1 modulo 97. Behind
// those, small letters count as capitals.
func validIBAN(iban string) bool {
	if len(iban) <= 4 || strings.Trim(iban[2:4], "0123456789") != "" {
		return false
	}
	return remainder97(strings.ToUpper(iban[4:])+iban[:4]) == 1
}

// validLEI checks the last two digits of a legal entity identifier (ISO 17442).
func validLEI(lei string) bool { return len(lei) == 20 && remainder97(lei) == 1 }

// remainder97 reads a text as a number, its letters as 10 to 35 (ISO 7064), and divides it by 97. It is -1 where the
// text has other characters.
func remainder97(text string) int {
	remainder := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			remainder = (remainder*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			remainder = (remainder*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return remainder
}
