package adapters

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// board is what the switch last said about the world: who can be paid, at which rates, and at what fees.
type board struct {
	quotes map[pair]fx.Quote
	peers  map[string]messaging.Peer
	fees   map[string]tariff // by the creditor's participant
}

type pair struct{ from, to fx.Currency }

func (p pair) key() string { return p.from.String() + "/" + p.to.String() }

func newBoard() board {
	return board{quotes: map[pair]fx.Quote{}, peers: map[string]messaging.Peer{}, fees: map[string]tariff{}}
}

// post takes up a status message's quotes, peers and fees and returns the records that changed. The newest
// quote of a pair holds: the last message's, and within a message the one that holds longest.
func (b *board) post(m *messaging.StatusMessage) []record {
	newest := map[pair]fx.Quote{}
	for _, q := range m.Quotes {
		at := pair{q.From, q.To}
		if known, ok := newest[at]; !ok || !q.Expires.Before(known.Expires) {
			newest[at] = q
		}
	}
	var records []record
	for at, q := range newest {
		b.quotes[at] = q
		records = append(records, record{bucketQuotes, at.key(), q})
	}
	for _, p := range m.Peers {
		if b.peers[p.Participant] != p {
			b.peers[p.Participant] = p
			records = append(records, record{bucketPeers, p.Participant, p})
		}
	}
	return append(records, b.postFees(m.Fees)...)
}

// terms are what pricing an order depends on, apart from the board.
type terms struct {
	participant         string
	currency            fx.Currency // of this rail
	orderTTL, intentTTL time.Duration
	now                 time.Time
}

// price makes an order of a request, or says why not. It is pure: the same board, terms and request
// give the same order.
func (b *board) price(req OrderRequest, t terms) (*order, *messaging.FaultError) {
	if fault := checkRequest(req); fault != nil {
		return nil, fault
	}
	offer, fault := b.offerTo(req.To, req.Fixed, req.Amount, t)
	if fault != nil {
		return nil, fault
	}
	now := t.now.UTC().Truncate(time.Millisecond)
	o := &order{
		Order: Order{
			Ref: req.Ref, Payer: req.Payer, Creditor: req.Creditor, To: req.To,
			Source: offer.Source, Destination: offer.Destination,
			Deadline: now.Add(t.intentTTL), Reference: req.Reference, Bundle: req.Bundle, Created: now,
		},
		PayBy: now.Add(t.orderTTL),
		State: OrderOpen, DownSince: b.peers[req.To].DownSince,
	}
	if quote := offer.Quote; quote.ID != "" {
		var err error
		if o.Cost, err = costOf(offer); err != nil {
			return nil, amountFault(err)
		}
		o.Order.Quote, o.Order.Fixed = quote.ID, req.Fixed
		if quote.Expires.Before(o.PayBy) {
			o.PayBy = quote.Expires.UTC()
		}
	}
	if fault := b.chargeOrder(o, t); fault != nil {
		return nil, fault
	}
	intent := o.intent()
	if fault := intent.CheckStructure(); fault != nil { // better now than after the customer paid
		return nil, fault
	}
	if intent.Bundle != nil {
		if fault := intent.Bundle.Check(messaging.LegOf(t.participant, intent)); fault != nil {
			return nil, fault
		}
	}
	return o, nil
}

// offerTo prices what one participant is paid, or says why it cannot be. Of the terms it asks for the
// participant, the currency and the moment.
func (b *board) offerTo(to string, fixed fx.Fixed, text messaging.Amount, t terms) (offer fx.Offer, fault *messaging.FaultError) {
	peer, ok := b.peers[to]
	if !ok || to == t.participant {
		return offer, refuse(messaging.FaultUnknownCorridor, "no participant "+to+" to pay out")
	}
	currency, err := fx.ParseCurrency(peer.Currency)
	if err != nil {
		return offer, refuse(messaging.FaultUnknownCurrency, err.Error())
	}
	amount, err := text.Money()
	if err != nil {
		return offer, amountFault(err)
	}
	if amount.Minor <= 0 {
		return offer, refuse(messaging.FaultAmount, "amount is not positive")
	}
	if offer, fault = b.offer(fixed, amount, pair{t.currency, currency}, t.now); fault != nil {
		return offer, fault
	}
	return offer, payable(offer.Destination, peer)
}

// offer fixes the side asked for. It is of no quote where both sides have one currency.
func (b *board) offer(fixed fx.Fixed, amount fx.Money, at pair, now time.Time) (offer fx.Offer, fault *messaging.FaultError) {
	want := at.from
	if fixed == fx.FixedDestination {
		want = at.to
	}
	if amount.Currency != want {
		return offer, refuse(messaging.FaultUnknownCorridor,
			"the "+string(fixed)+" side is in "+want.String()+", not "+amount.Currency.String())
	}
	if at.from == at.to {
		return fx.Offer{Conversion: fx.Conversion{Source: amount, Destination: amount}}, nil
	}
	q, ok := b.quotes[at]
	if !ok {
		return offer, refuse(messaging.FaultQuoteUnknown, "no quote for "+at.key())
	}
	if q.ExpiredAt(now) {
		return offer, refuse(messaging.FaultQuoteExpired, "no quote for "+at.key()+" holds any more")
	}
	offer, err := q.Offer(fixed, amount)
	if err != nil {
		return offer, amountFault(err)
	}
	return offer, nil
}
