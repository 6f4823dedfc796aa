package ledger

import "time"

// KeyChange is a signing key that a participant was given, and by whom.
type KeyChange struct {
	Key            string // the public half
	Batch          int64  // from which on it holds
	At             time.Time
	Maker, Checker string // "" where the ledger was set up with it
}
