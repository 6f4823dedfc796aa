package messaging

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Version 1 of what participants send had persons and texts where there are commitments now, and its signatures
// cover whole payloads. Nobody sends it any more; ledgers that hold it are replayed.

// IsFirst tells whether a payload of a participant says that it is of version 1.
func IsFirst(payload []byte) bool {
	var said struct {
		Version int `json:"version"`
	}
	return json.Unmarshal(payload, &said) == nil && said.Version == Version
}

// DecodeRequestsFirst is DecodeRequests of a payload of version 1.
func DecodeRequestsFirst(participant string, payload []byte) ([]DecodedIntent, []Recall, error) {
	elements, recalls, err := decodeElements(participant, payload, Version, MaxEnvelopeBytes)
	if err != nil {
		return nil, nil, err
	}
	intents := make([]DecodedIntent, len(elements))
	for n, raw := range elements {
		intents[n] = decodeIntentFirst(raw)
	}
	return intents, recalls, nil
}

// decodeIntentFirst reads one well-formed JSON value.
func decodeIntentFirst(raw jsontext.Value) DecodedIntent {
	d := DecodedIntent{Raw: raw}
	if d.Fault = members(raw, &d.Intent); d.Fault == nil {
		d.Fault = checkIntent(&d.Intent)
	}
	if d.Fault != nil {
		d.Intent.ID = idOf(raw)
	}
	return d
}

// DecodeReportFirst is DecodeReport of a payload of version 1.
func DecodeReportFirst(participant string, payload []byte) ([]DecodedOutcome, *RailHealth, error) {
	var envelope OutcomeEnvelope
	if err := decode(participant, payload, &envelope, &envelope.Version, &envelope.Participant); err != nil {
		return nil, nil, err
	}
	var r rules
	r.report(envelope.Outcomes == nil, len(envelope.Outcomes), envelope.Rail)
	outcomes := make([]DecodedOutcome, len(envelope.Outcomes))
	for n := range envelope.Outcomes {
		r.item(checkOutcome(&envelope.Outcomes[n]))
		outcomes[n].Outcome = envelope.Outcomes[n]
	}
	if r.fault != nil {
		return nil, nil, r.fault
	}
	return outcomes, envelope.Rail, nil
}

// MessageHashFirst is MessageHash of a message whose signature covers its whole payload: of payloads of version 1, where
// a line feed may be anywhere.
func MessageHashFirst(payload []byte, signature string) [32]byte { return hashOf(payload, signature) }
