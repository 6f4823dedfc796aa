package schema

import (
	"bytes"
	"errors"
	"io"
)

// scanner cuts XML into tokens. It knows as much of XML as messages need: UTF-8, no DOCTYPE, no processing
// instructions, names in ASCII. encoding/xml reads a credit transfer of 4 KiB in 200 µs, which is all the time that
// there is for reading and checking it; this takes a tenth. A fuzz test has encoding/xml read whatever this accepts.
type scanner struct {
	in      io.Reader // nil where buf is everything
	readErr error     // of in, other than its end
	tooLong bool      // a token passed maxTokenBytes
	buf     []byte
	pos     int
	token   token
	scratch []byte // of unescaped text
	values  []byte // of unescaped attributes
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota // of the input
	tokenStart
	tokenClose
	tokenText // also CDATA
	tokenNothing
)

// token is one piece of markup or text. Its bytes hold until the next one is read.
type token struct {
	kind         tokenKind
	prefix, name []byte
	attrs        []attr
	empty        bool   // <a/>
	text         []byte // unescaped
	raw          []byte // as it stands
}

type attr struct{ prefix, name, value []byte }

const (
	chunkBytes = 64 << 10
	maxAttrs   = 32
	maxName    = 128
)

// maxTokenBytes bounds one tag or text of what is read in chunks.
const maxTokenBytes = 1 << 20

// more reads on, and tells whether there is more behind what was there.
func (s *scanner) more() bool {
	if s.in == nil || s.readErr != nil {
		return false
	}
	if len(s.buf)-s.pos > maxTokenBytes {
		s.tooLong = true
		return false
	}
	n := copy(s.buf, s.buf[s.pos:])
	s.buf, s.pos = s.buf[:n], 0
	if cap(s.buf)-n < chunkBytes {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)+chunkBytes), s.buf...)
	}
	read, err := s.in.Read(s.buf[n : n+chunkBytes])
	s.buf = s.buf[:n+read]
	switch {
	case errors.Is(err, io.EOF):
		s.in = nil
	case err != nil:
		s.readErr = err
	}
	return true
}

// index finds a mark behind the first bytes of the token, -1 where the input ends before.
func (s *scanner) index(from int, mark string) int {
	for {
		if from <= len(s.buf)-s.pos {
			if i := bytes.Index(s.buf[s.pos+from:], []byte(mark)); i >= 0 {
				return from + i
			}
			from = max(from, len(s.buf)-s.pos-len(mark)+1)
		}
		if !s.more() {
			return -1
		}
	}
}

// begins tells whether the token begins with a mark.
func (s *scanner) begins(mark string) bool {
	for len(s.buf)-s.pos < len(mark) {
		if !s.more() {
			return false
		}
	}
	return string(s.buf[s.pos:s.pos+len(mark)]) == mark
}

// take makes the next bytes the token's.
func (s *scanner) take(n int) []byte {
	s.token.raw = s.buf[s.pos : s.pos+n]
	s.pos += n
	return s.token.raw
}

// truncated is what ended in the middle of a token.
func (s *scanner) truncated() *problem {
	if s.tooLong {
		return faulty(FaultOversized, "a tag or text of more than %d bytes", maxTokenBytes)
	}
	return faulty(FaultSyntax, "ends in the middle")
}

// next reads a token. Errors of the reader below end the input; read tells them apart.
func (s *scanner) next() *problem {
	s.token = token{attrs: s.token.attrs[:0]}
	for s.pos == len(s.buf) {
		if !s.more() {
			return nil
		}
	}
	switch {
	case s.buf[s.pos] != '<':
		return s.text()
	case s.begins("</"):
		return s.closing()
	case s.begins("<!--"):
		return s.comment()
	case s.begins("<![CDATA["):
		return s.cdata()
	case s.begins("<!"):
		return faulty(FaultDoctype, "a DOCTYPE or another directive")
	case s.begins("<?"):
		return faulty(FaultDoctype, "a processing instruction")
	}
	return s.opening()
}

func (s *scanner) text() *problem {
	n := s.index(0, "<")
	if n < 0 && s.tooLong {
		return s.truncated()
	}
	if n < 0 {
		n = len(s.buf) - s.pos
	}
	raw := s.take(n)
	s.token.kind = tokenText
	var p *problem
	s.scratch, s.token.text, p = unescape(s.scratch[:0], raw, inText)
	return p
}

func (s *scanner) cdata() *problem {
	const mark, end = "<![CDATA[", "]]>"
	n := s.index(len(mark), end)
	if n < 0 {
		return s.truncated()
	}
	raw := s.take(n + len(end))
	s.token.kind = tokenText
	var p *problem
	s.scratch, s.token.text, p = unescape(s.scratch[:0], raw[len(mark):n], inCDATA)
	return p
}

func (s *scanner) comment() *problem {
	const mark, end = "<!--", "-->"
	n := s.index(len(mark), "--")
	if n < 0 {
		return s.truncated()
	}
	if s.index(n, ">") != n+2 {
		return faulty(FaultSyntax, "-- in a comment")
	}
	raw := s.take(n + len(end))
	s.token.kind = tokenNothing
	var p *problem
	s.scratch, _, p = unescape(s.scratch[:0], raw[len(mark):n], inCDATA)
	return p
}

func (s *scanner) closing() *problem {
	n := s.index(2, ">")
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
	n := s.index(1, ">")
	if n < 0 {
		return -1
	}
	if !bytes.ContainsAny(s.buf[s.pos:s.pos+n], `"'`) {
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
