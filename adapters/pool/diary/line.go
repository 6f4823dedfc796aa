package diary

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Limits of a line.
const (
	MaxLineBytes = 64 << 10 // an act of a member stands in one, with its quotes escaped
	maxName      = 64       // bytes of a section, a kind or a member's id
)

// Line is one statement of an entry: the unit that is shown or hidden.
type Line struct {
	About   []string       `json:"about"`   // ids of the members who may always see it, sorted, each once
	Kind    string         `json:"kind"`    // what it says
	Section string         `json:"section"` // whom it may be shown to, by the charter
	Body    jsontext.Value `json:",embed"`  // an object of the members of its kind; nil where it has none
}

// NewLine makes a line. body is written as canonical JSON, integers as strings; it has no members about, kind and
// section, and is nil where the kind says it all. The error is *FormError.
func NewLine(section, kind string, body any, about ...string) (Line, error) {
	line := Line{About: slices.Compact(slices.Sorted(slices.Values(about))), Kind: kind, Section: section}
	if line.About == nil {
		line.About = []string{}
	}
	if body != nil {
		text, err := audit.Canonical(body)
		if err != nil {
			return Line{}, malformed("line", "%v", err)
		}
		line.Body = text
	}
	text, err := line.Text()
	if err != nil {
		return Line{}, err
	}
	return ParseLine(text)
}

// Text writes the line as canonical JSON.
func (l Line) Text() ([]byte, error) {
	text, err := audit.Canonical(l)
	if err != nil {
		return nil, malformed("line", "%v", err)
	}
	return text, nil
}

// ParseLine reads what Text wrote, and nothing else. The error is *FormError.
func ParseLine(text []byte) (Line, error) {
	if len(text) > MaxLineBytes {
		return Line{}, malformed("line", "%d bytes; at most %d", len(text), MaxLineBytes)
	}
	if !canonical(text) {
		return Line{}, malformed("line", "not canonical JSON")
	}
	var line Line
	if err := json.Unmarshal(text, &line); err != nil {
		return Line{}, malformed("line", "%v", err)
	}
	if why := line.wrong(); why != "" {
		return Line{}, malformed("line", "%s", why)
	}
	if again, err := line.Text(); err != nil || !bytes.Equal(again, text) { // about null, or not there
		return Line{}, malformed("line", "not in the form of a line")
	}
	return line, nil
}

// wrong says which of the members that every line has is none, "" where all are.
func (l *Line) wrong() string {
	switch {
	case !token(l.Section, maxName):
		return fmt.Sprintf("section %.80q", l.Section)
	case !token(l.Kind, maxName):
		return fmt.Sprintf("kind %.80q", l.Kind)
	case l.About == nil:
		return "about nobody must be said"
	}
	for i, member := range l.About {
		if !token(member, maxName) || i > 0 && l.About[i-1] >= member {
			return fmt.Sprintf("about %.80q, who is none or not in order", member)
		}
	}
	return ""
}

// Read reads the members of the line's kind into a struct, which must know all of them.
func (l Line) Read(into any) error {
	body := l.Body
	if body == nil {
		body = jsontext.Value("{}")
	}
	err := json.Unmarshal(body, into, json.StringifyNumbers(true), json.RejectUnknownMembers(true))
	if err != nil {
		return malformed("line", "%s: %v", l.Kind, err)
	}
	return nil
}
