package fx

import (
	"fmt"
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

// listed holds ISO 4217 with its own copies of the codes: what is parsed from a message keeps none of it.
var listed = func() map[string]Currency {
	currencies := make(map[string]Currency, len(iso4217))
	for code, units := range iso4217 {
		currencies[code] = Currency{code: code, minorUnits: units}
	}
	return currencies
}()

// ParseCurrency reads a code in the form that String writes.
func ParseCurrency(code string) (Currency, error) {
	if c, ok := listed[code]; ok {
		return c, nil
	}
	if isCommunityUnit(code) {
		return Currency{code: code, minorUnits: code[len(code)-1] - '0'}, nil
	}
	return Currency{}, &UnknownCurrencyError{Code: clip(code)}
}

// isCommunityUnit tells whether a code has the form [a-z][a-z0-9]{0,15}.[a-z][a-z0-9-]{1,31}.[0-6]. It
// allows up to six minor units; ISO 4217 goes up to four (CLF, UYW).
func isCommunityUnit(code string) bool {
	unit, rest, _ := strings.Cut(code, ".")
	community, decimals, _ := strings.Cut(rest, ".")
	return len(unit) <= 16 && isName(unit) && !strings.Contains(unit, "-") &&
		len(community) >= 2 && len(community) <= 32 && isName(community) &&
		len(decimals) == 1 && decimals[0] >= '0' && decimals[0] <= '6'
}

// isName tells whether s is a small letter and then small letters, digits and hyphens.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '-'):
		default:
			return false
		}
	}
	return s != ""
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
	parsed, ok := listed[string(text)] // a look-up makes no string of it
	if !ok {
		var err error
		if parsed, err = ParseCurrency(string(text)); err != nil {
			return err
		}
	}
	*c = parsed
	return nil
}
