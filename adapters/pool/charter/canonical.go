package charter

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxBytes bounds a charter in canonical form, so that an act can carry it.
const MaxBytes = 20 << 10

// DocumentError says what is wrong with a text as a charter's form. The same bytes fail again.
type DocumentError struct {
	Path  string // of the field, as in "decisions[0].tiers[1].up_to"; "" where it is the text itself
	Line  int    // from 1; 0 where the text has no lines
	Fault string
}

func (e *DocumentError) Error() string {
	place := e.Path
	if e.Line > 0 {
		place = strings.TrimSpace(fmt.Sprintf("line %d %s", e.Line, e.Path))
	}
	if place == "" {
		return "charter: " + e.Fault
	}
	return "charter: " + place + ": " + e.Fault
}

// Canonical writes the charter as the log holds it: canonical JSON (RFC 8785), integers as strings. It fails on texts
// that are not UTF-8.
func (c *Charter) Canonical() ([]byte, error) {
	text, err := json.Marshal(c, json.StringifyNumbers(true), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("charter %s: canonical JSON: %w", c.Pool, err)
	}
	value := jsontext.Value(text)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("charter %s: canonical JSON: %w", c.Pool, err)
	}
	return value, nil
}

// Hash is the SHA-256 of the canonical form: what members agree to. It is zero where there is none, which no charter
// has that was read.
func (c *Charter) Hash() [sha256.Size]byte {
	text, err := c.Canonical()
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(text)
}

// Read reads the canonical form, and no other bytes that say the same. Whether the rules hang together is for Check,
// so that a log can be read for ever. Errors are *DocumentError.
func Read(canonical []byte) (*Charter, error) {
	if len(canonical) > MaxBytes {
		return nil, &DocumentError{Fault: fmt.Sprintf("%d bytes, more than %d", len(canonical), MaxBytes)}
	}
	c, fault := decode(canonical)
	if fault != nil {
		return nil, fault
	}
	if again, err := c.Canonical(); err != nil || !bytes.Equal(again, canonical) {
		return nil, &DocumentError{Fault: "it is not in canonical form"}
	}
	return c, nil
}

// decode reads JSON whose integers are strings.
func decode(text []byte) (*Charter, *DocumentError) {
	var c Charter
	err := json.Unmarshal(text, &c, json.StringifyNumbers(true), json.RejectUnknownMembers(true))
	if err == nil {
		return &c, nil
	}
	fault := &DocumentError{Fault: "it is no charter in JSON"}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		fault.Path, fault.Fault = pathOf(syntax.JSONPointer), syntax.Err.Error()
	} else if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		fault.Path, fault.Fault = pathOf(semantic.JSONPointer), meaning(semantic)
	}
	return nil, fault
}

// meaning says for people what a field wants.
func meaning(e *json.SemanticError) string {
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		return "no rule has this name"
	case e.GoType == nil:
		return "it is malformed"
	}
	switch e.GoType.Kind().String() {
	case "int", "int64":
		return "it wants a whole number"
	case "bool":
		return "it wants true or false"
	case "slice":
		return "it wants a list"
	case "string":
		return "it wants a text"
	default:
		if e.Err != nil {
			return e.Err.Error()
		}
		return "it wants names with values"
	}
}

// pathOf writes a pointer as people write paths, with amounts named as they are in YAML.
func pathOf(pointer jsontext.Pointer) string {
	var path string
	for token := range pointer.Tokens() {
		path = under(path, token)
	}
	return path
}

// maxPathName bounds what a name that strangers chose adds to an error.
const maxPathName = 40

// under is the path of an item or a member of what stands at another path.
func under(path, token string) string {
	if token != "" && strings.Trim(token, "0123456789") == "" {
		return path + "[" + token + "]"
	}
	token = strings.TrimSuffix(token, minorSuffix)
	if len(token) > maxPathName {
		token = strings.ToValidUTF8(token[:maxPathName], "\uFFFD") + "…"
	}
	if path == "" {
		return token
	}
	return path + "." + token
}

// minorSuffix ends the names of amounts in JSON, where they are minor units; in YAML they are decimals without it.
const minorSuffix = "_minor"
