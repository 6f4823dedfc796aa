// Package verify reads a pool's log as anybody may who was given a copy: the whole, which is decided again from its
// inputs, or a view, of which every line that is shown is held against the log's checkpoint, and every act against the
// key that signed it. It needs no database, no network and no trust in the node.
package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// Report is what was read.
type Report struct {
	Pool     string    `json:"pool"`
	Entries  int64     `json:"entries"`
	Root     string    `json:"root"`
	Shown    int64     `json:"shown"`  // lines
	Hidden   int64     `json:"hidden"` // lines: with one or more it is a view
	Acts     int64     `json:"acts"`   // whose signatures were verified
	Decided  int64     `json:"decided"`
	Postings int64     `json:"postings"`
	Members  int       `json:"members"`
	Through  time.Time `json:"through"`

	Difference *Difference `json:"difference,omitzero"`
}

// Difference is the first place where a copy is not what it should be.
type Difference struct { //nolint:errname // what is found, before it is an error
	Index    int64  `json:"index"` // of the entry; -1 where it is about none
	Place    int    `json:"place"` // of the line; -1 where it is about none
	What     string `json:"what"`
	Expected string `json:"expected,omitzero"`
	Found    string `json:"found,omitzero"`
}

// Where is the place and what is wrong there.
func (d *Difference) Where() string { return fmt.Sprintf("line %d: %s", d.Place, d.What) }

func (d *Difference) Error() string {
	text := fmt.Sprintf("entry %d, %s", d.Index, d.Where())
	if d.Expected != "" {
		text += fmt.Sprintf(": expected %s, found %s", clip(d.Expected), clip(d.Found))
	}
	return text
}

// OK tells whether nothing differs.
func (r *Report) OK() bool { return r.Difference == nil }

// String says it to people.
func (r *Report) String() string {
	if r.Difference != nil {
		return r.Difference.Error()
	}
	if r.Hidden > 0 {
		return fmt.Sprintf("a view of %d entries: %d lines shown, %d hidden, each where the log names it; %d acts signed by whom they say",
			r.Entries, r.Shown, r.Hidden, r.Acts)
	}
	return fmt.Sprintf("%d entries of %s decided again, %d signed acts, %d members, %d postings, all as logged",
		r.Decided, r.Pool, r.Acts, r.Members, r.Postings)
}

// Verify reads a copy from end to end. What differs is in the report; the error is about what could not be read at all.
// watch, which may be nil, is shown every entry before it is held against anything but the tree: what it makes of them
// counts only where the report is OK.
func Verify(ctx context.Context, files fs.FS, trust diary.Trust, watch func(diary.Page)) (*Report, error) {
	r := &Report{}
	reader := &reader{report: r, whole: true, watch: watch}
	read, err := diary.Verify(ctx, files, trust, reader.page)
	if finding, ok := errors.AsType[*diary.Finding](err); ok {
		r.Difference = &Difference{Index: finding.Index, Place: finding.Place, What: finding.Error()}
		return r, nil
	}
	var differs *Difference
	if err != nil && !errors.As(err, &differs) {
		return nil, err
	}
	if read != nil {
		r.Pool, _ = strings.CutSuffix(read.Log.Name(), "/log")
		r.Entries, r.Root = read.Checkpoint.Size, read.Checkpoint.Root.String()
		r.Shown, r.Hidden = read.Shown, read.Hidden
		if len(read.Findings) > 0 && (differs == nil || before(read.Findings[0], differs)) {
			first := read.Findings[0]
			differs = &Difference{Index: first.Index, Place: first.Place, What: first.Error()}
		}
	}
	if differs == nil && reader.state != nil && reader.pool != r.Pool {
		differs = &Difference{Index: 0, Place: 0, What: "it founds another pool", Expected: r.Pool, Found: reader.pool}
	}
	r.Difference = differs
	return r, nil
}

// before tells whether a finding is about an earlier entry than a difference. One about no entry is last.
func before(f *diary.Finding, d *Difference) bool { return f.Index >= 0 && f.Index < d.Index }

// reader decides pages again for as long as nothing was hidden.
type reader struct {
	report *Report
	whole  bool
	state  *decide.State
	pool   string // that was founded
	watch  func(diary.Page)
}

// said is the line of an input, as decide writes it.
type said struct {
	At        time.Time      `json:"at"`
	Key       string         `json:"key"`
	Open      string         `json:"open"`
	Signature []byte         `json:"signature"`
	Word      string         `json:"word"`
	Body      jsontext.Value `json:"body"`
}

func (x *reader) page(p diary.Page) error {
	if x.watch != nil {
		x.watch(p)
	}
	wrong := func(place int, format string, args ...any) error {
		return &Difference{Index: p.Index, Place: place, What: fmt.Sprintf(format, args...)}
	}
	for _, at := range p.Lines {
		if at.Shown && at.Line.Kind == "posting" {
			x.report.Postings++
		}
	}
	x.whole = x.whole && p.Hidden == 0
	if !p.Lines[0].Shown {
		return nil
	}
	var s said
	if err := p.Lines[0].Line.Read(&s); err != nil || p.Lines[0].Line.Kind != "said" {
		return wrong(0, "it is no input")
	}
	in, err := s.input()
	if err != nil {
		return wrong(0, "%v", err)
	}
	if in.Act != nil && in.Act.Verify() {
		x.report.Acts++
	}
	x.report.Through = in.At
	if !x.whole {
		return x.signed(p, in)
	}
	return x.again(p, in)
}

func (s said) input() (decide.Input, error) {
	in := decide.Input{At: s.At}
	if s.Word != "" {
		in.Word = &decide.Word{Kind: s.Word, Body: s.Body}
		return in, nil
	}
	key, err := act.ParseKey(s.Key)
	in.Act = &act.Signed{Open: []byte(s.Open), Key: key, Signature: s.Signature}
	return in, err
}

// signed holds an act of a view against its signature: one that the log says was done must have been signed.
func (x *reader) signed(p diary.Page, in decide.Input) error {
	if in.Act == nil || in.Act.Verify() {
		return nil
	}
	for _, at := range p.Lines {
		if !at.Shown || at.Line.Kind == "refused" {
			return nil // refused, or nobody here can tell
		}
	}
	return &Difference{Index: p.Index, Place: 0, What: "an act that nobody signed was done"}
}

// again decides an input, and holds every line against the log.
func (x *reader) again(p diary.Page, in decide.Input) error {
	if x.state == nil {
		x.pool = poolOf(in)
		x.state = decide.New(x.pool)
	}
	entry, err := x.state.Decide(in)
	if err != nil {
		return &Difference{Index: p.Index, Place: 0, What: err.Error()}
	}
	x.report.Decided++
	x.report.Members = len(x.state.Members())
	for place, line := range entry.Lines {
		want, err := Text(line)
		if err != nil {
			return &Difference{Index: p.Index, Place: place, What: err.Error()}
		}
		if place >= len(p.Lines) {
			return &Difference{Index: p.Index, Place: place, What: "a line is missing", Expected: string(want), Found: "none"}
		}
		have, err := p.Lines[place].Line.Text()
		if err != nil || !bytes.Equal(want, have) {
			return &Difference{Index: p.Index, Place: place, What: "the line differs", Expected: string(want), Found: string(have)}
		}
	}
	if len(p.Lines) > len(entry.Lines) {
		return &Difference{Index: p.Index, Place: len(entry.Lines), What: "a line follows from nothing"}
	}
	return nil
}
