package schema

import "bytes"

func (s *scanner) closing() *problem {
	n := s.indexByte(2, '>')
	if n < 0 {
		return s.truncated()
	}
	raw := s.take(n + 1)
	s.token.kind = tokenClose
	name := bytes.TrimRight(raw[2:n], " \t\n\r")
	var p *problem
	s.token.prefix, s.token.name, p = splitName(name)
	return p
}

// opening reads a start tag.
func (s *scanner) opening() *problem {
	n := s.tagLength()
	if n < 0 {
		return s.truncated()
	}
	raw := s.take(n)
	s.token.kind = tokenStart
	inner := raw[1 : n-1]
	if len(inner) > 0 && inner[len(inner)-1] == '/' {
		inner, s.token.empty = inner[:len(inner)-1], true
	}
	end := nameLength(inner)
	var p *problem
	if s.token.prefix, s.token.name, p = splitName(inner[:end]); p != nil || end == len(inner) {
		return p
	}
	return s.attributes(inner[end:])
}

// tagLength is the length of the start tag up to the > that no quotes hold, -1 where there is none.
func (s *scanner) tagLength() int {
	n := s.indexByte(1, '>')
	if n < 0 {
		return -1
	}
	if tag := s.buf[s.pos : s.pos+n]; bytes.IndexByte(tag, '"') < 0 && bytes.IndexByte(tag, '\'') < 0 {
		return n + 1
	}
	var quote byte
	for i := 1; ; i++ {
		for s.pos+i >= len(s.buf) {
			if !s.more() {
				return -1
			}
		}
		switch b := s.buf[s.pos+i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			return i + 1
		}
	}
}

// attributes reads what stands behind a tag's name.
func (s *scanner) attributes(rest []byte) *problem {
	s.values = s.values[:0]
	for {
		trimmed := bytes.TrimLeft(rest, " \t\n\r")
		if len(trimmed) == 0 {
			return nil
		}
		if len(trimmed) == len(rest) {
			return faulty(FaultSyntax, "no space before an attribute")
		}
		if len(s.token.attrs) == maxAttrs {
			return faulty(FaultOversized, "more than %d attributes", maxAttrs)
		}
		var a attr
		var p *problem
		if rest, p = s.attribute(&a, trimmed); p != nil {
			return p
		}
		s.token.attrs = append(s.token.attrs, a)
	}
}

// attribute reads one attribute and returns what is left.
func (s *scanner) attribute(a *attr, rest []byte) ([]byte, *problem) {
	end := nameLength(rest)
	var p *problem
	if a.prefix, a.name, p = splitName(rest[:end]); p != nil {
		return nil, p
	}
	for _, other := range s.token.attrs {
		if bytes.Equal(other.name, a.name) && bytes.Equal(other.prefix, a.prefix) {
			return nil, faulty(FaultSyntax, "attribute %s twice", a.name)
		}
	}
	rest = bytes.TrimLeft(rest[end:], " \t\n\r")
	if len(rest) == 0 || rest[0] != '=' {
		return nil, faulty(FaultSyntax, "attribute %s without a value", a.name)
	}
	rest = bytes.TrimLeft(rest[1:], " \t\n\r")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, faulty(FaultSyntax, "attribute %s without quotes", a.name)
	}
	last := bytes.IndexByte(rest[1:], rest[0])
	if last < 0 {
		return nil, faulty(FaultSyntax, "attribute %s without its end", a.name)
	}
	s.values, a.value, p = unescape(s.values, rest[1:1+last], inAttribute)
	return rest[last+2:], p
}

// nameLength is how much of a text is a name, with its prefix.
func nameLength(text []byte) int {
	for i, b := range text {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '-', b == '.', b == ':':
		default:
			return i
		}
	}
	return len(text)
}

// splitName checks a name and cuts its prefix off.
func splitName(name []byte) (prefix, local []byte, p *problem) {
	if len(name) > maxName {
		return nil, nil, faulty(FaultSyntax, "a name of %d characters", len(name))
	}
	prefix, local, prefixed := bytes.Cut(name, []byte{':'})
	if !prefixed {
		prefix, local = nil, name
	}
	if !isName(local) || prefixed && !isName(prefix) {
		return nil, nil, faulty(FaultSyntax, "%.100q is no name", name)
	}
	return prefix, local, nil
}

func isName(name []byte) bool {
	return len(name) > 0 && nameLength(name) == len(name) && bytes.IndexByte(name, ':') < 0 &&
		name[0] != '-' && name[0] != '.' && (name[0] < '0' || name[0] > '9')
}
