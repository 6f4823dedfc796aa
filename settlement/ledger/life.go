package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

// LifeKind names something that happens to a transfer beside its states.
type LifeKind string

// What happens.
const (
	LifeAsked         LifeKind = "asked"          // the rail was asked what became of an instruction
	LifeUnheard       LifeKind = "unheard"        // nobody answers: a person looks
	LifeRecalled      LifeKind = "recalled"       // the creditor's rail was asked not to pay out
	LifeRecallRefused LifeKind = "recall_refused" // it will
	LifeHeld          LifeKind = "held"
	LifeReleased      LifeKind = "released"
	LifeLate          LifeKind = "late" // waits for the opening of its currencies
	LifeOpened        LifeKind = "opened"
	LifeReserving     LifeKind = "reserving" // the creditor's rail was asked to set money aside
	LifeReserved      LifeKind = "reserved"
	LifeGross         LifeKind = "gross" // settled by itself, between prefunded accounts
)

// LifeEvent is something that happens to a transfer beside its states.
type LifeEvent struct {
	Transfer settlement.TransferID
	Kind     LifeKind
	About    string    // the kind of instruction asked about, "return" for one that lacks liquidity; what made a hold
	Reason   string    // ISO 20022 code of a recall; the list that a hold rests on
	Until    time.Time // of LifeLate; else zero
	At       time.Time // the batch's clock; not written again
}

// Rule is what an operator ruled by a command: the newest of its kind and subject is in force.
type Rule struct {
	Kind    settlement.CommandKind
	Subject string
	Command int64
	Body    []byte // of the command; not written again
}

// Exception is a case for a person: a transfer about which nobody says a word any more, or an outcome that
// contradicts what is final.
type Exception struct {
	Transfer    string    `json:"transfer"`
	Participant string    `json:"participant"` // whose rail it is about, or whose liquidity
	Kind        string    `json:"kind"`        // "unheard", or "outcome" of the rail that contradicts
	About       string    `json:"about"`       // the kind of instruction; "return" for one that lacks liquidity
	At          time.Time `json:"at"`
}
