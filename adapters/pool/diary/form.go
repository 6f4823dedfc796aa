package diary

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// FormError says that bytes do not have the one form that this package writes.
type FormError struct {
	What string // line, blob, entry, receipt or key of salts
	Why  string
}

func (e *FormError) Error() string { return "diary: " + e.What + ": " + e.Why }

func malformed(what, format string, args ...any) *FormError {
	return &FormError{What: what, Why: fmt.Sprintf(format, args...)}
}

// canonical tells whether text is one JSON value as audit.Canonical writes it: numbers are strings there, so that
// every language reads the same.
func canonical(text []byte) bool {
	value := jsontext.Value(slices.Clone(text))
	return value.Canonicalize() == nil && bytes.Equal(value, text) && !numbers(text)
}

// numbers tells whether a valid text holds a JSON number.
func numbers(text []byte) bool {
	for decoder := jsontext.NewDecoder(bytes.NewReader(text)); ; {
		token, err := decoder.ReadToken()
		if err == io.EOF { //nolint:errorlint // the decoder returns it bare at the end
			return false
		}
		if err != nil || token.Kind() == '0' {
			return true
		}
	}
}

// token tells whether text is a name of at most limit letters, digits and marks, as members, sections and kinds have.
func token(text string, limit int) bool {
	if text == "" || len(text) > limit {
		return false
	}
	for _, c := range []byte(text) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !plain && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
