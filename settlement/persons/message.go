package persons

import (
	"encoding/binary"
	"errors"
)

// A sealed message keeps the closed lines of one message, in their order. Integers are big-endian:
//
//	version      1 byte, 1
//	keys         8 bytes, the ID
//	lines        2 bytes, how many
//	each line    hidden path (8), commitment (32), length of the box (2), box
//
// A box of no bytes is a line that was not kept, because its person was erased before.
const (
	messageForm = 1
	messageHead = 1 + len(ID{}) + 2
	lineHead    = 8 + len(Commitment{}) + 2

	MaxLines        = 1024
	MaxMessageBytes = 1 << 20
)

// Message is a sealed message that was read. Its lines share the memory of what was read.
type Message struct {
	Keys  ID
	Lines []Sealed
}

// SealAll seals the closed lines of a message. Lines of erased persons are not kept and stop nobody else's. Errors
// are *PersonError and *LimitError.
func (k *Keys) SealAll(lines []Line) ([]byte, error) {
	if len(lines) > MaxLines {
		return nil, &LimitError{What: "closed lines of a message", Got: len(lines), Max: MaxLines}
	}
	size := messageHead
	for i := range lines {
		size += lineHead + len(lines[i].Text) + overhead
	}
	if size > MaxMessageBytes {
		return nil, &LimitError{What: "bytes of a sealed message", Got: size, Max: MaxMessageBytes}
	}
	text := append(append(make([]byte, 0, size), messageForm), k.id[:]...)
	text = binary.BigEndian.AppendUint16(text, uint16(len(lines))) //nolint:gosec // at most MaxLines
	for i := range lines {
		var err error
		if text, err = k.appendLine(text, &lines[i]); err != nil {
			return nil, err
		}
	}
	return text, nil
}

func (k *Keys) appendLine(text []byte, line *Line) ([]byte, error) {
	head := len(text)
	text = append(text, make([]byte, lineHead)...)
	s, err := k.seal(text, line.Person, line.Text)
	if err != nil && !isErased(err) {
		return nil, err
	}
	n := head + copy(text[head:], s.Hidden[:])
	n += copy(text[n:], s.Commitment[:])
	binary.BigEndian.PutUint16(text[n:], uint16(len(s.Box))) //nolint:gosec // at most MaxLineBytes and the overhead
	return text[:len(text)+len(s.Box)], nil
}

func isErased(err error) bool {
	var erased *ErasedError
	return errors.As(err, &erased)
}

// ReadMessage reads a sealed message. Errors are *FormError and *LimitError.
func ReadMessage(text []byte) (Message, error) {
	refused := func(why string) (Message, error) {
		return Message{}, &FormError{What: "sealed message", Why: why}
	}
	switch {
	case len(text) > MaxMessageBytes:
		return Message{}, &LimitError{What: "bytes of a sealed message", Got: len(text), Max: MaxMessageBytes}
	case len(text) < messageHead || text[0] != messageForm:
		return refused("it does not begin as one of this version")
	}
	m := Message{Keys: ID(text[1:])}
	count := int(binary.BigEndian.Uint16(text[messageHead-2:]))
	if count > MaxLines {
		return Message{}, &LimitError{What: "closed lines of a message", Got: count, Max: MaxLines}
	}
	text = text[messageHead:]
	if len(text) < count*lineHead {
		return refused("it ends early")
	}
	m.Lines = make([]Sealed, count)
	for i := range m.Lines {
		var why string
		if text, why = m.Lines[i].read(text); why != "" {
			return refused(why)
		}
	}
	if len(text) > 0 {
		return refused("something follows the lines")
	}
	return m, nil
}

// read takes a line off the text, or says why it cannot.
func (s *Sealed) read(text []byte) (rest []byte, why string) {
	if len(text) < lineHead {
		return nil, "it ends early"
	}
	s.Hidden, s.Commitment = [8]byte(text), Commitment(text[8:])
	size := int(binary.BigEndian.Uint16(text[lineHead-2:]))
	text = text[lineHead:]
	switch {
	case size > len(text):
		return nil, "it ends early"
	case size != 0 && size <= overhead || size > MaxLineBytes+overhead:
		return nil, "a box of a length that no line has"
	}
	s.Box = text[:size:size]
	return text[size:], ""
}

// Unsealed is what became of a line: its text, or Err, which is *ErasedError or *TamperedError.
type Unsealed struct {
	Commitment Commitment
	Text       []byte
	Err        error
}

// UnsealAll opens a sealed message, each line for itself. Errors are *FormError, *LimitError and *OtherKeysError.
func (k *Keys) UnsealAll(text []byte) ([]Unsealed, error) {
	m, err := ReadMessage(text)
	if err != nil {
		return nil, err
	}
	if m.Keys != k.id {
		return nil, &OtherKeysError{Want: m.Keys, Got: k.id}
	}
	lines := make([]Unsealed, len(m.Lines))
	for i, s := range m.Lines {
		lines[i].Commitment = s.Commitment
		lines[i].Text, lines[i].Err = k.Unseal(s)
	}
	return lines, nil
}

// Open opens the lines of a sealed message that are this person's, and leaves out all others: whose they are, the
// key cannot tell. Errors are *FormError and *LimitError.
func (k Key) Open(text []byte) ([]Unsealed, error) {
	m, err := ReadMessage(text)
	if err != nil {
		return nil, err
	}
	var mine []Unsealed
	for _, s := range m.Lines {
		if line, err := k.open(s.Box, &s.Commitment); err == nil {
			mine = append(mine, Unsealed{Commitment: s.Commitment, Text: line})
		}
	}
	return mine, nil
}
