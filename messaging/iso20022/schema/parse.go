package schema

// Parse reads and checks a document of at most maxBytes, in one pass. It is a Document of a message that is supported,
// alone or behind its AppHdr in an element that holds the two and nothing else; that one may stand in others. Errors
// are *Error.
//
// It refuses what XML allows and no message needs: DOCTYPE and processing instructions, encodings other than UTF-8,
// characters that turn the direction of writing, names outside ASCII, xsi:type and xsi:nil. What the schema leaves
// open (SplmtryData, Sgntr) is well-formed, of declared namespaces, and kept as it stands. Comments are dropped.
func Parse(data []byte, maxBytes int) (*Document, error) {
	p := &parser{left: maxElements}
	if len(data) > maxBytes {
		return nil, p.fail(faulty(FaultOversized, "%d bytes, at most %d", len(data), maxBytes))
	}
	p.scan.buf = data
	if err := p.run(); err != nil {
		return nil, err
	}
	d := p.doc // the parser can go
	return &d, nil
}

// parser builds the tree of a document while it checks it.
type parser struct {
	scan   scanner
	spaces spaces
	frames []frame    // open elements, wrappers first
	outer  int        // how many of the frames are wrappers
	kids   []*Element // children so far of the elements that are open
	slab   []Element  // elements not given out yet
	text   []byte     // of the open value
	left   int        // elements that may still come
	begun  bool
	ended  bool // the root has ended
	seen   bool // a Document has ended
	doc    Document
	pieces *pieces // who takes elements one by one, nil where the whole tree is wanted
}

// frame is an open element.
type frame struct {
	cursor
	element *Element
	prefix  string // as its end has to have it
	name    string
	space   string // that its children have
	kids    int    // where its children begin
	nth     int    // which of its name, 0 where there is only one
	opened  bool   // its children are pieces, and not kept
}

// run reads to the end of the input.
func (p *parser) run() error {
	for {
		done, err := p.step()
		if done || err != nil {
			return err
		}
	}
}

// step reads one token, and tells whether it was the end.
func (p *parser) step() (done bool, err error) {
	var bad *problem
	if !p.begun {
		p.begun = true
		bad = p.scan.begin()
	}
	if bad == nil {
		bad = p.scan.next()
	}
	if bad == nil && p.scan.readErr == nil {
		switch t := &p.scan.token; t.kind {
		case tokenEnd:
			done, bad = true, p.finish()
		case tokenStart:
			if bad = p.start(t); bad == nil && t.empty {
				bad = p.end()
			}
		case tokenClose:
			if bad = p.matches(t); bad == nil {
				bad = p.end()
			}
		case tokenText:
			bad = p.characters(t)
		case tokenNothing:
		}
	}
	switch {
	case p.scan.readErr != nil:
		return false, p.scan.readErr
	case bad != nil:
		return false, p.fail(bad)
	}
	return done, nil
}

func (p *parser) top() *frame { return &p.frames[len(p.frames)-1] }

// within tells whether the open element is one of the message or header.
func (p *parser) within() bool { return len(p.frames) > p.outer }

func (p *parser) finish() *problem {
	switch {
	case len(p.frames) > 0:
		return faulty(FaultSyntax, "ends inside %s", p.top().name)
	case !p.seen:
		return faulty(FaultRoot, "no Document")
	}
	return nil
}

// fail makes a problem an error of where the parser is.
func (p *parser) fail(bad *problem) error { return bad.at(p.doc.Message, p.path()) }
