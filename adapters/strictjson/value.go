// Package strictjson reads JSON that strangers send: one value, no name twice or in two cases, bounded in size and
// depth, numbers kept as the text they were written in, so that no amount passes through a float.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what is read.
type Limits struct {
	Bytes int
	Depth int
	// IgnoreSpaces has names lose their spaces before they are compared: a rail spelt "Conversation ID" once.
	IgnoreSpaces bool
}

// Error says what is wrong with a text. The same bytes fail again.
type Error struct{ Fault string }

func (e *Error) Error() string { return "json: " + e.Fault }

// Value is a JSON value as it was written. The zero Value is an absent one.
type Value struct {
	kind    byte // '{', '[', '"', '0', 't', 'f', 'n', as in jsontext; 0 where it is absent
	text    string
	members map[string]Value
	names   map[string]string // members' names folded to lower case → as written
	items   []Value
}

// Parse reads one value. Errors are *Error.
func Parse(body []byte, limits Limits) (Value, error) {
	if len(body) > limits.Bytes {
		return Value{}, &Error{Fault: fmt.Sprintf("%d bytes, more than %d", len(body), limits.Bytes)}
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	value, err := limits.read(decoder, 0)
	if err == nil {
		if _, err = decoder.ReadToken(); errors.Is(err, io.EOF) {
			return value, nil
		}
		err = &Error{Fault: "more than one value"}
	}
	if fault, ok := errors.AsType[*Error](err); ok {
		return Value{}, fault
	}
	return Value{}, &Error{Fault: err.Error()}
}

// Check tells whether Parse would read it. A rail that decodes into structs calls it first: they take a name in another
// case for one that they do not know.
func Check(body []byte, limits Limits) error {
	_, err := Parse(body, limits)
	return err
}

func (l Limits) read(decoder *jsontext.Decoder, depth int) (Value, error) {
	if depth > l.Depth {
		return Value{}, &Error{Fault: "nested too deeply"}
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return Value{}, err
	}
	v := Value{kind: byte(token.Kind())}
	switch v.kind {
	case '"', '0':
		v.text = token.String()
	case '[':
		for decoder.PeekKind() != ']' {
			item, err := l.read(decoder, depth+1)
			if err != nil {
				return Value{}, err
			}
			v.items = append(v.items, item)
		}
		_, err = decoder.ReadToken()
	case '{':
		v.members, v.names = map[string]Value{}, map[string]string{}
		for decoder.PeekKind() != '}' {
			if err := l.member(decoder, depth, v); err != nil {
				return Value{}, err
			}
		}
		_, err = decoder.ReadToken()
	}
	return v, err
}

// member reads one member into an object.
func (l Limits) member(decoder *jsontext.Decoder, depth int, into Value) error {
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	name := token.String()
	if l.IgnoreSpaces {
		name = strings.ReplaceAll(name, " ", "")
	}
	folded := strings.ToLower(name)
	if _, twice := into.names[folded]; twice {
		return &Error{Fault: fmt.Sprintf("name %q twice", shorten(name))}
	}
	into.names[folded] = name
	into.members[name], err = l.read(decoder, depth+1)
	return err
}

// Get returns the member of this name, absent where there is none. A member that differs from it only in case is an
// *Error: a reader that passes over it and one that takes it would disagree about the same bytes.
func (v Value) Get(name string) (Value, error) {
	if written, ok := v.names[strings.ToLower(name)]; ok && written != name {
		return Value{}, &Error{Fault: fmt.Sprintf("name %q in the case of %q", name, shorten(written))}
	}
	return v.members[name], nil
}

// Scalar is the text of a string or a number; "" where it is absent or null. Errors are *Error.
func (v Value) Scalar() (string, error) {
	switch v.kind {
	case '"', '0':
		return v.text, nil
	case 0, 'n':
		return "", nil
	default:
		return "", &Error{Fault: "an object, an array or a boolean in place of a text"}
	}
}

// Fields reads scalar members into the places given by name. Errors wrap *Error.
func (v Value) Fields(places map[string]*string) error {
	if !v.IsObject() {
		return &Error{Fault: "not an object"}
	}
	for name, place := range places {
		member, err := v.Get(name)
		if err != nil {
			return err
		}
		if *place, err = member.Scalar(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Items are an array's; nil of anything else.
func (v Value) Items() []Value { return v.items }

// Names are an object's members as they were written; their order says nothing.
func (v Value) Names() []string {
	names := make([]string, 0, len(v.members))
	for name := range v.members {
		names = append(names, name)
	}
	return names
}

// IsObject tells whether it has members, or could.
func (v Value) IsObject() bool { return v.kind == '{' }

// IsArray tells whether it has items, or could.
func (v Value) IsArray() bool { return v.kind == '[' }

// IsString tells whether it was written in quotes.
func (v Value) IsString() bool { return v.kind == '"' }

// IsAbsent tells whether it is not there, or null.
func (v Value) IsAbsent() bool { return v.kind == 0 || v.kind == 'n' }

// Bool is a boolean; ok is false of anything else.
func (v Value) Bool() (value, ok bool) { return v.kind == 't', v.kind == 't' || v.kind == 'f' }

// shorten cuts a name for an error message, at a character's edge.
func shorten(name string) string {
	const most = 40
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "")
}
