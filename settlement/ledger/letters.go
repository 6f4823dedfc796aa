package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// LetterKey names a dead letter: its message and the place in it, -1 for the whole.
type LetterKey struct {
	Participant int32
	Sequence    uint64
	Place       int32
}

// Letter is a dead letter with the message that it stands in, as that came.
type Letter struct {
	Envelope
	Replayed bool // it was taken in since
}

// LetterReplay is what became of a dead letter that was taken in again. Fault is "" where it was not refused.
type LetterReplay struct {
	Command int64
	LetterKey
	Asker, Reason string
	Fault         messaging.Fault
	Detail        string
	Transfers     int32                 // that it became, with consecutive ids
	First         settlement.TransferID // of them; 0 where it became none
}

// KeyRotation is a signing key that holds from the next batch on.
type KeyRotation struct {
	Command     int64
	Participant int32
	SigningKey  string // as messaging.NewVerifier reads it
}

// ListedLetter is a dead letter as an operator reads it.
type ListedLetter struct {
	Participant string          `json:"participant"`
	Sequence    uint64          `json:"sequence"`
	Place       int32           `json:"place"` // -1: the whole message
	BuriedAt    time.Time       `json:"buried_at"`
	Fault       messaging.Fault `json:"fault"`
	Detail      string          `json:"detail"`
	Table       string          `json:"table"` // which holds its message, by participant and sequence
	Replays     int64           `json:"replays"`
	Replayed    bool            `json:"replayed"` // it was taken in since
}
