package momo

import (
	"errors"
	"strings"

	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

// Limits on what the rail may send: an answer or a callback.
const (
	maxBodyBytes = 64 << 10
	maxDepth     = 6
	maxFraction  = 20 // decimals of an amount
)

// DecodeError says what is wrong with a body from the rail. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "momo: decode: " + e.Fault }

// parse reads a body. Errors are *DecodeError.
func parse(body []byte) (strictjson.Value, error) {
	value, err := strictjson.Parse(body, strictjson.Limits{Bytes: maxBodyBytes, Depth: maxDepth})
	if err == nil && !value.IsObject() {
		err = &DecodeError{Fault: "not an object"}
	}
	return value, malformed(err)
}

// malformed makes any error of reading a *DecodeError.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*DecodeError](err); ok {
		return fault
	}
	return &DecodeError{Fault: err.Error()}
}

// readAmount reads a positive amount. Errors are *DecodeError.
func readAmount(text, currency string, c fx.Currency) (fx.Money, error) {
	if currency != c.String() {
		return fx.Money{}, &DecodeError{Fault: "an amount in another currency than " + c.String()}
	}
	amount, err := fx.ParseMoney(withoutZeros(text, c), c)
	if err != nil || amount.Minor <= 0 {
		return fx.Money{}, &DecodeError{Fault: "the amount is no positive amount of " + c.String()}
	}
	return amount, nil
}

// withoutZeros takes off the zeros behind the currency's decimals, which operators write at times.
func withoutZeros(text string, c fx.Currency) string {
	whole, fraction, found := strings.Cut(text, ".")
	if !found || fraction == "" || len(fraction) > maxFraction {
		return text
	}
	for len(fraction) > c.MinorUnits() && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// shorten cuts text to at most limit bytes, at a character's edge.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
