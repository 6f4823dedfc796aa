package decide

import (
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// LineSeveral is the kind of a line that holds several, where an entry has more than the log takes.
const LineSeveral = "several"

// several is that line.
type several struct {
	Of    string `json:"of"`    // their kind
	Lines []any  `json:"lines"` // in their order
}

const (
	severalLines = 200      // in one
	severalBytes = 40 << 10 // in one
)

// fold makes an entry one that the log takes: lines of one kind become one, first those of a section about the same
// members, and where that is not enough all of a section, which are then about nobody. The input's own line stays.
func (e *Entry) fold() {
	for _, mixed := range []bool{false, true} {
		if len(e.Lines) > diary.MaxLines {
			e.Lines = append(e.Lines[:1:1], folded(e.Lines[1:], mixed)...)
		}
	}
}

// pile is a place where lines become one.
type pile struct {
	place, bytes int
	lines        []any
}

// folded puts lines where the first of theirs stands. Mixed are those about different members.
func folded(lines []Line, mixed bool) (out []Line) {
	piles := map[string]*pile{}
	for _, l := range lines {
		bodies, of := []any{l.Body}, l.Kind
		if s, ok := l.Body.(several); ok {
			bodies, of = s.Lines, s.Of
		}
		name := string(l.Section) + " " + of
		if !mixed {
			name += " " + strings.Join(l.About, " ")
		}
		bytes := sizeOf(bodies)
		p := piles[name]
		if p == nil || p.bytes+bytes > severalBytes || len(p.lines)+len(bodies) > severalLines {
			piles[name] = &pile{place: len(out), bytes: bytes, lines: slices.Clone(bodies)}
			out = append(out, l)
			continue
		}
		p.lines, p.bytes = append(p.lines, bodies...), p.bytes+bytes
		about := l.About
		if !slices.Equal(about, out[p.place].About) {
			about = nil // nobody is shown what is about another
		}
		out[p.place] = Line{Section: l.Section, About: about, Kind: LineSeveral, Body: several{Of: of, Lines: p.lines}}
	}
	return out
}

// sizeOf is how many bytes bodies are as they are written.
func sizeOf(bodies []any) int {
	text, err := audit.Canonical(bodies)
	if err != nil {
		return severalBytes // it stays alone
	}
	return len(text)
}
