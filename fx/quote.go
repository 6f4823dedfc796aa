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
	Rate     Rate      `json:"rate"`               // major units of To per major unit of From
	Mid      Rate      `json:"mid,omitzero"`       // the reference rate it was made against; zero where none is known
	FeeMinor int64     `json:"fee_minor,omitzero"` // minor units of From, once a transfer, kept by the provider
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

// Convert fixes one side at the given amount and computes the other: destination = (source - fee) × rate,
// source = destination / rate + fee. Errors are *AmountError or *QuoteError.
func (q Quote) Convert(fixed Fixed, amount Money) (Conversion, error) {
	switch {
	case q.Rate.IsZero():
		return Conversion{}, &QuoteError{ID: q.ID, Fault: "no rate"}
	case q.FeeMinor < 0:
		return Conversion{}, &QuoteError{ID: q.ID, Fault: "a fee below zero"}
	case fixed == FixedSource && amount.Currency == q.From:
		exchanged := amount
		if amount.Minor > 0 { // what is not is refused for its sign, whatever the fee
			exchanged.Minor -= q.FeeMinor
			if exchanged.Minor <= 0 {
				return Conversion{}, &AmountError{Fault: FaultFee, Amount: amount.String()}
			}
		}
		other, residual, err := Convert(exchanged, q.To, q.Rate)
		if err != nil {
			return Conversion{}, err
		}
		return Conversion{Source: amount, Destination: other, Residual: residual}, nil
	case fixed == FixedDestination && amount.Currency == q.To:
		exchanged, residual, err := convert(amount, q.From, q.Rate.ratio.Denom(), q.Rate.ratio.Num()) // at the inverse
		if err != nil {
			return Conversion{}, err
		}
		source, err := exchanged.Add(q.Fee())
		if err != nil {
			return Conversion{}, err
		}
		return Conversion{Source: source, Destination: amount, Residual: residual}, nil
	case fixed != FixedSource && fixed != FixedDestination:
		return Conversion{}, &QuoteError{ID: q.ID, Fault: fmt.Sprintf("no side named %q", fixed)}
	default:
		return Conversion{}, &QuoteError{ID: q.ID, Fault: fmt.Sprintf("%s is not its %s side", amount.Currency, fixed)}
	}
}

// Fee returns the fee on each transfer, in the currency that the sender pays in.
func (q Quote) Fee() Money { return Money{Minor: q.FeeMinor, Currency: q.From} }

// ExpiredAt tells whether the promise no longer holds at the given moment.
func (q Quote) ExpiredAt(at time.Time) bool { return !at.Before(q.Expires) }
