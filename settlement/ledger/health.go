package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// RailSilent is what the switch makes of a participant that said its rail was down, and said nothing more.
const RailSilent messaging.RailState = "silent"

// RailHealth is what a participant said of its own rail in a batch, or that it said nothing any more.
type RailHealth struct {
	Participant int32
	Sequence    uint64 // of the message; 0 for RailSilent
	State       messaging.RailState
	Since       time.Time // when it came to be so; never after the batch
	SaidAt      time.Time // by the participant's clock
	Waiting     int64     // instructions that have not ended, as it said last
	HeardAt     time.Time // the batch's clock; not written again
}

// RailStanding is what a participant last said of its rail, for people.
type RailStanding struct {
	Participant string              `json:"participant"`
	State       messaging.RailState `json:"state"`
	Since       time.Time           `json:"since"`
	Waiting     int64               `json:"waiting"`
	HeardAt     time.Time           `json:"heard_at"` // the clock of the batch that took it
}

// RailLoad is what a participant's rail was told to do and has not ended, as the books have it.
type RailLoad struct {
	Participant  string    `json:"participant"`
	Told         int64     `json:"told"` // payouts and refunds
	ToldSince    time.Time `json:"told_since"`
	Unknown      int64     `json:"unknown"`       // those of them of which the participant said that it does not know
	UnknownSince time.Time `json:"unknown_since"` // when it said so of the first of them; zero where it said so of none
}
