package gsma

import (
	"errors"
	"strings"

	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

// Limits on what the rail may send.
const (
	maxCallbackBytes = 64 << 10
	maxAnswerBytes   = 8 << 20 // a page of transactions is the largest answer
	maxDepth         = 8
	maxFraction      = 20 // decimals of an amount
)

// DecodeError says what is wrong with a body from the rail. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "gsma: decode: " + e.Fault }

// parse reads a body. Errors are *DecodeError.
func parse(body []byte) (strictjson.Value, error) {
	value, err := strictjson.Parse(body, strictjson.Limits{Bytes: maxAnswerBytes, Depth: maxDepth})
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
	amount, err := fx.ParseMoney(withoutZeros(text, c.MinorUnits()), c)
	if err != nil || amount.Minor <= 0 {
		return fx.Money{}, &DecodeError{Fault: "the amount is no positive amount of " + c.String()}
	}
	return amount, nil
}

// writeAmount writes an amount as the API has it: "60" and "60.5", for a zero at the end of a fraction is refused.
func writeAmount(m fx.Money) string { return withoutZeros(m.Text(), 0) }

// withoutZeros takes the zeros off the end of a fraction, down to a number of decimals.
func withoutZeros(text string, decimals int) string {
	whole, fraction, found := strings.Cut(text, ".")
	if !found || fraction == "" || len(fraction) > maxFraction {
		return text
	}
	for len(fraction) > decimals && strings.HasSuffix(fraction, "0") {
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
