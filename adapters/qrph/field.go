package qrph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Field is one tag with its value, 1 to 99 characters.
type Field struct {
	Tag   string // two digits
	Value string
}

const (
	headLength = 4  // of a tag and its length
	maxValue   = 99 // what two digits of length can say
)

// split reads tags, lengths and values up to the end of text. parent is "" or the template's tag and a point.
func split(text, parent string) ([]Field, error) {
	var fields []Field
	seen := map[string]bool{}
	for text != "" {
		if len(text) <= headLength || !digits(text[:headLength]) {
			return nil, &Error{Tag: strings.TrimSuffix(parent, "."), Fault: FaultSyntax}
		}
		tag, length := text[:2], int(text[2]-'0')*10+int(text[3]-'0')
		if text = text[headLength:]; length == 0 || length > len(text) {
			return nil, &Error{Tag: parent + tag, Fault: FaultSyntax}
		}
		if seen[tag] {
			return nil, &Error{Tag: parent + tag, Fault: FaultRepeated}
		}
		seen[tag] = true
		fields = append(fields, Field{Tag: tag, Value: text[:length]})
		text = text[length:]
	}
	return fields, nil
}

// join writes fields one after the other.
func join(fields []Field, parent string) (string, error) {
	var text strings.Builder
	seen := map[string]bool{}
	for _, f := range fields {
		switch {
		case len(f.Tag) != 2 || !digits(f.Tag):
			return "", &Error{Tag: parent + f.Tag, Fault: FaultSyntax}
		case f.Value == "" || len(f.Value) > maxValue:
			return "", &Error{Tag: parent + f.Tag, Fault: FaultValue}
		case seen[f.Tag]:
			return "", &Error{Tag: parent + f.Tag, Fault: FaultRepeated}
		}
		seen[f.Tag] = true
		fmt.Fprintf(&text, "%s%02d%s", f.Tag, len(f.Value), f.Value)
	}
	return text.String(), nil
}

// byTag orders fields as they are written.
func byTag(fields []Field) []Field {
	slices.SortFunc(fields, func(a, b Field) int { return cmp.Compare(a.Tag, b.Tag) })
	return fields
}

// taker hands out the fields of a text, each once; what is left over is the caller's to keep.
type taker struct{ fields []Field }

func (t *taker) take(tag string) string {
	at := slices.IndexFunc(t.fields, func(f Field) bool { return f.Tag == tag })
	if at < 0 {
		return ""
	}
	value := t.fields[at].Value
	t.fields = slices.Delete(t.fields, at, at+1)
	return value
}

// rest are the fields that nobody took, by tag; nil for none.
func (t *taker) rest() []Field { return inOrder(t.fields) }

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
