package schema

import (
	"slices"
	"strconv"
	"strings"
)

// DefaultHeader is what a header is where a document does not say.
const DefaultHeader = "head.001.001.02"

// envelope holds a header and its document. ISO 20022 leaves its name to those who exchange it.
const envelope = "Envelope"

// Marshal checks the document by the tables that Parse checks by, and writes it: without spaces between elements, the
// same document always as the same bytes. With a header, header and document stand in an Envelope. Errors are *Error.
func (d *Document) Marshal() ([]byte, error) {
	w := &writer{message: d.Message, out: make([]byte, 0, 4<<10)}
	w.out = append(w.out, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	if d.Header == nil {
		if p := w.document(d); p != nil {
			return nil, w.fail(p)
		}
		return append(w.out, '\n'), nil
	}
	w.out = append(w.out, "<"+envelope+">"...)
	if p := w.header(d); p != nil {
		return nil, w.fail(p)
	}
	if p := w.document(d); p != nil {
		return nil, w.fail(p)
	}
	return append(w.out, "</"+envelope+">\n"...), nil
}

// writer writes elements while it checks them. After a problem, path is where.
type writer struct {
	message string
	space   string // of the elements
	out     []byte
	text    []byte
	path    []string
}

func (w *writer) fail(p *problem) error {
	return p.at(w.message, strings.Join(w.path, "/"))
}

func (w *writer) header(d *Document) *problem {
	message := d.HeaderMessage
	if message == "" {
		message = DefaultHeader
	}
	header := loaded().headers[message]
	if header == nil || d.Header.Name != header.name {
		return faulty(FaultNamespace, "header %s of %s", d.Header.Name, message)
	}
	w.space = Namespace(message)
	return w.element(d.Header, header.shape, ` xmlns="`+w.space+`"`, "AppHdr")
}

func (w *writer) document(d *Document) *problem {
	shape := loaded().messages[d.Message]
	if shape == nil {
		return faulty(FaultNamespace, "message %.100q", d.Message)
	}
	root := &Element{Name: "Document"}
	if d.Body != nil {
		root.Children = []*Element{d.Body}
	}
	w.space = Namespace(d.Message)
	return w.element(root, shape, ` xmlns="`+w.space+`"`, "Document")
}

// element writes an element of a name that its parent allows, with its declaration if it has one. It leaves path as it
// was unless there is a problem.
func (w *writer) element(e *Element, s *shape, declares, step string) *problem {
	w.path = append(w.path, step)
	if len(w.path) > maxDepth {
		return faulty(FaultDepth, "deeper than %d", maxDepth)
	}
	w.out = append(append(append(w.out, '<'), e.Name...), declares...)
	if p := w.attributes(e, s); p != nil {
		return p
	}
	w.out = append(w.out, '>')
	if p := w.content(e, s); p != nil {
		return p
	}
	w.out = append(append(append(w.out, "</"...), e.Name...), '>')
	w.path = w.path[:len(w.path)-1]
	return nil
}

func (w *writer) content(e *Element, s *shape) *problem {
	switch {
	case s.kind != value && e.Text != "", s.kind != open && e.Raw != "", s.kind == open && len(e.Children) > 0:
		return faulty(FaultElement, "not what %s holds", s.name)
	case s.kind == open:
		return w.raw(e.Raw, s)
	case s.kind == value && len(e.Children) > 0:
		return faulty(FaultElement, "an element inside a value")
	case s.kind == value:
		return w.value(e.Text, s.form)
	}
	at := cursor{shape: s}
	for _, child := range e.Children {
		if child == nil {
			return faulty(FaultElement, "an element that is nil")
		}
		w.text = append(w.text[:0], child.Name...)
		next, p := at.enter(w.text)
		if p != nil {
			return p
		}
		step := next.name
		if next.repeats() {
			step += "[" + strconv.Itoa(at.count) + "]"
		}
		if p := w.element(child, next.shape, "", step); p != nil {
			return p
		}
	}
	return at.finish()
}

// value writes a text of a form.
func (w *writer) value(text string, f *form) *problem {
	w.text = append(w.text[:0], text...)
	if p := carriedAll(text); p != nil {
		return p
	}
	plain, p := f.of(w.text)
	if p != nil {
		return p
	}
	w.out = appendEscaped(w.out, string(plain))
	return nil
}

func (w *writer) attributes(e *Element, s *shape) *problem {
	for i, a := range e.Attrs {
		known := slices.IndexFunc(s.attrs, func(k attribute) bool { return k.name == a.Name })
		if known < 0 || slices.ContainsFunc(e.Attrs[:i], func(o Attr) bool { return o.Name == a.Name }) {
			return faulty(FaultAttribute, "not known here, or twice").in([]byte("@" + a.Name))
		}
		w.out = append(append(append(w.out, ' '), a.Name...), `="`...)
		if p := w.value(a.Value, s.attrs[known].form); p != nil {
			return p.in([]byte("@" + a.Name))
		}
		w.out = append(w.out, '"')
	}
	if len(e.Attrs) < len(s.attrs) {
		return faulty(FaultAttribute, "%d attributes, not %d", len(e.Attrs), len(s.attrs))
	}
	return nil
}

// raw writes what the schema leaves open, after reading it as Parse would where it is to stand.
func (w *writer) raw(raw string, s *shape) *problem {
	p := &parser{left: maxElements}
	p.scan.buf = []byte(raw)
	p.spaces = spaces{{uri: w.space}}
	around := &Element{}
	p.frames = []frame{{cursor: cursor{shape: s}, element: around, space: w.space}}
	if bad := p.scan.next(); bad != nil {
		return bad
	}
	if p.scan.token.kind != tokenStart {
		return faulty(FaultMissing, "an element")
	}
	if bad := p.open(&p.scan.token); bad != nil {
		return bad
	}
	if p.scan.pos != len(p.scan.buf) {
		return faulty(FaultElement, "more than one element")
	}
	w.out = append(w.out, around.Raw...)
	return nil
}
