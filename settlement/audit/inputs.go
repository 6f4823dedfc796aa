package audit

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// Message is a participant's message as the log keeps it: who sent what and when it came, and the open line that
// is signed. What could not be read as a message is named by its hash alone: nobody knows what is in it.
type Message struct {
	Participant string
	Kind        string // intent or outcome
	Sequence    uint64 // in the participant's stream
	ReceivedAt  time.Time
	Signature   string   // as it came; "" where Fault is set
	Open        []byte   // exact bytes; nil where Fault is set
	Closed      []Closed // what was said of closed values, in order of place
	Fault       string   // why it was not read; "" where it was
	Hash        [32]byte // of open line and signature (messaging.MessageHash); zero where both are there
	Letter      int32    // where a command has a dead letter taken in again: its place, -1 for the whole message
	IsLetter    bool
}

// Closed is what the switch says of the closed values of one place: who lacks them cannot know.
type Closed struct {
	Place int32
	Fault string
}

// messageHeader is the line before an open line. Members stand in the order of their names.
type messageHeader struct {
	Bytes       int            `json:"bytes"`
	Closed      []closedHeader `json:"closed,omitzero"`
	Fault       string         `json:"fault,omitzero"`
	Hash        string         `json:"hash,omitzero"`
	Kind        string         `json:"kind"`
	Letter      *int32         `json:"letter,omitzero"`
	Participant string         `json:"participant"`
	Received    string         `json:"received"`
	Sequence    uint64         `json:"sequence"`
	Signature   string         `json:"signature,omitzero"`
}

type closedHeader struct {
	Fault string `json:"fault"`
	Place int32  `json:"place"`
}

// AppendMessage writes a message for the blob of a batch's inputs: a line of canonical JSON, whose member bytes is
// the length of the open line, then the open line and a line feed.
func AppendMessage(b []byte, m *Message) ([]byte, error) {
	b, err := AppendHeader(b, m)
	if err != nil {
		return nil, err
	}
	return append(append(b, m.Open...), '\n'), nil
}

// AppendHeader writes the line before a message's open line.
func AppendHeader(b []byte, m *Message) ([]byte, error) {
	h := messageHeader{
		Bytes: len(m.Open), Fault: m.Fault, Kind: m.Kind, Participant: m.Participant,
		Received: m.ReceivedAt.UTC().Format(time.RFC3339Nano), Sequence: m.Sequence, Signature: m.Signature,
	}
	for _, c := range m.Closed {
		h.Closed = append(h.Closed, closedHeader{Fault: c.Fault, Place: c.Place})
	}
	if m.Fault != "" {
		h.Hash = hex.EncodeToString(m.Hash[:])
	}
	if m.IsLetter {
		h.Letter = &m.Letter
	}
	line, err := Ordered(h)
	if err != nil {
		return nil, err
	}
	return append(append(b, line...), '\n'), nil
}

// JoinMessages makes the inputs of a batch of their headers, by asking for each open line.
func JoinMessages(headers []byte, open func(participant string, sequence uint64) ([]byte, error)) (blob []byte, err error) {
	for at := 0; at < len(headers); {
		h, end, err := readHeader(headers, at)
		if err != nil {
			return nil, err
		}
		blob = append(blob, headers[at:end]...)
		at = end
		if h.Fault == "" {
			line, err := open(h.Participant, h.Sequence)
			if err != nil {
				return nil, err
			}
			blob = append(blob, line...)
		}
		blob = append(blob, '\n')
	}
	return blob, nil
}

// InputsError says where the inputs of a batch are not what AppendMessage writes.
type InputsError struct {
	Offset int
	Detail string
}

func (e *InputsError) Error() string {
	return fmt.Sprintf("audit: inputs at byte %d: %s", e.Offset, e.Detail)
}

// maxHeader bounds the line before an open line: its longest member lists faults of some thousand places.
const maxHeader = 1 << 18

// ReadMessages reads the inputs of a batch, in order. Open lines are parts of blob. Only what AppendMessage writes
// is read. Errors are *InputsError.
func ReadMessages(blob []byte) (messages []Message, err error) {
	for at := 0; at < len(blob); {
		m, end, err := readMessage(blob, at)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
		at = end
	}
	return messages, nil
}

// readHeader reads the header that begins at a place, and tells where the open line does.
func readHeader(blob []byte, at int) (h messageHeader, end int, err error) {
	length := bytes.IndexByte(blob[at:min(len(blob), at+maxHeader)], '\n')
	if length < 0 {
		return h, 0, &InputsError{Offset: at, Detail: "no header line"}
	}
	if err := json.Unmarshal(blob[at:at+length], &h, json.StringifyNumbers(true), json.RejectUnknownMembers(true)); err != nil {
		return h, 0, &InputsError{Offset: at, Detail: "the header is not of its form: " + err.Error()}
	}
	return h, at + length + 1, nil
}

func readMessage(blob []byte, at int) (m Message, end int, err error) {
	fail := func(detail string) (Message, int, error) {
		return Message{}, 0, &InputsError{Offset: at, Detail: detail}
	}
	h, from, err := readHeader(blob, at)
	if err != nil {
		return m, 0, err
	}
	if h.Bytes < 0 || h.Bytes >= len(blob)-from || blob[from+h.Bytes] != '\n' {
		return fail("the open line is not " + strconv.Itoa(h.Bytes) + " bytes long")
	}
	m = Message{
		Participant: h.Participant, Kind: h.Kind, Sequence: h.Sequence, Signature: h.Signature, Fault: h.Fault,
		Open: blob[from : from+h.Bytes : from+h.Bytes],
	}
	if m.ReceivedAt, err = time.Parse(time.RFC3339Nano, h.Received); err != nil {
		return fail("received is no instant")
	}
	for _, c := range h.Closed {
		m.Closed = append(m.Closed, Closed{Place: c.Place, Fault: c.Fault})
	}
	if h.Letter != nil {
		m.IsLetter, m.Letter = true, *h.Letter
	}
	if m.Fault != "" {
		m.Open = nil
		hash, err := hex.DecodeString(h.Hash)
		if err != nil || len(hash) != len(m.Hash) {
			return fail("the hash of a message that was not read")
		}
		copy(m.Hash[:], hash)
	}
	end = from + h.Bytes + 1
	// One message has one text: what reads and would be written otherwise was written by another hand.
	if again, err := AppendMessage(nil, &m); err != nil || !bytes.Equal(again, blob[at:end]) {
		return fail("not in canonical form")
	}
	return m, end, nil
}
