package schema

import (
	_ "embed" // the tables
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed tables.txt
var tablesText string

// tables are the shapes of all messages that are supported.
type tables struct {
	messages map[string]*shape // by message: what its Document holds
	headers  map[string]*part  // by header: its AppHdr
	spaces   map[string]string // by namespace: the message or header
	uris     map[string]string // by message or header: its namespace
}

// loaded reads the tables when the first document comes. They are of our own making, and a test has read them: what
// does not fit is a defect of this program.
var loaded = sync.OnceValue(func() *tables {
	l := &loader{
		tables: &tables{
			messages: map[string]*shape{}, headers: map[string]*part{}, spaces: map[string]string{}, uris: map[string]string{},
		},
		shapes:   map[string]*shape{},
		patterns: map[string]*regexp.Regexp{},
	}
	for line := range strings.Lines(tablesText) {
		if !strings.HasPrefix(line, "#") {
			l.line(strings.Fields(line))
		}
	}
	return l.tables
})

// Messages lists the messages that are supported, in order.
func Messages() []string { return sortedKeys(loaded().messages) }

// Headers lists the business application headers that are supported, in order.
func Headers() []string { return sortedKeys(loaded().headers) }

// Root is the element that a message's Document holds, or a header itself; "" for what is not supported.
func Root(message string) string {
	if s := loaded().messages[message]; s != nil {
		return s.parts[0].name
	}
	if p := loaded().headers[message]; p != nil {
		return p.name
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

const isoNamespace = "urn:iso:std:iso:20022:tech:xsd:"

// Namespace is the namespace of a message or header.
func Namespace(message string) string { return isoNamespace + message }

// loader reads the tables line by line; generate says what a line holds.
type loader struct {
	*tables
	shapes   map[string]*shape
	patterns map[string]*regexp.Regexp
}

func (l *loader) line(words []string) {
	word, name, rest := words[0], words[1], words[2:]
	s := &shape{name: name}
	switch word {
	case "text":
		s.kind, s.form = value, l.form(name, rest)
	case "money":
		s.kind, s.form = value, l.shape(rest[0]).form
		for _, a := range rest[1:] {
			attr, form, _ := strings.Cut(a, "=")
			s.attrs = append(s.attrs, attribute{name: attr, form: l.shape(form).form})
		}
	case "sequence":
		s.kind, s.parts = sequence, l.parts(rest)
	case "choice":
		s.kind, s.parts = choice, l.parts(rest)
	case "open":
		s.kind, s.space = open, rest[0]
	case "message":
		l.messages[name] = &shape{name: "Document", kind: sequence, parts: l.parts(rest)}
		l.known(name)
		return
	case "header":
		l.headers[name] = &l.parts(rest)[0]
		l.known(name)
		return
	default:
		panic("schema: tables: " + word)
	}
	l.shapes[name] = s
}

func (l *loader) known(message string) {
	l.uris[message] = Namespace(message)
	l.spaces[l.uris[message]] = message
}

func (l *loader) shape(name string) *shape {
	s := l.shapes[name]
	if s == nil {
		panic("schema: tables: no type " + name)
	}
	return s
}

func (l *loader) parts(words []string) []part {
	parts := make([]part, len(words))
	for i, word := range words {
		name, of, _ := strings.Cut(word, ":")
		p := part{name: name, least: 1, max: 1}
		switch end := strings.IndexAny(of, "?*+{"); {
		case end < 0:
		case of[end] == '?':
			of, p.least = of[:end], 0
		case of[end] == '*':
			of, p.least, p.max = of[:end], 0, unbounded
		case of[end] == '+':
			of, p.max = of[:end], unbounded
		default:
			least, most, _ := strings.Cut(strings.Trim(of[end:], "{}"), ",")
			of, p.least, p.max = of[:end], number(least), unbounded
			if most != "" {
				p.max = number(most)
			}
		}
		p.shape = l.shape(of)
		parts[i] = p
	}
	return parts
}

func (l *loader) form(name string, words []string) *form {
	f := &form{name: name, base: words[0], max: unbounded, total: unbounded, fraction: unbounded}
	for _, word := range words[1:] {
		facet, text, _ := strings.Cut(word, "=")
		switch facet {
		case "min":
			f.min = number(text)
		case "max":
			f.max = number(text)
		case "total":
			f.total = number(text)
		case "fraction":
			f.fraction = number(text)
		case "least":
			if number(text) != 0 {
				panic("schema: tables: a bound other than zero: " + name)
			}
			f.unsigned = true
		case "pattern":
			f.pattern = l.pattern(text)
		case "codes":
			f.codes = map[string]bool{}
			for code := range strings.SplitSeq(text, "|") {
				f.codes[code] = true
			}
		default:
			panic(fmt.Sprintf("schema: tables: facet %s of %s", facet, name))
		}
	}
	f.check = checkOf(f.base)
	return f
}

// pattern compiles a pattern once, however many forms have it. XML Schema's are anchored.
func (l *loader) pattern(text string) *regexp.Regexp {
	if l.patterns[text] == nil {
		l.patterns[text] = regexp.MustCompile(`^(?:` + text + `)$`)
	}
	return l.patterns[text]
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("schema: tables: " + err.Error())
	}
	return n
}
