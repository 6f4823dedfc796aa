package fx

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// ErrNoQuote says that of the given quotes none holds for the pair and the amount. A retry needs others.
var ErrNoQuote = errors.New("fx: no quote holds for this pair and amount")

// Best chooses, of quotes for any pairs, the one that serves a sender best at the given moment: with a
// fixed source the one that gives most, with a fixed destination the one that asks least. Of two that
// serve alike, the one that holds longer, then the smaller id, provider and rate. Quotes that have
// expired, or that the amount does not fit, are out. The order in which quotes come does not matter.
// The error is ErrNoQuote; where a quote held and the amount did not fit it, with why (of several, the smallest id's).
func Best(quotes []Quote, from, to Currency, fixed Fixed, amount Money, at time.Time) (Quote, Conversion, error) {
	var best Quote
	var made Conversion
	var refused error
	var refusing string
	for _, q := range quotes {
		if q.From != from || q.To != to || q.ExpiredAt(at) {
			continue
		}
		c, err := q.Convert(fixed, amount)
		if err != nil {
			if refused == nil || q.ID < refusing {
				refused, refusing = err, q.ID
			}
			continue
		}
		if best.Rate.IsZero() || better(q, c, best, made) {
			best, made = q, c
		}
	}
	if !best.Rate.IsZero() {
		return best, made, nil
	}
	if refused != nil {
		return Quote{}, Conversion{}, fmt.Errorf("%w: %w", ErrNoQuote, refused)
	}
	return Quote{}, Conversion{}, ErrNoQuote
}

// better tells whether q serves better than the other. One of the amounts is the same on both sides.
func better(q Quote, c Conversion, other Quote, than Conversion) bool {
	return cmp.Or(
		cmp.Compare(c.Destination.Minor, than.Destination.Minor),
		cmp.Compare(than.Source.Minor, c.Source.Minor),
		q.Expires.Compare(other.Expires),
		cmp.Compare(other.ID, q.ID),
		cmp.Compare(other.Provider, q.Provider),
		cmp.Compare(other.Rate.String(), q.Rate.String()),
	) > 0
}
