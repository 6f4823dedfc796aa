package audit

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxEntryBytes bounds one entry; what is larger goes into a blob that the entry names by SHA-256.
const MaxEntryBytes = 65535

// Canonical writes v as canonical JSON: members sorted by name (RFC 8785), integers as strings, so
// that every language reads the same bytes and no reader rounds a number.
func Canonical(v any) ([]byte, error) {
	text, err := Ordered(v)
	if err != nil {
		return nil, err
	}
	value := jsontext.Value(text)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("audit: canonical JSON: %w", err)
	}
	return value, nil
}

// Ordered writes v as Canonical does, where its members, and those of what it holds, are declared in the order of
// their names.
func Ordered(v any) ([]byte, error) {
	text, err := json.Marshal(v, json.StringifyNumbers(true), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("audit: canonical JSON: %w", err)
	}
	return text, nil
}
