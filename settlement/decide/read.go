package decide

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Decode checks a message's size and signature over its exact bytes, and only then reads it.
func Decode(r messaging.Received, p *settlement.Participant, verifier *messaging.Verifier, by Screen) Message {
	m := Message{Received: r, participant: p, key: verifier.PublicKey()}
	if oversized(r) {
		m.fault = &messaging.FaultError{Fault: messaging.FaultOversized, Detail: "message over the size limit"}
		return m
	}
	open, _ := messaging.Open(r.Payload)
	m.read(open, verifier, messaging.DecodeRequests, messaging.DecodeReport)
	return m.hashed(by)
}

// decodeFirst is decode of a message of version 1, whose signature covers its whole payload: ledgers hold them.
func decodeFirst(r messaging.Received, p *settlement.Participant, verifier *messaging.Verifier, by Screen) Message {
	m := Message{Received: r, participant: p, key: verifier.PublicKey(), first: true}
	m.read(r.Payload, verifier, messaging.DecodeRequestsFirst, messaging.DecodeReportFirst)
	return m.hashed(by)
}

// read checks the signature over what is signed, and only then reads the payload.
func (m *Message) read(
	signed []byte, verifier *messaging.Verifier,
	requests func(string, []byte) ([]messaging.DecodedIntent, []messaging.Recall, error),
	report func(string, []byte) ([]messaging.DecodedOutcome, *messaging.RailHealth, error),
) {
	err := verifier.Verify(m.Kind, signed, m.Signature)
	if err == nil {
		switch m.Kind {
		case messaging.PayloadIntent:
			m.intents, m.recalls, err = requests(m.Participant, m.Payload)
		case messaging.PayloadOutcome:
			var outcomes []messaging.DecodedOutcome
			outcomes, m.health, err = report(m.Participant, m.Payload)
			for _, o := range outcomes {
				m.outcomes = append(m.outcomes, o.Outcome)
			}
		case messaging.PayloadPayout, messaging.PayloadStatus, messaging.PayloadLog:
			err = &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "participants do not send " + string(m.Kind)}
		}
	}
	if err != nil && !errors.As(err, &m.fault) {
		m.fault = &messaging.FaultError{Fault: messaging.FaultSchema, Detail: err.Error()}
	}
}

// hashed hashes the intents, and their accounts where there is a Screen.
func (m Message) hashed(by Screen) Message {
	m.hashes = make([][32]byte, len(m.intents))
	for i, intent := range m.intents {
		m.hashes[i] = sha256.Sum256(intent.Raw)
	}
	if by != nil && len(m.intents) > 0 {
		m.accounts = hashAccounts(by, m.intents)
	}
	return m
}

// Again reads a message as it came, and has its accounts hashed where there is a Screen. Its closed lines are not
// sealed here.
func Again(from ledger.Envelope, closed []byte, p *settlement.Participant, by Screen) (Message, error) {
	payload := from.Payload
	if payload == nil { // it was refused for its size, which this has too
		payload = make([]byte, messaging.MaxEnvelopeBytes+1)
	} else if messaging.MessageHash(payload, from.Signature) != from.Hash {
		return Message{}, notAsHashed(from)
	}
	if closed != nil {
		payload = slices.Concat(payload, []byte{'\n'}, closed)
	}
	return again(from, payload, p, by, Decode)
}

// AgainFirst is Again of a message of the rules before ayni-net-3, when payloads were of version 1.
func AgainFirst(from ledger.Envelope, p *settlement.Participant) (Message, error) {
	if from.Payload == nil {
		return again(from, make([]byte, messaging.MaxEnvelopeBytes+1), p, nil, Decode)
	}
	if messaging.MessageHashFirst(from.Payload, from.Signature) != from.Hash {
		return Message{}, notAsHashed(from)
	}
	return again(from, from.Payload, p, nil, decodeFirst)
}

func notAsHashed(from ledger.Envelope) error {
	return fmt.Errorf("engine: envelope %d of participant %d is not what its hash says", from.Sequence, from.Participant)
}

func again(
	from ledger.Envelope, payload []byte, p *settlement.Participant, by Screen,
	decode func(messaging.Received, *settlement.Participant, *messaging.Verifier, Screen) Message,
) (Message, error) {
	verifier, err := messaging.NewVerifier(p.SigningKey)
	if err != nil {
		return Message{}, fmt.Errorf("engine: signing key of %s: %w", p.Name, err)
	}
	return decode(messaging.Received{
		Participant: p.Name, Kind: from.Kind, Sequence: from.Sequence, Time: from.ReceivedAt, Payload: payload,
		Signature: from.Signature, Hash: from.Hash,
	}, p, verifier, by), nil
}

// maxSignature bounds a signature header; an Ed25519 signature takes 86 characters.
const maxSignature = 1024

func oversized(r messaging.Received) bool {
	return len(r.Payload) > messaging.MaxEnvelopeBytes || len(r.Signature) > maxSignature
}

// sortMessages puts messages into the order in which a batch takes them, whatever order the readers
// brought them in.
func sortMessages(messages []Message) {
	slices.SortFunc(messages, func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.participant.ID, b.participant.ID), cmp.Compare(a.Sequence, b.Sequence))
	})
}

// Order has messages be those of this state's participants, and sorts them.
func (s *State) Order(messages []Message) {
	for i := range messages {
		messages[i].participant = s.byName[messages[i].Participant]
	}
	sortMessages(messages)
}

// Doubtful lists the ids of a batch's intents that may have been used before. Most senders count upwards, and
// what is greater than everything that one ever used is new without asking the database, which takes it 1.5 µs
// an id.
func (s *State) Doubtful(messages []Message) []ledger.IntentKey {
	var keys []ledger.IntentKey
	for _, m := range messages {
		newest := s.newest[m.participant.ID]
		for _, intent := range m.intents {
			if id := intent.Intent.ID; id != "" && id <= newest {
				keys = append(keys, ledger.IntentKey{Participant: m.participant.ID, ID: id})
			}
		}
		for _, recall := range m.recalls {
			if recall.Intent <= newest {
				keys = append(keys, ledger.IntentKey{Participant: m.participant.ID, ID: recall.Intent})
			}
		}
	}
	return keys
}

// References lists the entries of the settlement agent that commands name.
func References(commands []settlement.Command) []string {
	var named []string
	for _, c := range commands {
		var body struct {
			Evidence string `json:"evidence"`
		}
		if json.Unmarshal(c.Body, &body) == nil && body.Evidence != "" {
			named = append(named, body.Evidence)
		}
	}
	return named
}

// LateTransfers lists the transfers that outcomes name and that are no longer open.
func (s *State) LateTransfers(messages []Message) []settlement.TransferID {
	var late []settlement.TransferID
	for _, m := range messages {
		for _, o := range m.outcomes {
			if id, err := settlement.ParseTransferID(o.Transfer); err == nil && s.open[id] == nil {
				late = append(late, id)
			}
		}
	}
	return late
}
