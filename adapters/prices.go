package adapters

import (
	"maps"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Prices is what the switch had said by one moment about whom one can pay and at which rates. It does not
// change; what runs beside a Runner asks it for new ones.
type Prices struct {
	Currency    fx.Currency // that this participant pays in
	participant string
	board       board
}

// Prices returns what holds now. It may be called at any time.
func (r *Runner) Prices() Prices {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Prices{
		Currency: r.caps.Currency, participant: r.cfg.Participant,
		board: board{quotes: maps.Clone(r.board.quotes), peers: maps.Clone(r.board.peers)},
	}
}

// Known tells whether the switch has named anybody yet.
func (p Prices) Known() bool { return len(p.board.peers) > 0 }

// PaidIn names the currency that a participant pays out in, "" where the switch did not name it.
func (p Prices) PaidIn(participant string) string { return p.board.peers[participant].Currency }

// Offer prices a payment to another participant by the newest quote, as orders are priced; where the
// currencies are the same, the offer is of no quote. The amount's currency says which side it fixes: our
// own the source, any other the destination. The quote must still hold at the given moment.
func (p Prices) Offer(to string, amount messaging.Amount, at time.Time) (fx.Offer, *messaging.FaultError) {
	fixed := fx.FixedDestination
	if amount.Currency == p.Currency.String() {
		fixed = fx.FixedSource
	}
	offer, fault := p.board.offerTo(to, fixed, amount, terms{participant: p.participant, currency: p.Currency, now: at})
	if fault == nil && offer.Quote.ID != "" {
		offer.Fixed = fixed
	}
	return offer, fault
}
