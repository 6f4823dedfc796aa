package schema

// shape is what may stand in an element.
type shape struct {
	name  string
	kind  kind
	parts []part      // of a sequence or choice
	form  *form       // of a value
	attrs []attribute // of a value, all required
	space string      // of an open one: the namespace of what it holds, anyNamespace for whatever it is
}

type kind uint8

const (
	sequence kind = iota
	choice
	value
	open
)

const anyNamespace = "##any"

// part is an element of a sequence or choice.
type part struct {
	name       string
	shape      *shape
	least, max int // max is unbounded where any number may stand
}

const unbounded = -1

func (p *part) repeats() bool { return p.max != 1 }

type attribute struct {
	name string
	form *form
}

// cursor is how far one has come in a shape's parts.
type cursor struct {
	shape *shape
	at    int // the part that the last element was, of a choice too
	count int // how many of it
}

// enter goes on to the part that the next element is.
func (c *cursor) enter(name []byte) (*part, *problem) {
	if c.shape.kind == choice && c.count == 0 {
		if i := c.shape.find(name); i >= 0 {
			c.at, c.count = i, 1
			return &c.shape.parts[i], nil
		}
		return nil, faulty(FaultElement, "none of the choices").in(name)
	}
	parts, count := c.shape.parts, c.count
	for i := c.at; i < len(parts); i++ {
		p := &parts[i]
		if p.name == string(name) {
			if p.max != unbounded && count >= p.max {
				return nil, faulty(FaultRepeated, "more than %d", p.max).in(name)
			}
			c.at, c.count = i, count+1
			return p, nil
		}
		if count < p.least || c.shape.kind == choice {
			break
		}
		count = 0
	}
	return nil, c.misplaced(name)
}

// misplaced says why an element cannot be the next one.
func (c *cursor) misplaced(name []byte) *problem {
	i := c.shape.find(name)
	switch {
	case len(c.shape.parts) == 0:
		return faulty(FaultElement, "an element inside a value").in(name)
	case i < 0:
		return faulty(FaultElement, "not known here").in(name)
	case c.shape.kind == choice:
		return faulty(FaultChoice, "beside %s", c.shape.parts[c.at].name).in(name)
	case i < c.at:
		return faulty(FaultOrder, "behind %s", c.shape.parts[c.at].name).in(name)
	}
	lacking := c.lacking()
	lacking.detail = shorten("not before " + string(name))
	return lacking
}

// finish says what is missing at the end, nil where nothing is.
func (c *cursor) finish() *problem {
	if c.shape.kind != choice {
		return c.lacking()
	}
	if c.count == 0 {
		for i := range c.shape.parts {
			if c.shape.parts[i].least == 0 {
				return nil
			}
		}
		return faulty(FaultMissing, "none of the choices")
	}
	if p := c.shape.parts[c.at]; c.count < p.least {
		return faulty(FaultMissing, "fewer than %d", p.least).in([]byte(p.name))
	}
	return nil
}

// lacking is the first part that must stand behind where one is.
func (c *cursor) lacking() *problem {
	count := c.count
	for i := c.at; i < len(c.shape.parts); i++ {
		if p := &c.shape.parts[i]; count < p.least {
			return faulty(FaultMissing, "fewer than %d", p.least).in([]byte(p.name))
		}
		count = 0
	}
	return nil
}

func (s *shape) find(name []byte) int {
	for i := range s.parts {
		if s.parts[i].name == string(name) {
			return i
		}
	}
	return -1
}
