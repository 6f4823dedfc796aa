package messaging

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
)

// DecodedIntent is one intent of an envelope. It stands alone: a faulty one spoils no other.
type DecodedIntent struct {
	Intent Intent      // as far as it could be read; with a Fault, only the ID is sure to be well-formed or ""
	Raw    []byte      // the exact bytes of this element of the open line; may be a part of the payload
	Fault  *FaultError // nil where the structure is sound; Intent.Check looks at the amounts

	Debtor, Creditor, Note Closed // no Note where there is neither purpose nor reference
}

// DecodeRequests reads the payload of intent.<participant>, intents and recalls. Errors are *FaultError and
// mean the whole envelope; what is wrong with one intent is in its Fault.
func DecodeRequests(participant string, payload []byte) ([]DecodedIntent, []Recall, error) {
	if intents, ok := readIntents(participant, payload, true); ok {
		return intents, nil, nil
	}
	return decodeRequests(participant, payload)
}

func decodeRequests(participant string, payload []byte) ([]DecodedIntent, []Recall, error) {
	open, closed := Open(payload)
	intents, recalls, err := decodeOpenRequests(participant, open)
	if err == nil {
		err = checkSize(payload)
	}
	if err != nil {
		return nil, nil, err
	}
	lines := indexLines(closed)
	for n := range intents {
		if intents[n].Fault == nil {
			lines.intent(&intents[n])
		}
	}
	return intents, recalls, nil
}

// DecodeIntents is DecodeRequests without the recalls, which are checked and left out.
func DecodeIntents(participant string, payload []byte) ([]DecodedIntent, error) {
	intents, _, err := DecodeRequests(participant, payload)
	return intents, err
}

// DecodeOpenRequests reads an open line of intent.<participant> for who has no more of it: nothing that is closed is in
// the intents, and the faults are those of DecodeRequests that are not Closed. What is behind an open line is not looked at.
func DecodeOpenRequests(participant string, open []byte) ([]DecodedIntent, []Recall, error) {
	open, _ = Open(open)
	if intents, ok := readIntents(participant, open, false); ok {
		return intents, nil, nil
	}
	return decodeOpenRequests(participant, open)
}

func decodeOpenRequests(participant string, open []byte) ([]DecodedIntent, []Recall, error) {
	elements, recalls, err := decodeElements(participant, open, VersionOpen, MaxOpenBytes)
	if err != nil {
		return nil, nil, err
	}
	intents := make([]DecodedIntent, len(elements))
	for n, raw := range elements {
		intents[n] = decodeOpenIntent(raw)
	}
	return intents, recalls, nil
}

// decodeElements reads an envelope of one version, its intents not yet.
func decodeElements(participant string, text []byte, version, most int) ([]jsontext.Value, []Recall, error) {
	var envelope struct {
		Version     int              `json:"version"`
		Participant string           `json:"participant"`
		Intents     []jsontext.Value `json:"intents"`
		Recalls     jsontext.Value   `json:"recalls"`
	}
	if err := strict(text, most, &envelope); err != nil {
		return nil, nil, err
	}
	if err := addressed(envelope.Version, version, envelope.Participant, participant); err != nil {
		return nil, nil, err
	}
	recalls, fault := decodeRecalls(envelope.Recalls)
	if fault != nil {
		return nil, nil, fault
	}
	if envelope.Intents == nil {
		return nil, nil, &FaultError{Fault: FaultSchema, Detail: "intents: missing"}
	}
	var r rules
	if r.count("intents", len(envelope.Intents), 1-min(len(recalls), 1), MaxIntents); r.fault != nil {
		return nil, nil, r.fault
	}
	return envelope.Intents, recalls, nil
}

// openIntent is an intent in an open line: instead of persons and texts it has commitments.
type openIntent struct {
	ID                  string    `json:"id"`
	CreditorParticipant string    `json:"creditor_participant"`
	Debtor              string    `json:"debtor"`
	Creditor            string    `json:"creditor"`
	Source              Amount    `json:"source"`
	Destination         Amount    `json:"destination"`
	Quote               string    `json:"quote,omitempty"`
	Fixed               fx.Fixed  `json:"fixed,omitempty"`
	Priority            Priority  `json:"priority,omitempty"`
	Bundle              *Bundle   `json:"bundle,omitempty"`
	Deadline            time.Time `json:"deadline"`
	Note                string    `json:"note,omitempty"`
}

// decodeOpenIntent reads one well-formed JSON value.
func decodeOpenIntent(raw jsontext.Value) DecodedIntent {
	d := DecodedIntent{Raw: raw}
	var o openIntent
	if d.Fault = members(raw, &o); d.Fault == nil {
		d.Intent = Intent{
			ID: o.ID, CreditorParticipant: o.CreditorParticipant, Source: o.Source, Destination: o.Destination,
			Quote: o.Quote, Fixed: o.Fixed, Priority: o.Priority, Bundle: o.Bundle, Deadline: o.Deadline,
		}
		if d.Fault = checkOpenIntent(&d.Intent); d.Fault == nil {
			d.Fault = d.commitments(o.Debtor, o.Creditor, o.Note)
		}
	}
	if d.Fault != nil {
		d.Intent.ID = idOf(raw)
	}
	return d
}

func (d *DecodedIntent) commitments(debtor, creditor, note string) *FaultError {
	var r rules
	r.commitment("debtor", debtor, &d.Debtor.Commitment)
	r.commitment("creditor", creditor, &d.Creditor.Commitment)
	if note != "" {
		r.commitment("note", note, &d.Note.Commitment)
	}
	return r.fault
}
