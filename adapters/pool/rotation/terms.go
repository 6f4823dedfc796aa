package rotation

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Method is how it is found whose turn it is.
type Method string

// The methods.
const (
	Fixed   Method = "fixed"   // by the order of Terms.Order
	Need    Method = "need"    // a decision names the seat, each round
	Drawing Method = "drawing" // an order drawn before the first round, by secrets of all
	Auction Method = "auction" // whoever leaves most of the pot to the others, each round
)

// Return says when a seat that is replaced gives its leaver back what it had paid in. A seat that nobody takes over
// gives it back in a last round of its own.
type Return string

// The moments.
const (
	AtReplacement Return = "at_replacement"
	AtEnd         Return = "at_end"
)

// Terms is what the members agreed on. It does not change while the group runs.
type Terms struct {
	ID        string    `json:"id"` // a token: small letters, digits, hyphens
	Method    Method    `json:"method"`
	Order     []int     `json:"order,omitempty"` // of seat numbers, for Fixed; none is the order of seats
	Start     time.Time `json:"start"`           // the first round opens
	RoundDays int       `json:"round_days"`
	DueDays   int       `json:"due_days"` // from the opening of a round until contributions are due

	// Lateness, from the moment due: grace, then the first reminder, then others, then the reserve.
	GraceDays  int `json:"grace_days"`
	RemindDays int `json:"remind_days"` // between steps
	Reminders  int `json:"reminders"`   // before the reserve covers

	CommitDays int  `json:"commit_days,omitzero"` // Drawing, Auction: to commit to a secret, or to bid
	RevealDays int  `json:"reveal_days,omitzero"` // Drawing, and Auction if Sealed: to reveal it
	Sealed     bool `json:"sealed,omitzero"`      // Auction: bids are committed to and revealed; else each must be above the last
	Floor      int  `json:"floor_permille,omitzero"`
	Ceiling    int  `json:"ceiling_permille,omitzero"` // Auction: of the pot, the least and the most that a bid leaves to others

	Atomic   bool   `json:"atomic,omitzero"` // a round's pot moves as one bundle over several pools, or not at all
	GiveBack Return `json:"give_back"`
}

// Seat is one share of the group. Seats are numbered from 1, in the order of Group.Seats.
type Seat struct {
	Member            string      `json:"member"`        // a member may hold several seats
	Pool              string      `json:"pool,omitzero"` // whose member that is, "" for this one; Atomic
	Unit              fx.Currency `json:"unit"`
	ContributionMinor int64       `json:"contribution_minor"` // for each round; of one worth by agreement, where units differ

	Standing   Standing `json:"standing"`
	Vacant     bool     `json:"vacant,omitzero"`      // its holder left before its turn: it pays nothing, and its round comes last
	Round      int      `json:"round,omitzero"`       // in which it got or gets the pot, 0 before
	AheadMinor int64    `json:"ahead_minor,omitzero"` // paid for rounds to come
	SwapWith   int      `json:"swap_with,omitzero"`   // the seat that it asked for its turn
}

// Standing is what became of a seat's holder.
type Standing string

// The standings.
const (
	Active   Standing = "active"
	Left     Standing = "left"
	Excluded Standing = "excluded"
	Died     Standing = "died" // owes nothing: the reserve pays what is due, as a gift
)
