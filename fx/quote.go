package fx

import (
	"fmt"
	"time"
)

// Fixed says which side of a cross-currency transfer the sender fixed; the quote gives the other.
type Fixed string

// The two sides.
const (
	FixedSource      Fixed = "source"
	FixedDestination Fixed = "destination"
)

// Quote is a provider's promise of a rate until an expiry, honoured even if the market moves.
type Quote struct {
	ID       string    `json:"id"`
	Provider string    `json:"provider"`
	From     Currency  `json:"from"`
	To       Currency  `json:"to"`
	Rate     Rate      `json:"rate"` // major units of To per major unit of From
	Expires  time.Time `json:"expires"`
}

// Conversion is what a quote makes of one amount. It is computed once, and its integers are then law.
type Conversion struct {
	Source, Destination Money
	Residual            NanoMinor // exact value less rounded value of the side that was not fixed
}

// QuoteError says why a quote does not cover a transfer. A retry needs another quote.
type QuoteError struct{ ID, Fault string }

func (e *QuoteError) Error() string { return fmt.Sprintf("fx: quote %q: %s", e.ID, e.Fault) }

// Convert fixes one side at the given amount and computes the other.
// Errors are *AmountError or *QuoteError.
func (q Quote) Convert(fixed Fixed, amount Money) (Conversion, error) {
	switch {
	case q.Rate.IsZero():
		return Conversion{}, &QuoteError{ID: q.ID, Fault: "no rate"}
	case fixed == FixedSource && amount.Currency == q.From:
		other, residual, err := Convert(amount, q.To, q.Rate)
		if err != nil {
			return Conversion{}, err
		}
		return Conversion{Source: amount, Destination: other, Residual: residual}, nil
	case fixed == FixedDestination && amount.Currency == q.To:
		other, residual, err := Convert(amount, q.From, q.Rate.Inverse())
		if err != nil {
			return Conversion{}, err
		}
		return Conversion{Source: other, Destination: amount, Residual: residual}, nil
	case fixed != FixedSource && fixed != FixedDestination:
		return Conversion{}, &QuoteError{ID: q.ID, Fault: fmt.Sprintf("no side named %q", fixed)}
	default:
		return Conversion{}, &QuoteError{ID: q.ID, Fault: fmt.Sprintf("%s is not its %s side", amount.Currency, fixed)}
	}
}

// ExpiredAt tells whether the promise no longer holds at the given moment.
func (q Quote) ExpiredAt(at time.Time) bool { return !at.Before(q.Expires) }
