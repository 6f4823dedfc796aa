package schema

import (
	"errors"
	"io"
)

// Reader reads a document piece by piece and never holds more than one: for groups of more payments than there should
// be in memory. A piece is a child of the message's own element, such as GrpHdr or CdtTrfTxInf; it comes checked by
// the same rules as Parse. Nothing of a message holds before Next has returned io.EOF: only then its end has been seen,
// and only then is it known to be what the schema allows.
type Reader struct {
	parser parser
	in     *limited
	ready  pieces
	err    error
}

// Piece is one element of a message that is read piece by piece.
type Piece struct {
	Within  string // the element that was opened around it, "Stmt[2]"; "" for a child of the message's own element
	Element *Element
}

// NewReader reads a document of at most maxBytes. Elements named in opened, children of the message's own one such as
// the PmtInf of a pain.001 or the Stmt of a camt.053, are not pieces: their children are.
func NewReader(in io.Reader, maxBytes int64, opened ...string) *Reader {
	r := &Reader{in: &limited{in: in, left: maxBytes}}
	r.ready.names = opened
	r.parser.scan.in = r.in
	r.parser.pieces = &r.ready
	return r
}

// Next returns the next piece, and io.EOF behind the last one of a whole document. Other errors are *Error, or the
// underlying reader's; they stick.
func (r *Reader) Next() (Piece, error) {
	r.ready.piece = Piece{}
	r.parser.left = maxPieceElements
	read := 0
	for r.err == nil {
		var done bool
		if done, r.err = r.parser.step(); done {
			r.err = io.EOF
		}
		if r.ready.piece.Element != nil && r.err == nil {
			return r.ready.piece, nil
		}
		if read += len(r.parser.scan.token.raw); read > maxPieceBytes && r.err == nil {
			r.err = r.parser.fail(faulty(FaultOversized, "a piece of more than %d bytes", maxPieceBytes))
		}
	}
	if errors.Is(r.err, errTooMuch) {
		r.err = r.parser.fail(faulty(FaultOversized, "more bytes than allowed"))
	}
	return Piece{}, r.err
}

// Document tells what the message is and what it came under, once there was a piece. It has no body.
func (r *Reader) Document() Document { return r.parser.doc }

// pieces is where a parser leaves a piece.
type pieces struct {
	names []string
	piece Piece
}

// opened marks the last frame if its children are pieces: the Document, the message's own element, one of the names.
func (s *pieces) opened(p *parser) {
	inside := p.frames[p.outer:]
	if inside[0].name != "Document" {
		return
	}
	f := p.top()
	switch len(inside) {
	case 1, 2:
		f.opened = true
	case 3:
		for _, name := range s.names {
			f.opened = f.opened || f.name == name && f.shape.kind != value && f.shape.kind != open
		}
	}
}

func (s *pieces) take(p *parser, e *Element) {
	s.piece = Piece{Element: e}
	if inside := p.frames[p.outer:]; len(inside) == 3 {
		s.piece.Within = inside[2].step()
	}
}

var errTooMuch = errors.New("iso20022: more bytes than allowed")

// limited is a reader that fails behind so many bytes.
type limited struct {
	in   io.Reader
	left int64
}

// Read implements io.Reader.
func (l *limited) Read(into []byte) (int, error) {
	if l.left < 0 {
		return 0, errTooMuch
	}
	if int64(len(into)) > l.left+1 {
		into = into[:l.left+1]
	}
	n, err := l.in.Read(into)
	if l.left -= int64(n); l.left < 0 {
		return n, errTooMuch
	}
	return n, err
}
