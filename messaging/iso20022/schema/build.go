package schema

import "bytes"

func (p *parser) start(t *token) *problem {
	if len(p.frames) >= maxDepth {
		return faulty(FaultDepth, "deeper than %d", maxDepth)
	}
	if p.within() && p.top().shape.kind == open {
		return p.open(t)
	}
	if bad := p.spaces.declare(t.attrs, len(p.frames)); bad != nil {
		return bad
	}
	uri, ok := p.spaces.of(t.prefix)
	if !ok {
		return faulty(FaultNamespace, "prefix %s is not declared", t.prefix)
	}
	if bad := p.spaces.attributes(t.attrs); bad != nil {
		return bad
	}
	if !p.within() {
		return p.outside(t, uri)
	}
	f := p.top()
	if uri != f.space {
		return faulty(FaultNamespace, "an element of %.100q", uri).in(t.name)
	}
	next, bad := f.enter(t.name)
	if bad != nil {
		return bad
	}
	return p.push(next, t, f.count)
}

// push opens an element of the message.
func (p *parser) push(next *part, t *token, nth int) *problem {
	if p.left--; p.left < 0 {
		return faulty(FaultOversized, "too many elements")
	}
	e := p.element()
	e.Name = next.name
	if !next.repeats() {
		nth = 0
	}
	space := p.spaceOf(t.prefix)
	p.frames = append(p.frames, frame{
		cursor: cursor{shape: next.shape}, element: e, prefix: space.prefix, name: next.name, space: space.uri,
		kids: len(p.kids), nth: nth,
	})
	p.text = p.text[:0]
	if p.pieces != nil {
		p.pieces.opened(p)
	}
	return p.attributes(e, t.attrs, next.shape)
}

// spaceOf is what a declared prefix means, with a string of its own for the prefix.
func (p *parser) spaceOf(prefix []byte) binding {
	if b := p.spaces.find(prefix); b != nil {
		return *b
	}
	return binding{}
}

// element takes an element from the slab: one by one they would cost twice the time.
func (p *parser) element() *Element {
	const slabSize = 64
	if len(p.slab) == 0 {
		p.slab = make([]Element, slabSize)
	}
	e := &p.slab[0]
	p.slab = p.slab[1:]
	return e
}

// attributes checks the attributes of an element, and keeps those of the schema.
func (p *parser) attributes(e *Element, attrs []attr, s *shape) *problem {
	if s.attrs != nil {
		e.Attrs = make([]Attr, 0, len(s.attrs))
	}
	for i := range attrs {
		a := &attrs[i]
		if harmless(p.spaces, a) {
			continue
		}
		form := s.attribute(a)
		if form == nil {
			return faulty(FaultAttribute, "not known here").in(append([]byte("@"), a.name...))
		}
		text, bad := form.of(a.value)
		if bad != nil {
			return bad.in(append([]byte("@"), a.name...))
		}
		e.Attrs = append(e.Attrs, Attr{Name: string(a.name), Value: string(text)})
	}
	if len(e.Attrs) < len(s.attrs) {
		return faulty(FaultAttribute, "missing").in([]byte("@" + s.attrs[len(e.Attrs)].name))
	}
	return nil
}

func (s *shape) attribute(a *attr) *form {
	for i := range s.attrs {
		if len(a.prefix) == 0 && s.attrs[i].name == string(a.name) {
			return s.attrs[i].form
		}
	}
	return nil
}

// harmless attributes declare namespaces or say where a schema is.
func harmless(s spaces, a *attr) bool {
	if _, declares := declaration(a); declares {
		return true
	}
	if string(a.name) != "schemaLocation" && string(a.name) != "noNamespaceSchemaLocation" {
		return false
	}
	uri, _ := s.of(a.prefix)
	return len(a.prefix) > 0 && uri == schemaNamespace
}

// matches tells whether the end of an element is that of the open one.
func (p *parser) matches(t *token) *problem {
	if len(p.frames) == 0 {
		return faulty(FaultSyntax, "end of %s, which is not open", t.name)
	}
	if f := p.top(); f.name != string(t.name) || f.prefix != string(t.prefix) {
		return faulty(FaultSyntax, "end of %s inside %s", t.name, f.name)
	}
	return nil
}

// end closes the open element.
func (p *parser) end() *problem {
	if !p.within() {
		return p.endWrapper()
	}
	f := p.top()
	e := f.element
	switch f.shape.kind {
	case value:
		text, bad := f.shape.form.of(p.text)
		if bad != nil {
			return bad
		}
		e.Text = string(text)
	case open:
		if e.Raw == "" {
			return faulty(FaultMissing, "what %s holds", f.name)
		}
	default:
		if bad := f.finish(); bad != nil {
			return bad
		}
		if len(p.kids) > f.kids {
			e.Children = append([]*Element(nil), p.kids[f.kids:]...)
			p.kids = p.kids[:f.kids]
		}
	}
	given := f.opened // piece by piece
	p.frames = p.frames[:len(p.frames)-1]
	p.spaces.leave(len(p.frames))
	p.text = p.text[:0]
	switch {
	case !p.within():
		p.complete(e)
	case given:
	case p.top().opened:
		p.pieces.take(p, e)
	default:
		p.kids = append(p.kids, e)
	}
	return nil
}

// characters takes text: of a value, or space between elements.
func (p *parser) characters(t *token) *problem {
	text := t.text
	if len(p.frames) == 0 {
		text = t.raw // there, not even a reference may stand
	}
	if p.within() && p.top().shape.kind == value {
		p.text = append(p.text, text...)
		return nil
	}
	if len(bytes.Trim(text, " \t\n\r")) > 0 {
		return faulty(FaultSyntax, "text between elements")
	}
	return nil
}
