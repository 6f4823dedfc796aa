package accountant

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// usedID stands for a participant's id of an intent: the beginning of a SHA-256 over both. Ids are remembered for ever,
// and this is smaller than they are.
type usedID [16]byte

func usedIDOf(participant int32, id string) usedID {
	var room [80]byte
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint32(room[:0], uint32(participant)), id...)) //nolint:gosec // ids are not negative
	return usedID(sum[:16])
}

// takeMessages takes the intents of this batch's messages, when commands have been carried out.
func (r *review) takeMessages() error {
	if err := r.takeIntents(0); err != nil {
		return err
	}
	if n := r.at.row; n < len(r.b.Intents) {
		row := r.b.Intents[n]
		return r.fault(ExactlyOnce, subject{transfer: row.Transfer, text: "intent " + row.ID}, "one that was signed and has come", "nobody's")
	}
	for i := r.at.transfer; i < len(r.b.Transfers); i++ {
		if t := r.b.Transfers[i]; t.ReturnOf == 0 {
			return r.fault(ExactlyOnce, ofTransfer(t.ID), "an accepted intent", "none")
		}
	}
	return nil
}

// takeIntents takes the intents that a command has taken in again, or those of messages. Each that comes for the first
// time gets one answer; one that came before gets none here, or is said to be another text of its id.
func (r *review) takeIntents(command int64) error {
	for ; r.at.intent < len(r.in.Intents) && r.in.Intents[r.at.intent].Command == command; r.at.intent++ {
		i := &r.in.Intents[r.at.intent]
		if i.Intent.ID == "" {
			continue
		}
		key := usedIDOf(i.Participant, i.Intent.ID)
		hash := binary.LittleEndian.Uint64(i.Hash[:])
		before, used := r.used[key]
		row := r.nextRow(i)
		switch {
		case row == nil && command != 0: // another place of its message
		case row == nil && !used:
			return r.fault(ExactlyOnce, about("intent %s of participant %d", i.Intent.ID, i.Participant), "an answer", "none")
		case row == nil && before != hash && !r.refusedAsDuplicate(i):
			return r.fault(ExactlyOnce, about("intent %s of participant %d", i.Intent.ID, i.Participant), "that another text is refused", "silence")
		case row == nil:
		case used:
			return r.fault(ExactlyOnce, subject{transfer: row.Transfer, text: "intent " + row.ID}, "one answer", "another one")
		case row.ID != i.Intent.ID || row.Hash != i.Hash:
			return r.fault(ExactlyOnce, subject{transfer: row.Transfer, text: "intent " + i.Intent.ID}, "its id and hash", fmt.Sprintf("%s, %x", row.ID, row.Hash))
		default:
			r.used[key] = hash
			r.at.row++
			if err := r.answered(i, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextRow is the batch's next answer, where it is to this intent; else nil.
func (r *review) nextRow(i *Intent) *ledger.Intent {
	if r.at.row >= len(r.b.Intents) {
		return nil
	}
	row := &r.b.Intents[r.at.row]
	if row.Participant != i.Participant || row.Sequence != i.Sequence || row.Place != i.Place {
		return nil
	}
	return row
}

// refusedAsDuplicate looks for the dead letter of an intent that was sent before with other bytes.
func (r *review) refusedAsDuplicate(i *Intent) bool {
	for r.at.letter < len(r.b.DeadLetters) {
		l := r.b.DeadLetters[r.at.letter]
		r.at.letter++
		if l.Participant == i.Participant && l.Sequence == i.Sequence && l.Place == i.Place {
			return l.Fault == messaging.FaultDuplicate
		}
	}
	return false
}

// answered looks at what became of a new intent.
func (r *review) answered(i *Intent, row *ledger.Intent) error {
	if row.Fault != "" {
		if row.Transfer != 0 {
			return r.fault(ExactlyOnce, ofTransfer(row.Transfer), "none of a refused intent", row.ID)
		}
		return nil
	}
	for ; r.at.transfer < len(r.b.Transfers); r.at.transfer++ {
		t := r.b.Transfers[r.at.transfer]
		if t.ReturnOf != 0 {
			continue
		}
		if t.ID != row.Transfer || t.Debtor != i.Participant || t.Intent != i.Intent.ID || t.Envelope.Sequence != i.Sequence || t.Envelope.Place != i.Place {
			break
		}
		r.at.transfer++
		if i.Faulty {
			return r.fault(Amounts, ofTransfer(t.ID), "that an intent reads", "accepted")
		}
		return r.accept(i, t)
	}
	return r.fault(ExactlyOnce, subject{transfer: row.Transfer, text: "intent " + row.ID}, "its transfer", "another, or none")
}
