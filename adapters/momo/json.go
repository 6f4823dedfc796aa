package momo

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
)

// maxBodyBytes bounds what the rail may send: an answer or a callback.
const maxBodyBytes = 64 << 10

// DecodeError says what is wrong with a body from the rail. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "momo: decode: " + e.Fault }

// decode reads one JSON object into a struct. Names that the struct lacks are left out. Errors are
// *DecodeError.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &DecodeError{Fault: err.Error()}
	}
	return nil
}

// scalar is a JSON text or number as it was written, so that no amount passes through a float.
type scalar string

var errNoScalar = errors.New("an object, an array or a boolean in place of a text")

// UnmarshalJSONFrom reads a text or a number; null is "".
func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '"', '0':
		*s = scalar(token.String())
	case 'n':
		*s = ""
	default:
		return errNoScalar
	}
	return nil
}

// readAmount reads an amount as operators write it: a plain decimal, with more zeros than the currency has
// decimals at times.
func readAmount(text, currency string, c fx.Currency) (fx.Money, error) {
	if currency != c.String() {
		return fx.Money{}, &DecodeError{Fault: "an amount in another currency than " + c.String()}
	}
	if whole, fraction, found := strings.Cut(text, "."); found && fraction != "" && len(fraction) < 20 {
		for len(fraction) > c.MinorUnits() && strings.HasSuffix(fraction, "0") {
			fraction = fraction[:len(fraction)-1]
		}
		if text = whole; fraction != "" {
			text += "." + fraction
		}
	}
	amount, err := fx.ParseMoney(text, c)
	if err != nil || amount.Minor <= 0 {
		return fx.Money{}, &DecodeError{Fault: "the amount is no positive amount of " + c.String()}
	}
	return amount, nil
}

// shorten cuts text to at most limit bytes, at a character's edge.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
