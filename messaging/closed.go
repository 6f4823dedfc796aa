package messaging

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
)

// The closed lines.
type (
	closedParty struct {
		Party

		Salt string `json:"salt"`
	}
	closedNote struct {
		Purpose   string `json:"purpose,omitempty"`
		Reference string `json:"reference,omitempty"`
		Salt      string `json:"salt"`
	}
	closedText struct {
		RailText string `json:"rail_text"`
		Salt     string `json:"salt"`
	}
)

// closedLines finds a payload's closed lines by their hashes. Lines beyond the limits are as if they were not there,
// and lines that nothing names are never read.
type closedLines map[[sha256.Size]byte][]byte

func indexLines(closed []byte) closedLines {
	lines := closedLines{}
	for n := 0; n < MaxClosedLines && len(closed) > 0; n++ {
		var line []byte
		line, closed, _ = bytes.Cut(closed, []byte{'\n'})
		if len(line) > 0 && len(line) <= MaxClosedLineBytes {
			lines[sha256.Sum256(line)] = slices.Clip(line)
		}
	}
	return lines
}

// intent reads what an intent's open line names, after everything open was found sound. What is wrong with it is a fault of
// this intent alone, and quotes nothing: faults are told and logged.
func (l closedLines) intent(d *DecodedIntent) {
	i := &d.Intent
	var debtor, creditor closedParty
	var note closedNote
	r := rules{closed: true}
	l.read(&r, "debtor", &d.Debtor, &debtor)
	l.read(&r, "creditor", &d.Creditor, &creditor)
	if d.Note.Named() {
		l.read(&r, "note", &d.Note, &note)
	}
	if r.fault == nil {
		r.closedParty("debtor", &debtor)
		r.closedParty("creditor", &creditor)
		if d.Note.Line != nil {
			r.note(&note)
		}
	}
	if d.Fault = r.fault; d.Fault != nil {
		d.Debtor.Line, d.Creditor.Line, d.Note.Line = nil, nil, nil
		return
	}
	i.Debtor, i.Creditor, i.Purpose, i.Reference = debtor.Party, creditor.Party, note.Purpose, note.Reference
}

// outcome reads the text of the rail that an outcome names. It is for people, and decides nothing: one that is missing or
// not sound must not keep what happened from being told.
func (l closedLines) outcome(d *DecodedOutcome) {
	if !d.Text.Named() {
		return
	}
	var text closedText
	r := rules{closed: true}
	l.read(&r, "rail_text", &d.Text, &text)
	if r.fault == nil {
		r.railText(&text)
	}
	if r.fault != nil {
		d.Text.Line = nil
		return
	}
	d.RailText = text.RailText
}

// read finds the line of a commitment and reads it.
func (l closedLines) read(r *rules, where string, c *Closed, into any) {
	line, found := l[c.Commitment]
	if !found {
		r.fail(where, "the closed line is missing")
		return
	}
	c.Line = line
	err := strict(line, MaxClosedLineBytes, into)
	if err == nil && hasNull(line) {
		err = &FaultError{Fault: FaultSchema}
	}
	if fault, ok := errors.AsType[*FaultError](err); ok {
		r.item(&FaultError{Fault: fault.Fault, Detail: where + ": the closed line does not read", Closed: true})
	}
}

func (r *rules) closedParty(where string, p *closedParty) {
	r.party(where, &p.Party)
	r.salt(where, p.Salt)
}

func (r *rules) note(n *closedNote) {
	r.text("note.purpose", n.Purpose, MaxPurposeLength)
	r.text("note.reference", n.Reference, MaxReferenceLength)
	r.salt("note", n.Salt)
}

func (r *rules) railText(t *closedText) {
	r.text("rail_text", t.RailText, MaxRailTextLength)
	if t.RailText == "" {
		r.fail("rail_text", "missing")
	}
	r.salt("rail_text", t.Salt)
}

// salt wants a salt in its one text. Whether it is random only its sender knows.
func (r *rules) salt(where, text string) {
	if !validSalt(text) {
		r.fail(where+".salt", "not %d bytes in base64url", saltSize)
	}
}

// validSalt tells whether text is 16 bytes of base64url: of its last character two bits are used.
func validSalt(text string) bool {
	return saltForm.MatchString(text) && strings.IndexByte("AQgw", text[saltLength-1]) >= 0
}
