package decide

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// logged is a message as the log keeps it: the bytes that are signed and show nobody, if it could be read.
func (m *Message) logged() audit.Message {
	l := audit.Message{Participant: m.Participant, Kind: string(m.Kind), Sequence: m.Sequence, ReceivedAt: microseconds(m.Time)}
	if m.fault != nil {
		l.Fault, l.Hash = string(m.fault.Fault), m.Hash
		return l
	}
	l.Signature, l.Open = m.Signature, m.open()
	for place, intent := range m.intents {
		if intent.Fault != nil && intent.Fault.Closed {
			l.Closed = append(l.Closed, audit.Closed{Place: int32(place), Fault: string(intent.Fault.Fault)})
		}
	}
	return l
}

// recordInputs keeps the headers of a batch's messages, dead letters that were taken in again first, and returns
// the name of the blob that they make with the open lines between them.
func (d *decision) recordInputs() (string, error) {
	hash := sha256.New()
	var headers []byte
	add := func(l audit.Message) error {
		from := len(headers)
		var err error
		if headers, err = audit.AppendHeader(headers, &l); err != nil {
			return err
		}
		hash.Write(headers[from:])
		hash.Write(l.Open)
		hash.Write([]byte{'\n'})
		return nil
	}
	unaddressed := d.unaddressedPlaces()
	for _, r := range d.batch.LetterReplays {
		m := d.TakenAgain[r.LetterKey]
		l := m.logged()
		l.IsLetter, l.Letter = true, r.Place
		l.Closed = append(l.Closed, unaddressed[messageKey{r.Participant, r.Sequence}]...)
		if err := add(l); err != nil {
			return "", err
		}
	}
	for i := range d.Messages {
		m := &d.Messages[i]
		l := m.logged()
		l.Closed = append(l.Closed, unaddressed[messageKey{m.participant.ID, m.Sequence}]...)
		if err := add(l); err != nil {
			return "", err
		}
	}
	if headers == nil { // nobody said anything: a command, or the clock
		return "", nil
	}
	hash.Sum(d.batch.Inputs.Hash[:0])
	d.batch.Inputs.Headers = headers
	return hex.EncodeToString(d.batch.Inputs.Hash[:]), nil
}

type messageKey struct {
	participant int32
	sequence    uint64
}

// unaddressedPlaces are those whose intents lack what the travel rule requires: only who sees the people knows.
func (d *decision) unaddressedPlaces() map[messageKey][]audit.Closed {
	var places map[messageKey][]audit.Closed
	for _, row := range d.batch.Intents {
		if row.Fault != messaging.FaultTravelRule {
			continue
		}
		if places == nil {
			places = map[messageKey][]audit.Closed{}
		}
		key := messageKey{row.Participant, row.Sequence}
		places[key] = append(places[key], audit.Closed{Place: row.Place, Fault: string(row.Fault)})
	}
	return places
}

// recordSteps commits to what became of each intent and transfer, line by line.
func (d *decision) recordSteps() *audit.StepsEntry {
	var steps audit.Steps
	Steps(&steps, d.batch, d.State)
	root := steps.Root()
	return &audit.StepsEntry{Count: steps.Count(), Root: base64.StdEncoding.EncodeToString(root[:])}
}

// Steps adds the steps of a batch: its intents, then its states.
func Steps(to *audit.Steps, b *ledger.Batch, s *State) {
	for _, row := range b.Intents {
		transfer := ""
		if row.Fault == "" {
			transfer = row.Transfer.String()
		}
		to.Intent(s.participants[row.Participant-1].Name, row.ID, row.Hash, transfer, string(row.Fault))
	}
	for _, e := range b.Events {
		to.State(e.Transfer.String(), string(e.State), e.Reason)
	}
}

// DecodeLogged reads a message of the log, under the key of its sender at that time. Of closed values it knows what
// the log says.
func DecodeLogged(l audit.Message, verifier *messaging.Verifier) Message {
	r := messaging.Received{
		Participant: l.Participant, Kind: messaging.PayloadKind(l.Kind), Sequence: l.Sequence, Time: l.ReceivedAt,
		Payload: l.Open, Signature: l.Signature, Hash: l.Hash,
	}
	m := Message{Received: r, openOnly: true, key: verifier.PublicKey()}
	if l.Fault != "" {
		m.fault = &messaging.FaultError{Fault: messaging.Fault(l.Fault)}
		return m
	}
	m.Hash = messaging.MessageHash(l.Open, l.Signature)
	m.read(l.Open, verifier, messaging.DecodeOpenRequests, messaging.DecodeOpenReport)
	for _, c := range l.Closed {
		switch {
		case c.Place < 0 || int(c.Place) >= len(m.intents):
			m.fault = &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "the log says something of a place that the message does not have"}
		case m.intents[c.Place].Fault != nil: // nobody looks at what is closed there
			m.fault = &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "the log gives a place another fault than its open line has"}
		case c.Fault == string(messaging.FaultTravelRule):
			m.unaddressed = append(m.unaddressed, c.Place)
		default:
			m.intents[c.Place].Fault = &messaging.FaultError{Fault: messaging.Fault(c.Fault), Closed: true}
		}
	}
	return m.hashed(nil)
}

// addressed gives an intent without persons what the travel rule asks for, unless the log says that it lacked it.
func (m *Message) addressed(place int32, intent *messaging.Intent) {
	if !slices.Contains(m.unaddressed, place) {
		intent.Debtor.Address, intent.Creditor.Town = closedText, closedText
	}
}

// closedText stands for what is closed.
const closedText = "closed"

// open is what is signed: the part of a message that the log shows.
func (m *Message) open() []byte {
	open, _ := messaging.Open(m.Payload)
	return open
}

// kept is what the ledger keeps in the clear: what is signed, or all of what nobody could read.
func (m *Message) kept() []byte {
	if m.fault != nil || m.first {
		return m.Payload
	}
	return m.open()
}

// tooLarge tells whether a message was too large to be kept.
func (m *Message) tooLarge() bool {
	return m.fault != nil && m.fault.Fault == messaging.FaultOversized
}

// Closed are the closed lines that a message's commitments name, each with the person whom it is about.
func (m *Message) Closed() (lines []ClosedLine) {
	if m.fault != nil {
		return nil
	}
	of := func(c messaging.Closed, participant, account string) {
		if c.Line != nil {
			lines = append(lines, ClosedLine{Participant: participant, Account: account, Text: c.Line})
		}
	}
	for i := range m.intents {
		d := &m.intents[i]
		of(d.Debtor, m.Participant, d.Intent.Debtor.Account)
		of(d.Creditor, d.Intent.CreditorParticipant, d.Intent.Creditor.Account)
		of(d.Note, m.Participant, d.Intent.Debtor.Account) // the debtor wrote it
	}
	return lines
}

// ClosedLine is a line of a message, and the person whom it is about: an account at a participant.
type ClosedLine struct {
	Participant, Account string
	Text                 []byte
}

// Seal has the ledger keep a message's closed lines as these bytes.
func (m *Message) Seal(sealed []byte) { m.sealed = sealed }

// Saying is a message that says these outcomes instead of its own. Late, it says nothing else: what it says of the
// rail was of its time.
func (m Message) Saying(outcomes []messaging.Outcome, late bool) Message {
	m.outcomes = outcomes
	if late {
		m.health = nil
	}
	return m
}

// Bind has a message be a participant's of this state, as Order does with those of a batch.
func (s *State) Bind(m *Message) { m.participant = s.byName[m.Participant] }

// Unread tells why a message could not be read; nil where it could.
func (m *Message) Unread() *messaging.FaultError { return m.fault }

// Each shows what a message holds, place by place; nothing where it could not be read.
func (m *Message) Each(intent func(place int32, hash [32]byte, d *messaging.DecodedIntent), outcome func(place int32, o *messaging.Outcome)) {
	if m.fault != nil {
		return
	}
	for place := range m.intents {
		intent(int32(place), m.hashes[place], &m.intents[place])
	}
	for place := range m.outcomes {
		outcome(int32(place), &m.outcomes[place])
	}
}
