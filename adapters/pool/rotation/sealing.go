package rotation

import "time"

// Sealing is a round of secrets, committed to before any is revealed: a drawing's, or a sealed auction's bids. An open
// auction's bids are Sealed entries without commitment and secret.
type Sealing struct {
	Attempt     int       `json:"attempt"` // from 1; a drawing in which fewer than two members reveal is begun again
	CommitUntil time.Time `json:"commit_until"`
	RevealUntil time.Time `json:"reveal_until,omitzero"`
	Entries     []Sealed  `json:"entries,omitempty"` // by seat, ascending; an open auction's by time
}

// Sealed is what one seat committed to.
type Sealed struct {
	Seat       int    `json:"seat"`
	Commitment string `json:"commitment,omitzero"` // Commitment's answer
	Secret     string `json:"secret,omitzero"`     // once it is revealed
	Minor      int64  `json:"minor,omitzero"`      // the bid
}

// SecretLength is how many hex digits a secret has: 32 bytes that nobody can guess.
const SecretLength = 64

// Commitment is what a seat commits to: SHA-256 in hex over the lines
//
//	ayni-rotation-commitment-1 · group · round (0 for the drawing) · attempt · seat · bid in minor units (0 for the drawing) · secret
//
// each ended by a newline, so that nobody can commit to what another committed to.
func Commitment(group string, round, attempt, seat int, minor int64, secret string) string {
	panic("not yet")
}

// Seed is SHA-256 over the lines
//
//	ayni-rotation-seed-1 · group · round · attempt · and of each that was revealed, by seat: seat, a space, secret
//
// each ended by a newline.
func (s Sealing) Seed(group string, round int) [32]byte { panic("not yet") }

// Draw puts the numbers from 0 to n - 1 into an order, each equally likely: from the last place down to the second, the
// number there changes places with that at a number drawn below the place's (Fisher and Yates). Numbers come from
// SHA-256 over seed and a counter, eight bytes each, big-endian from 0, as eight-byte big-endian integers; what is at or
// above the greatest multiple of the bound that fits is passed over, so that no number is likelier than another.
func Draw(seed [32]byte, n int) []int { panic("not yet") }

// DrawOrder is the order of turns that a drawing gives: of the seats that revealed, in order of seats, by Draw; behind
// them those that did not, in order of seats, by another Draw from the same seed. Anybody can do it again.
func (s Sealing) DrawOrder(group string, seats int) []int { panic("not yet") }

// Commit takes a seat's commitment, in a drawing or for the round's sealed auction.
// Errors are *Error: FaultMethod, FaultState, FaultSeat, FaultSecret, FaultTwice, FaultLate.
func (g *Group) Commit(seat int, commitment string, now time.Time) (Outcome, error) { panic("not yet") }

// Reveal takes the secret that a seat committed to, and the bid (0 in a drawing). Reveals begin when all who may have
// committed, or at CommitUntil. The last reveal draws the order, or awards the pot.
// Errors are *Error: FaultMethod, FaultState, FaultSeat, FaultSecret, FaultAmount, FaultTwice, FaultEarly, FaultLate.
func (g *Group) Reveal(seat int, secret string, minor int64, now time.Time) (Outcome, error) {
	panic("not yet")
}

// Bid offers to leave minor of the pot to the others, in an open auction: more than any bid before.
// Errors are *Error: FaultMethod, FaultState, FaultSeat, FaultAmount, FaultLate.
func (g *Group) Bid(seat int, minor int64, now time.Time) (Outcome, error) { panic("not yet") }
