// Package screen is what stands before clearing: whoever screens says of each new intent whether it may pass, is
// refused, or waits for a person. What was said is kept with the batch, so that deciding the batch again needs
// neither the screener nor its lists.
package screen

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Decision is what becomes of an intent.
type Decision string

// The decisions.
const (
	Allow Decision = "allow"
	Hold  Decision = "hold" // accepted, and kept from clearing until two people release or refuse it
	Deny  Decision = "deny" // rejected, with messaging.FaultScreened
)

// Question is a new intent, before anything is decided on it. It may be malformed or beyond its limits in other
// ways, of which the answer says nothing.
type Question struct {
	At       time.Time // the batch's clock
	Debtor   Side
	Creditor Side
	Source   fx.Money // zero where the amount does not read
	Intent   messaging.Intent
}

// Side is a participant, and where its customers are who say nothing of their country.
type Side struct {
	Participant string
	Country     string // ISO 3166-1 alpha-2; "" where the participant is nobody
}

// MaxText bounds the texts of an answer, in bytes.
const MaxText = 64

// Answer is what becomes of an intent and on what it rests. Both texts are kept in the ledger: they name lists and
// rules, never people.
type Answer struct {
	Decision Decision
	List     string // "" of what simply passes
	Rule     string // "name", "account", "country", "velocity", or the screener's own word
}

// Screener answers each question, in order, while a batch waits. It must keep to ctx: what is late or fails is
// held. Asking about the same intent again is harmless: after a crash it happens.
type Screener interface {
	Screen(ctx context.Context, asked []Question) ([]Answer, error)
}
