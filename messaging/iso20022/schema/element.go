package schema

import (
	"iter"
	"strings"
)

// Attr is an attribute of an element, such as Ccy. Namespaces are not among them.
type Attr struct{ Name, Value string }

// Element is an element of a document and all below it. A simple one has Text, another has Children, in the order of
// the schema. A nil *Element is one that is not there: its methods find nothing in it.
type Element struct {
	Name     string // without a prefix
	Attrs    []Attr
	Text     string
	Children []*Element
	Raw      string // of one that the schema leaves open, such as Envlp: the markup of what it holds, as it stood
}

// New makes an element of the children that are there; without any, there is none, and New returns nil. A choice of
// which nothing is set is pruned that way, as is an optional group that nobody filled.
func New(name string, children ...*Element) *Element {
	e := &Element{Name: name}
	for _, child := range children {
		if child != nil {
			e.Children = append(e.Children, child)
		}
	}
	if len(e.Children) == 0 {
		return nil
	}
	return e
}

// Text makes a simple element, nil where the text is empty.
func Text(name, text string) *Element {
	if text == "" {
		return nil
	}
	return &Element{Name: name, Text: text}
}

// Amount makes an amount with its currency, nil where the text is empty. The text is a plain decimal.
func Amount(name, currency, text string) *Element {
	if text == "" {
		return nil
	}
	return &Element{Name: name, Attrs: []Attr{{Name: "Ccy", Value: currency}}, Text: text}
}

// Find returns the first element at a path below e, such as "GrpHdr/MsgId", nil where there is none.
func (e *Element) Find(path string) *Element {
	for path != "" && e != nil {
		var name string
		name, path, _ = strings.Cut(path, "/")
		e = e.child(name)
	}
	return e
}

func (e *Element) child(name string) *Element {
	for _, child := range e.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// Value returns the text at a path below e, "" where there is none.
func (e *Element) Value(path string) string {
	if e = e.Find(path); e == nil {
		return ""
	}
	return e.Text
}

// All goes through the elements at a path below e: the first of each name on the way, and all of the last.
func (e *Element) All(path string) iter.Seq[*Element] {
	parent, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		parent, name = path[:i], path[i+1:]
	}
	return func(yield func(*Element) bool) {
		within := e.Find(parent)
		if within == nil {
			return
		}
		for _, child := range within.Children {
			if child.Name == name && !yield(child) {
				return
			}
		}
	}
}

// Attr returns an attribute's value, "" where there is none.
func (e *Element) Attr(name string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}
