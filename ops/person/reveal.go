package person

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// Revealed is a closed line of a person, and where the log commits to it.
type Revealed struct {
	Index       int64 // of the batch's entry
	Participant string
	Intent      string
	Transfer    settlement.TransferID // 0 where the intent was refused, or not new
	Role        string                // debtor, creditor or note
	Line        string
}

// String says it to people.
func (r Revealed) String() string {
	became := "no transfer"
	if r.Transfer != 0 {
		became = r.Transfer.String()
	}
	return fmt.Sprintf("entry %d  intent %s of %s, %s  %s  %s", r.Index, r.Intent, r.Participant, became, r.Role, r.Line)
}

// UncommittedError says that sealed messages hold a line that the log does not commit to where they say: they are
// not of this log, or were changed.
type UncommittedError struct {
	Index       int64
	Participant string
	Sequence    uint64
}

func (e *UncommittedError) Error() string {
	return fmt.Sprintf("person: sealed message %d of %s at entry %d: the log does not commit to its lines", e.Sequence, e.Participant, e.Index)
}

// Reveal shows a person's lines, of the sealed messages in a folder, while the log that commits to them is replayed.
func Reveal(key persons.Key, dir string, show func(Revealed) error) verify.Observer {
	return func(s verify.Step) error {
		sealed, err := readSeals(dir, s.Index)
		if err != nil || len(sealed) == 0 {
			return err
		}
		for i := range s.Messages {
			m := &s.Messages[i].Decoded
			body, ok := sealed[message{m.Participant, m.Sequence}]
			if !ok {
				continue
			}
			lines, err := key.Open(body)
			if err != nil {
				return fmt.Errorf("person: sealed message %d of %s at entry %d: %w", m.Sequence, m.Participant, s.Index, err)
			}
			for _, line := range lines {
				r, ok := named(s, m, line.Commitment)
				if !ok {
					return &UncommittedError{Index: s.Index, Participant: m.Participant, Sequence: m.Sequence}
				}
				r.Line = string(line.Text)
				if err := show(r); err != nil {
					return err
				}
			}
			delete(sealed, message{m.Participant, m.Sequence})
		}
		for left := range sealed {
			return &UncommittedError{Index: s.Index, Participant: left.participant, Sequence: left.sequence}
		}
		return nil
	}
}

// named finds the intent of a message that names a line, and what became of it.
func named(s verify.Step, m *decide.Message, c persons.Commitment) (r Revealed, ok bool) {
	m.Each(func(place int32, _ [32]byte, d *messaging.DecodedIntent) {
		role := Role(d, c)
		if role == "" || ok {
			return
		}
		r, ok = Revealed{Index: s.Index, Participant: m.Participant, Intent: d.Intent.ID, Role: role}, true
		p := s.State.Named(m.Participant).ID
		for _, row := range s.Batch.Intents {
			if row.Participant == p && row.Sequence == m.Sequence && row.Place == place && row.Fault == "" {
				r.Transfer = row.Transfer
			}
		}
	}, func(int32, *messaging.Outcome) {})
	return r, ok
}
