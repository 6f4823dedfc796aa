package schema

import "slices"

// open takes the one element that an open element holds as it stands. Prefixes that were declared further out are
// declared in it, so that it means the same wherever it is written.
func (p *parser) open(t *token) *problem {
	f := p.top()
	if f.element.Raw != "" {
		return faulty(FaultRepeated, "more than 1").in(t.name)
	}
	c := &capture{parser: p, space: f.space, root: len("<") + len(t.name)}
	if len(t.prefix) > 0 {
		c.root += len(t.prefix) + len(":")
	}
	if bad := c.start(t); bad != nil {
		return bad
	}
	if f.shape.space != anyNamespace && c.uri != f.shape.space {
		return faulty(FaultNamespace, "an element of %.100q", c.uri)
	}
	for len(c.names) > 0 {
		if bad := p.scan.next(); bad != nil {
			return bad
		}
		if bad := c.take(t); bad != nil {
			return bad
		}
	}
	t.empty = false // it has been read to its end
	f.element.Raw = string(c.raw[:c.root]) + string(c.declarations) + string(c.raw[c.root:])
	return nil
}

// capture copies an element and all below it. It has to be well-formed, its prefixes declared.
type capture struct {
	*parser
	space        string // what no prefix means where it is written
	root         int    // where its tag's name ends
	raw          []byte
	names        []string // of the open elements, with their prefixes
	inherited    []string // prefixes that it takes from further out
	declarations []byte   // of them
	uri          string   // of the last element that began
}

func (c *capture) take(t *token) *problem {
	switch t.kind {
	case tokenStart:
		return c.start(t)
	case tokenClose:
		if last := c.names[len(c.names)-1]; last != qualified(t) {
			return faulty(FaultSyntax, "end of %s inside %s", t.name, last)
		}
		c.raw = append(c.raw, t.raw...)
		c.end()
	case tokenText, tokenNothing:
		c.raw = append(c.raw, t.raw...)
	case tokenEnd:
		return faulty(FaultSyntax, "ends in the middle")
	}
	if len(c.raw) > maxTokenBytes {
		return faulty(FaultOversized, "more than %d bytes that the schema does not know", maxTokenBytes)
	}
	return nil
}

func (c *capture) start(t *token) *problem {
	if c.left--; c.left < 0 {
		return faulty(FaultOversized, "too many elements")
	}
	depth := len(c.frames) + len(c.names)
	if depth >= maxDepth {
		return faulty(FaultDepth, "deeper than %d", maxDepth)
	}
	if bad := c.spaces.declare(t.attrs, depth); bad != nil {
		return bad
	}
	if bad := c.spaces.attributes(t.attrs); bad != nil {
		return bad
	}
	uri, ok := c.spaces.of(t.prefix)
	if !ok {
		return faulty(FaultNamespace, "prefix %s is not declared", t.prefix)
	}
	c.uri = uri
	c.inherit(t.prefix)
	for i := range t.attrs {
		if a := &t.attrs[i]; len(a.prefix) > 0 {
			c.inherit(a.prefix)
		}
	}
	c.raw = append(c.raw, t.raw...)
	c.names = append(c.names, qualified(t))
	if t.empty {
		c.end()
	}
	return nil
}

func (c *capture) end() {
	c.names = c.names[:len(c.names)-1]
	c.spaces.leave(len(c.frames) + len(c.names))
}

// inherit declares a prefix that was declared outside, or that means something else where it is written.
func (c *capture) inherit(prefix []byte) {
	b := c.spaces.find(prefix)
	switch {
	case b == nil && (len(prefix) > 0 || c.space == ""): // xml and xmlns are declared by XML itself
		return
	case b == nil:
		b = &binding{}
	case b.depth >= len(c.frames), len(prefix) == 0 && b.uri == c.space:
		return
	}
	if slices.Contains(c.inherited, b.prefix) {
		return
	}
	c.inherited = append(c.inherited, b.prefix)
	c.declarations = append(c.declarations, " xmlns"...)
	if len(prefix) > 0 {
		c.declarations = append(append(c.declarations, ':'), prefix...)
	}
	c.declarations = append(appendEscaped(append(c.declarations, `="`...), b.uri), '"')
}

func qualified(t *token) string {
	if len(t.prefix) == 0 {
		return string(t.name)
	}
	return string(t.prefix) + ":" + string(t.name)
}
