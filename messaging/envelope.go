package messaging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// idOf is the id of an intent that is refused, "" where that much cannot be read.
func idOf(raw jsontext.Value) string {
	var named struct {
		ID jsontext.Value `json:"id"`
	}
	var id string
	if json.Unmarshal(raw, &named) == nil && named.ID.Kind() == '"' &&
		json.Unmarshal(named.ID, &id) == nil && idForm.MatchString(id) {
		return id
	}
	return ""
}

// DecodePayout reads the payload of payout.<participant>. Errors are *FaultError.
func DecodePayout(participant string, payload []byte) (*PayoutMessage, error) {
	if m, ok := readPayout(participant, payload); ok {
		return m, nil
	}
	return decodePayout(participant, payload)
}

func decodePayout(participant string, payload []byte) (*PayoutMessage, error) {
	var m PayoutMessage
	if err := decode(participant, payload, &m, &m.Version, &m.Participant); err != nil {
		return nil, err
	}
	var r rules
	r.decision(m.Batch, m.LogIndex)
	r.count("instructions", len(m.Instructions), 1, MaxInstructions)
	for i := range m.Instructions {
		r.item(checkInstruction(&m.Instructions[i]))
	}
	if r.fault != nil {
		return nil, r.fault
	}
	return &m, nil
}

// DecodeStatus reads the payload of status.<participant>. Errors are *FaultError.
func DecodeStatus(participant string, payload []byte) (*StatusMessage, error) {
	if m, ok := readStatus(participant, payload); ok {
		return m, nil
	}
	return decodeStatus(participant, payload)
}

func decodeStatus(participant string, payload []byte) (*StatusMessage, error) {
	var m StatusMessage
	if err := decode(participant, payload, &m, &m.Version, &m.Participant); err != nil {
		return nil, err
	}
	var r rules
	r.decision(m.Batch, m.LogIndex)
	if r.status(&m); r.fault != nil {
		return nil, r.fault
	}
	return &m, nil
}

// decode reads a payload of version 1, which is accepted as a whole or not at all.
func decode(participant string, payload []byte, into any, version *int, claimed *string) error {
	return decodeVersion(Version, MaxEnvelopeBytes, participant, payload, into, version, claimed)
}

func decodeVersion(want, most int, participant string, text []byte, into any, version *int, claimed *string) error {
	if err := strict(text, most, into); err != nil {
		return err
	}
	if hasNull(text) {
		return &FaultError{Fault: FaultSchema, Detail: "null"}
	}
	return addressed(*version, want, *claimed, participant)
}

// addressed checks what every payload begins with.
func addressed(version, want int, claimed, participant string) error {
	if version != want {
		return &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("version %d, want %d", version, want)}
	}
	if claimed != participant {
		return &FaultError{Fault: FaultImpersonation, Detail: fmt.Sprintf("%.40q on the stream of %s", claimed, participant)}
	}
	return nil
}

// strict reads one JSON value of bounded size: the bytes, then the encoding, then the syntax (which
// refuses a name said twice), and only then the structure.
func strict(payload []byte, most int, into any) error {
	if len(payload) > most {
		return &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("%d bytes, at most %d", len(payload), most)}
	}
	if !utf8.Valid(payload) {
		return &FaultError{Fault: FaultEncoding, Detail: "the payload is not UTF-8"}
	}
	reader := jsontext.NewDecoder(bytes.NewReader(payload))
	if _, err := reader.ReadValue(); err != nil {
		return &FaultError{Fault: FaultSyntax, Detail: printable(err.Error(), MaxDetailLength)}
	}
	if _, err := reader.ReadToken(); !errors.Is(err, io.EOF) {
		return &FaultError{Fault: FaultSyntax, Detail: "more than one value"}
	}
	if err := json.Unmarshal(payload, into, json.RejectUnknownMembers(true)); err != nil {
		return &FaultError{Fault: FaultSchema, Detail: printable(err.Error(), MaxDetailLength)}
	}
	return nil
}

// members reads a well-formed value whose every member must be known and none null.
func members(raw jsontext.Value, into any) *FaultError {
	if hasNull(raw) {
		return &FaultError{Fault: FaultSchema, Detail: "null"}
	}
	if err := json.Unmarshal(raw, into, json.RejectUnknownMembers(true)); err != nil {
		return &FaultError{Fault: FaultSchema, Detail: printable(err.Error(), MaxDetailLength)}
	}
	return nil
}

// hasNull tells whether a well-formed value holds a null, which would otherwise read as a zero value.
func hasNull(value []byte) bool {
	if !bytes.Contains(value, []byte("null")) {
		return false
	}
	reader := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		token, err := reader.ReadToken()
		if err != nil {
			return false
		}
		if token.Kind() == 'n' {
			return true
		}
	}
}
