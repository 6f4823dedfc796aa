package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Difference is a case in which a rail's statement, the log and the postings do not say the same. Its ID says what it
// is about: found again, it is the same.
type Difference struct {
	ID            string      `json:"id"`
	Kind          string      `json:"kind"`
	Participant   string      `json:"participant"`
	Day           fx.Date     `json:"day"`
	RailRef       string      `json:"rail_ref,omitempty"`
	RailOrder     string      `json:"rail_order,omitempty"`     // what the statement says that it was ordered by
	RailAlias     string      `json:"rail_alias,omitempty"`     // the same, where it may be another
	RailDirection string      `json:"rail_direction,omitempty"` // in or out; "" where the statement has no such line
	RailAt        time.Time   `json:"rail_at,omitzero"`
	Transfer      string      `json:"transfer,omitempty"`
	Movement      string      `json:"movement,omitempty"` // MovementKind of the log's side
	RailMinor     int64       `json:"rail_minor"`
	OursMinor     int64       `json:"ours_minor"`
	Currency      fx.Currency `json:"currency"`
	Detail        string      `json:"detail"`
	Resolution    *Resolution `json:"resolution,omitempty"` // nil while it is open
}

// HowMatched is how a reconciliation resolves a difference that is none any more.
const HowMatched = "matched"

// Resolution is how a difference was resolved: by a reconciliation that found both sides, or by two people, of whom one
// asked by a Request and another approved it.
type Resolution struct {
	Difference     string    `json:"difference"`
	How            string    `json:"how"` // matched; explained, corrected, written_off, retried
	Reason         string    `json:"reason,omitempty"`
	Evidence       string    `json:"evidence,omitempty"` // where the proof is: of a correction, the command or transfer that made it
	Request        int64     `json:"request,omitempty"`
	Maker          string    `json:"maker,omitempty"`
	Checker        string    `json:"checker,omitempty"`
	Reconciliation int64     `json:"reconciliation,omitempty"`
	At             time.Time `json:"at,omitzero"`
}

// Reconciliation is one time that statements were put beside the log and the postings.
type Reconciliation struct {
	Participant string
	Day         fx.Date
	Statements  [32]byte // SHA-256 over all that was read
	Lines       int
	Matched     int
	Differences []Difference
	Settled     []string // ids of differences, kept before or with these, that agree now
}

// ErrNoDifference says that there is no such difference, or that it was resolved before. A retry fails again.
var ErrNoDifference = errors.New("ledger: no such open difference")
