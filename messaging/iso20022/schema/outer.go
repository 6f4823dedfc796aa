package schema

import (
	"strconv"
	"strings"
)

// outside opens an element where neither the message nor its header is open: one of the two, or what is around them.
func (p *parser) outside(t *token, uri string) *problem {
	known := loaded()
	name, message := string(t.name), known.spaces[uri]
	switch {
	case p.ended:
		return faulty(FaultRoot, "%s behind the root", name)
	case name == "Document":
		return p.document(t, message, uri)
	case name == "AppHdr":
		return p.header(t, message, uri)
	case p.seen || p.doc.Header != nil:
		return faulty(FaultRoot, "%s beside the Document", name)
	case p.outer == maxWrappers:
		return faulty(FaultRoot, "no Document")
	}
	for i := range t.attrs {
		if !harmless(p.spaces, &t.attrs[i]) {
			return faulty(FaultAttribute, "%s of %s", t.attrs[i].name, name)
		}
	}
	p.frames = append(p.frames, frame{prefix: string(t.prefix), name: name})
	p.outer++
	return nil
}

func (p *parser) document(t *token, message, uri string) *problem {
	shape := loaded().messages[message]
	switch {
	case p.seen:
		return faulty(FaultRoot, "a second Document")
	case shape == nil:
		return faulty(FaultNamespace, "a Document of %.100q", uri)
	}
	p.doc.Message = message
	return p.push(&part{name: "Document", shape: shape, least: 1, max: 1}, t, 0)
}

func (p *parser) header(t *token, message, uri string) *problem {
	header := loaded().headers[message]
	switch {
	case p.outer == 0:
		return faulty(FaultRoot, "an AppHdr that stands in nothing with its Document")
	case p.doc.Header != nil || p.seen:
		return faulty(FaultRoot, "an AppHdr that does not come first")
	case header == nil:
		return faulty(FaultNamespace, "an AppHdr of %.100q", uri)
	}
	p.doc.HeaderMessage = message
	return p.push(header, t, 0)
}

// complete takes a header or document that has ended.
func (p *parser) complete(e *Element) {
	if e.Name == "AppHdr" {
		p.doc.Header = e
		return
	}
	p.seen = true
	p.ended = p.outer == 0
	if len(e.Children) > 0 {
		p.doc.Body = e.Children[0]
	}
}

func (p *parser) endWrapper() *problem {
	if !p.seen {
		return faulty(FaultRoot, "%s without a Document", p.top().name)
	}
	p.frames = p.frames[:len(p.frames)-1]
	p.spaces.leave(len(p.frames))
	p.outer--
	p.ended = p.outer == 0
	return nil
}

// path names the open element.
func (p *parser) path() string {
	var path strings.Builder
	for i := p.outer; i < len(p.frames); i++ {
		if i > p.outer {
			path.WriteByte('/')
		}
		path.WriteString(p.frames[i].step())
	}
	return path.String()
}

// step is the element's name in a path, with its number where there may be more of it.
func (f *frame) step() string {
	if f.nth == 0 {
		return f.name
	}
	return f.name + "[" + strconv.Itoa(f.nth) + "]"
}
