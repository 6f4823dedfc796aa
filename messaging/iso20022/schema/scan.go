package schema

import (
	"bytes"
	"errors"
	"io"
)

// scanner cuts XML into tokens. It knows as much of XML as messages need: UTF-8, no DOCTYPE, no processing
// instructions, names in ASCII. encoding/xml only to cut them takes 1.3 times as long as all of Parse does, allocates
// five times as often, and holds a token however long it is. A fuzz test has it read whatever Parse accepts.
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

// more reads on, and tells whether there is more behind what was there.
func (s *scanner) more() bool {
	if s.in == nil || s.readErr != nil {
		return false
	}
	if len(s.buf)-s.pos > maxTokenBytes {
		s.tooLong = true
		return false
	}
	if s.pos > 0 { // once a token: who sends byte by byte does not have us copy it each time
		s.buf, s.pos = s.buf[:copy(s.buf, s.buf[s.pos:])], 0
	}
	n := len(s.buf)
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
		from = s.indexByte(from, mark[0])
		if from < 0 {
			return -1
		}
		for len(s.buf)-s.pos < from+len(mark) {
			if !s.more() {
				return -1
			}
		}
		if string(s.buf[s.pos+from:s.pos+from+len(mark)]) == mark {
			return from
		}
		from++
	}
}

func (s *scanner) indexByte(from int, mark byte) int {
	for {
		if from <= len(s.buf)-s.pos {
			if i := bytes.IndexByte(s.buf[s.pos+from:], mark); i >= 0 {
				return from + i
			}
			from = len(s.buf) - s.pos
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
	if s.buf[s.pos] != '<' {
		return s.text()
	}
	if !s.begins("<!") && !s.begins("<?") {
		if s.begins("</") {
			return s.closing()
		}
		return s.opening()
	}
	switch {
	case s.begins("<!--"):
		return s.comment()
	case s.begins("<![CDATA["):
		return s.cdata()
	}
	return faulty(FaultDoctype, "a DOCTYPE, another directive or a processing instruction")
}

func (s *scanner) text() *problem {
	n := s.indexByte(0, '<')
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
