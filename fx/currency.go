package fx

import (
	"fmt"
	"regexp"
	"strings"
)

// Currency is a unit of account: an ISO 4217 code ("KES") or a community unit
// ("hours.chama-nairobi.2": unit, issuing community, minor units).
// The zero value is no currency. Currencies compare with ==.
type Currency struct {
	code       string
	minorUnits uint8
}

// UnknownCurrencyError says that a code is neither in ISO 4217 nor a well-formed community unit.
// A retry with the same code fails again.
type UnknownCurrencyError struct{ Code string }

func (e *UnknownCurrencyError) Error() string { return fmt.Sprintf("fx: unknown currency %q", e.Code) }

// communityUnit allows up to six minor units; ISO 4217 goes up to four (CLF, UYW).
var communityUnit = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}\.[a-z][a-z0-9-]{1,31}\.[0-6]$`)

// ParseCurrency reads a code in the form that String writes.
func ParseCurrency(code string) (Currency, error) {
	if units, ok := iso4217[code]; ok {
		return Currency{code: code, minorUnits: units}, nil
	}
	if communityUnit.MatchString(code) {
		return Currency{code: code, minorUnits: code[len(code)-1] - '0'}, nil
	}
	return Currency{}, &UnknownCurrencyError{Code: clip(code)}
}

// clip shortens a refused text to what an error may carry, in valid UTF-8.
func clip(text string) string {
	const maxClip = 64
	return strings.ToValidUTF8(text[:min(len(text), maxClip)], "\uFFFD")
}

// MustCurrency is ParseCurrency for codes written in the source. It panics on an unknown code.
func MustCurrency(code string) Currency {
	c, err := ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

// String returns the code, or "" for the zero value.
func (c Currency) String() string { return c.code }

// MinorUnits returns the number of decimals of the currency (KES 2, UGX 0, KWD 3).
func (c Currency) MinorUnits() int { return int(c.minorUnits) }

// IsZero tells whether c is no currency.
func (c Currency) IsZero() bool { return c.code == "" }

// MarshalText writes the code. The zero value writes "", which UnmarshalText refuses.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c.code), nil }

// UnmarshalText reads a code as ParseCurrency does.
func (c *Currency) UnmarshalText(text []byte) error {
	parsed, err := ParseCurrency(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}
