package messaging

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Recall asks the switch to stop one of the sender's own intents (ISO 20022 camt.056). Asked twice it is
// asked once.
type Recall struct {
	Intent string `json:"intent"`
	Reason string `json:"reason"` // ISO 20022 cancellation reason code: CUST, DUPL, FRAD, TECH, ...
}

// RecallState is how a recall stands (ISO 20022 camt.029).
type RecallState string

// The states of a recall. Pending comes before one of the others, or not at all.
const (
	RecallPending  RecallState = "pending"  // the creditor's participant is asked (PDCR)
	RecallAccepted RecallState = "accepted" // the transfer has expired, or its money is on the way back (CNCL)
	RecallRefused  RecallState = "refused"  // it goes on as if nobody had asked, or it had ended (RJCR)
)

// RecallAnswer answers a recall. It is apart from the states of the transfer, which are told as always: a
// refused recall ends nothing.
type RecallAnswer struct {
	Intent   string      `json:"intent"`
	Transfer string      `json:"transfer,omitempty"` // empty where the intent never became one
	State    RecallState `json:"state"`
	Fault    Fault       `json:"fault,omitempty"`  // why it was refused
	Reason   string      `json:"reason,omitempty"` // ISO 20022 code: what it was asked for, or why it was refused
}

// decodeRecalls reads the list of recalls, which may be missing.
func decodeRecalls(raw jsontext.Value) (recalls []Recall, fault *FaultError) {
	if raw == nil {
		return nil, nil
	}
	if fault := members(raw, &recalls); fault != nil {
		return nil, fault
	}
	var r rules
	r.count("recalls", len(recalls), 0, MaxRecalls)
	for _, recall := range recalls {
		r.recall(recall)
	}
	return recalls, r.fault
}

// EncodeRecalls packs recalls, in order, into payloads for intent.<participant>. Errors are *FaultError
// where one is malformed.
func EncodeRecalls(participant string, recalls []Recall) ([][]byte, error) {
	var payloads [][]byte
	for some := range slices.Chunk(recalls, MaxRecalls) {
		var r rules
		for _, recall := range some {
			r.recall(recall)
		}
		if r.fault != nil {
			return nil, fmt.Errorf("messaging: recalls from %s: %w", participant, r.fault)
		}
		payload, err := json.Marshal(IntentEnvelope{Version: VersionOpen, Participant: participant, Intents: []Intent{}, Recalls: some})
		if err != nil {
			return nil, fmt.Errorf("messaging: recalls from %s: %w", participant, err)
		}
		payloads = append(payloads, payload)
	}
	return payloads, nil
}

func (r *rules) recall(c Recall) {
	r.form("intent", c.Intent, idForm)
	r.form("reason", c.Reason, reasonForm)
}

func (r *rules) recallAnswer(a RecallAnswer) {
	r.form("intent", a.Intent, idForm)
	r.optional("transfer", a.Transfer, idForm)
	r.optional("fault", string(a.Fault), faultForm)
	r.optional("reason", a.Reason, reasonForm)
	if !slices.Contains(recallStates, a.State) {
		r.fail("state", "no state %.20q", string(a.State))
	}
}

var recallStates = []RecallState{RecallPending, RecallAccepted, RecallRefused}

// ValidReason tells whether code is written as an ISO 20022 external code.
func ValidReason(code string) bool { return len(code) == 4 && reasonForm.MatchString(code) }
