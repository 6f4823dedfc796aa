package decide

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxAsker and maxWhy bound in bytes who asks for a dead letter, and why.
const (
	maxAsker = 100
	maxWhy   = 300
)

// replaying is a dead letter that is being taken in again, and what becomes of it.
type replaying struct {
	place int32
	fault *messaging.FaultError // why it stays dead; nil where it does not
}

// letterRecord is what became of a dead letter that was taken in again.
type letterRecord struct {
	Command     int64           `json:"command"`
	Fault       messaging.Fault `json:"fault,omitempty"`
	Participant int32           `json:"participant"`
	Place       int32           `json:"place"`
	Sequence    uint64          `json:"sequence"`
}

func (d *decision) recordLetters() (letters []letterRecord) {
	for _, l := range d.batch.LetterReplays {
		letters = append(letters, letterRecord{
			Command: l.Command, Participant: l.Participant, Sequence: l.Sequence, Place: l.Place, Fault: l.Fault,
		})
	}
	return letters
}

// replayLetter takes a dead letter in as if its message had just come: verified with the key that holds now,
// decoded, and each element held against ids, participants and limits like any other. One that is refused
// again stays dead, and may be tried again; one that is taken in is done with.
func (d *decision) replayLetter(command int64, r settlement.ReplayLetter) (string, error) {
	p := d.byName[r.Participant]
	switch {
	case p == nil:
		return fmt.Sprintf("no participant %q", r.Participant), nil
	case r.Asker == "" || len(r.Asker) > maxAsker || r.Reason == "" || len(r.Reason) > maxWhy:
		return fmt.Sprintf("it takes an asker of at most %d bytes and a reason of at most %d", maxAsker, maxWhy), nil
	}
	key := ledger.LetterKey{Participant: p.ID, Sequence: r.Sequence, Place: r.Place}
	letter, ok := d.Letters[key]
	switch {
	case !ok:
		return "no such dead letter", nil
	case letter.Replayed:
		return "this dead letter was taken in before", nil
	case letter.Payload == nil:
		return "the message was too large to keep", nil
	}
	m, ok := d.TakenAgain[key]
	if !ok { // that one envelope was touched need not stop all others
		return fmt.Sprintf("engine: envelope %d of participant %d is not what its hash says", key.Sequence, key.Participant), nil
	}
	replay := ledger.LetterReplay{Command: command, LetterKey: key, Asker: Plain(r.Asker), Reason: Plain(r.Reason)}
	ids := len(d.batch.Intents)
	d.replaying = &replaying{place: r.Place}
	d.takeLetter(m, r.Place)
	fault := d.replaying.fault
	d.replaying = nil
	if fault != nil {
		replay.Fault, replay.Detail = fault.Fault, Plain(fault.Detail)
		d.batch.LetterReplays = append(d.batch.LetterReplays, replay)
		return fmt.Sprintf("refused again: %s", fault.Fault), nil //nolint:nilerr // the letter is at fault; the detail may quote, and stays out of the log
	}
	refused := 0
	for _, row := range d.batch.Intents[ids:] {
		switch {
		case row.Fault != "":
			refused++
		case replay.Transfers == 0:
			replay.First = row.Transfer
			fallthrough
		default:
			replay.Transfers++
		}
	}
	replay.Detail = fmt.Sprintf("%d transfers, %d refused, %d outcomes", replay.Transfers, refused, len(m.outcomes))
	d.batch.LetterReplays = append(d.batch.LetterReplays, replay)
	letter.Replayed = true
	d.Letters[key] = letter
	return "", nil
}

// takeLetter takes in a message, or one element of it.
func (d *decision) takeLetter(m Message, place int32) {
	if m.fault != nil { // the message is as dead as its element
		d.replaying.fault = m.fault
		return
	}
	switch {
	case place == wholeMessage && m.Kind == messaging.PayloadIntent:
		d.takeIntents(m)
	case place == wholeMessage:
		for i, o := range m.outcomes {
			d.takeOutcome(m, int32(i), o)
		}
	case m.Kind == messaging.PayloadIntent && int(place) < len(m.intents):
		d.takeDecoded(m, place)
	case int(place) < len(m.outcomes):
		d.takeOutcome(m, place, m.outcomes[place])
	default:
		d.replaying.fault = &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "the message has no such place"}
	}
}

// stays keeps a dead letter that is refused again from being buried a second time.
func (d *decision) stays(place int32, fault *messaging.FaultError) bool {
	if d.replaying == nil || d.replaying.place != place {
		return false
	}
	d.replaying.fault = fault
	return true
}

// rotateKey gives a participant another key, once this batch has taken its messages.
func (d *decision) rotateKey(command int64, r settlement.RotateKey) (string, error) {
	p := d.byName[r.Participant]
	if p == nil {
		return fmt.Sprintf("no participant %q", r.Participant), nil
	}
	if _, err := messaging.NewVerifier(r.SigningKey); err != nil {
		return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
	}
	d.batch.Rotations = append(d.batch.Rotations, ledger.KeyRotation{Command: command, Participant: p.ID, SigningKey: r.SigningKey})
	return "", nil
}

// turnKeys has keys hold from the next batch on.
func (d *decision) turnKeys() error {
	for _, k := range d.batch.Rotations {
		d.participants[k.Participant-1].SigningKey = k.SigningKey
	}
	return nil
}

// LetterKeys lists the dead letters that commands name. A body that does not read names none.
func (s *State) LetterKeys(commands []settlement.Command) (keys []ledger.LetterKey) {
	for _, c := range commands {
		if c.Kind != settlement.CommandReplayLetter {
			continue
		}
		var r settlement.ReplayLetter
		if json.Unmarshal(c.Body, &r) != nil || s.byName[r.Participant] == nil {
			continue
		}
		keys = append(keys, ledger.LetterKey{Participant: s.byName[r.Participant].ID, Sequence: r.Sequence, Place: r.Place})
	}
	return keys
}
