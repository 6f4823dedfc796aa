package mpesa

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits on what the rail may send.
const (
	maxCallbackBytes = 64 << 10
	maxAnswerBytes   = 8 << 20 // a page of pulled payments is the largest answer
	maxDepth         = 8
)

// DecodeError says what is wrong with a body from the rail. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "mpesa: decode: " + e.Fault }

// tree is a JSON value as it was written: numbers keep their text, so no amount passes through a float.
type tree struct {
	kind    byte   // '{', '[', '"', '0', 't', 'f', 'n', as in jsontext; 0 for an absent value
	text    string // of a string or a number
	members map[string]tree
	names   map[string]string // members' names folded to lower case → as written
	items   []tree
}

// parseTree reads one JSON value. Member names lose their spaces ("Conversation ID" was the spelling
// once) and must then differ in more than case.
func parseTree(body []byte, limit int) (tree, error) {
	if len(body) > limit {
		return tree{}, &DecodeError{Fault: fmt.Sprintf("%d bytes, more than %d", len(body), limit)}
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	value, err := readTree(decoder, 0)
	if err == nil {
		if _, err = decoder.ReadToken(); errors.Is(err, io.EOF) {
			return value, nil
		}
		err = &DecodeError{Fault: "more than one value"}
	}
	if fault, ok := errors.AsType[*DecodeError](err); ok {
		return tree{}, fault
	}
	return tree{}, &DecodeError{Fault: err.Error()}
}

func readTree(decoder *jsontext.Decoder, depth int) (tree, error) {
	if depth > maxDepth {
		return tree{}, &DecodeError{Fault: "nested too deeply"}
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return tree{}, err
	}
	t := tree{kind: byte(token.Kind())}
	switch t.kind {
	case '"', '0':
		t.text = token.String()
	case '[':
		for decoder.PeekKind() != ']' {
			item, err := readTree(decoder, depth+1)
			if err != nil {
				return tree{}, err
			}
			t.items = append(t.items, item)
		}
		_, err = decoder.ReadToken()
	case '{':
		t.members, t.names = map[string]tree{}, map[string]string{}
		for decoder.PeekKind() != '}' {
			name, err := decoder.ReadToken()
			if err != nil {
				return tree{}, err
			}
			written := unspaced(name.String())
			folded := strings.ToLower(written)
			if _, twice := t.names[folded]; twice {
				return tree{}, &DecodeError{Fault: fmt.Sprintf("name %q twice", shorten(written, 40))}
			}
			t.names[folded] = written
			if t.members[written], err = readTree(decoder, depth+1); err != nil {
				return tree{}, err
			}
		}
		_, err = decoder.ReadToken()
	}
	return t, err
}

func unspaced(name string) string { return strings.ReplaceAll(name, " ", "") }

// get returns the member of this name. A member that differs from it only in case is an error: a
// reader that ignored it and a reader that took it would disagree about the same bytes.
func (t tree) get(name string) (tree, error) {
	if written, ok := t.names[strings.ToLower(name)]; ok && written != name {
		return tree{}, &DecodeError{Fault: fmt.Sprintf("name %q in the case of %q", name, shorten(written, 40))}
	}
	return t.members[name], nil
}

// scalar is the text of a string or a number; "" where it is absent or null.
func (t tree) scalar() (string, error) {
	switch t.kind {
	case '"', '0':
		return t.text, nil
	case 0, 'n':
		return "", nil
	default:
		return "", &DecodeError{Fault: "an object, an array or a boolean in place of a text"}
	}
}

// fields reads scalar members into the places given by name.
func (t tree) fields(places map[string]*string) error {
	if t.kind != '{' {
		return &DecodeError{Fault: "not an object"}
	}
	for name, place := range places {
		member, err := t.get(name)
		if err != nil {
			return err
		}
		if *place, err = member.scalar(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// shorten cuts text to at most limit bytes, at a character's edge.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
