package adapters

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// MaxOrders is how many orders one request may hold.
const MaxOrders = 500

// OrderRequest asks for a price: what a sender wants to send, with one side's amount fixed.
type OrderRequest struct {
	Ref       string           `json:"ref"` // the sender's own, 1 to 20 letters and digits; names the order for ever
	Payer     messaging.Party  `json:"payer"`
	To        string           `json:"to"` // the creditor's participant
	Creditor  messaging.Party  `json:"creditor"`
	Fixed     fx.Fixed         `json:"fixed"`
	Amount    messaging.Amount `json:"amount"` // of the fixed side
	Reference string           `json:"reference,omitempty"`

	// Bundle has the order's intent clear with others or not at all (messaging.NewBundle, IntentID); nil for most.
	Bundle *messaging.Bundle `json:"bundle,omitempty"`
}

// OrderAnswer is one order's price, or why it has none. Fault is empty where the order stands.
type OrderAnswer struct {
	Ref         string           `json:"ref"`
	Intent      string           `json:"intent,omitempty"` // the id that the switch will see
	Source      messaging.Amount `json:"source,omitzero"`
	Destination messaging.Amount `json:"destination,omitzero"`
	Quote       string           `json:"quote,omitempty"`
	Cost        *Cost            `json:"cost,omitempty"`      // none where the currencies are the same
	Fees        *Fees            `json:"fees,omitempty"`      // none where the scheme has no schedule
	Expires     time.Time        `json:"expires,omitzero"`    // pay before this moment
	DownSince   time.Time        `json:"down_since,omitzero"` // since when the rail that pays out is down: the payout may wait
	State       OrderState       `json:"state,omitempty"`
	Fault       messaging.Fault  `json:"fault,omitempty"`
	Detail      string           `json:"detail,omitempty"`
}

// Cost is what sending costs, for the sender to see before paying. Mid, and what is measured against it,
// is missing where the switch named no reference rate. What arrives and Total are together what the source
// is worth at Mid, but for rounding.
type Cost struct {
	Fee       messaging.Amount `json:"fee"`                 // of the source, inside it
	Rate      fx.Rate          `json:"rate"`                // of what is exchanged, destination per source
	AllIn     fx.Rate          `json:"all_in"`              // what arrives per unit that is paid, fee and rounding included
	Mid       fx.Rate          `json:"mid,omitzero"`        // the reference rate
	Spread    messaging.Amount `json:"spread,omitzero"`     // of the destination: what Rate takes against Mid
	Total     messaging.Amount `json:"total,omitzero"`      // of the destination: fee and spread
	SpreadPPM int64            `json:"spread_ppm,omitzero"` // how far Rate lies below Mid
	TotalPPM  int64            `json:"total_ppm,omitzero"`  // fee and spread, of the source at Mid
}

// costOf tells a sender what an offer costs.
func costOf(o fx.Offer) (*Cost, error) {
	c := &Cost{Fee: messaging.NewAmount(o.Fee), Rate: o.Quote.Rate, AllIn: o.AllIn, Mid: o.Quote.Mid}
	if c.Mid.IsZero() {
		return c, nil
	}
	total, err := o.FeeAtMid.Add(o.Spread)
	if err != nil {
		return nil, err
	}
	c.Spread, c.Total = messaging.NewAmount(o.Spread), messaging.NewAmount(total)
	c.SpreadPPM, c.TotalPPM = o.SpreadPPM, o.CostPPM
	return c, nil
}

// OrderStatus is where an order is in its life.
type OrderStatus struct {
	OrderAnswer
	Transfer string `json:"transfer,omitempty"` // the switch's id
	Paid     string `json:"paid,omitempty"`     // the rail's receipt of the customer's payment
	Reason   string `json:"reason,omitempty"`   // ISO 20022 status reason code, when it ended badly
	Refund   string `json:"refund,omitempty"`   // the operation that gives the customer's money back

	Recall messaging.RecallState `json:"recall,omitempty"` // what the switch answered to Runner.Recall
}

// OrderState is where an order is in its life. After Collected it is the transfer's own state.
type OrderState string

// The states of an order before the switch has answered.
const (
	OrderOpen      OrderState = "open"      // priced, waiting for the customer's payment
	OrderLapsed    OrderState = "lapsed"    // nobody paid in time; a late payment still makes the intent
	OrderCollected OrderState = "collected" // paid; its intent is on the way to the switch
)

// Unanswered is the key of Stats.Intents for intents about which the switch has said nothing yet.
const Unanswered messaging.State = "unanswered"

// transferRank orders the states of a transfer: a change to a lower or equal rank is old news.
func transferRank(s OrderState) int {
	switch messaging.State(s) {
	case messaging.StateQueued:
		return 1
	case messaging.StateCleared:
		return 2
	case messaging.StateReturnPending:
		return 3
	case messaging.StatePaid, messaging.StateReturned, messaging.StateRejected, messaging.StateExpired:
		return 4
	}
	return 0
}

// order is what the store keeps of an order, its collection and its intent.
type order struct {
	Order      Order
	Request    string    // hex SHA-256 of the request in canonical form: same order, same answer
	PayBy      time.Time // after this the price no longer holds
	State      OrderState
	Cost       *Cost             `json:",omitempty"`
	Fees       *Fees             `json:",omitempty"`
	DownSince  time.Time         `json:",omitzero"` // of the creditor's rail, when the order was priced
	Collection *Collection       `json:",omitempty"`
	Intent     *messaging.Intent `json:",omitempty"` // fixed for ever once set
	Transfer   string            `json:",omitempty"`
	Fault      messaging.Fault   `json:",omitempty"`
	Reason     string            `json:",omitempty"`
	Detail     string            `json:",omitempty"`
	Refund     string            `json:",omitempty"` // id of the operation that refunds Collection
	Hints      []hint            `json:",omitempty"` // payments that count only once the rail confirms them

	Recall messaging.RecallState `json:",omitempty"` // what the switch answered last
}

// hint is a payment that a callback named and about which the rail is asked.
type hint struct {
	Payment Collection
	Misses  int `json:",omitempty"` // times that the rail answered without knowing it
}

const (
	// maxHints bounds an order's hints: callbacks can be forged, and each costs queries.
	maxHints = 16
	// hintMisses is how often the rail has to deny a payment before it is left to a person: a rail's
	// queries may lag behind its callbacks.
	hintMisses = 5
)

// hinted finds the hint of that receipt, -1 where there is none.
func (o *order) hinted(railRef string) int {
	return slices.IndexFunc(o.Hints, func(h hint) bool { return h.Payment.RailRef == railRef })
}

// dropHint forgets the hint of that receipt and tells whether there was one.
func (o *order) dropHint(railRef string) bool {
	i := o.hinted(railRef)
	if i >= 0 {
		o.Hints = slices.Delete(o.Hints, i, i+1)
	}
	return i >= 0
}

// IntentID derives the intent's id from the order's reference, so that an order made again is the same intent, and others
// can be told the id before there is an order.
func IntentID(ref string) string { return "o" + ref }

// orderRef is the inverse of IntentID. ok is false for ids that are none of ours.
func orderRef(intent string) (ref string, ok bool) {
	if len(intent) < 2 || intent[0] != 'o' {
		return "", false
	}
	return intent[1:], true
}

// intent is what the order says to the switch: a pure function of the order.
func (o *order) intent() *messaging.Intent {
	return &messaging.Intent{
		ID:                  IntentID(o.Order.Ref),
		CreditorParticipant: o.Order.To,
		Debtor:              o.Order.Payer,
		Creditor:            o.Order.Creditor,
		Source:              messaging.NewAmount(o.Order.Source),
		Destination:         messaging.NewAmount(o.Order.Destination),
		Quote:               o.Order.Quote,
		Fixed:               o.Order.Fixed,
		Deadline:            o.Order.Deadline,
		Reference:           o.Order.Reference,
		Bundle:              o.Order.Bundle,
	}
}

// final tells whether nothing more will come from the switch about the order.
func (o *order) final() bool { return transferRank(o.State) == 4 }

func (o *order) answer() OrderAnswer {
	return OrderAnswer{
		Ref: o.Order.Ref, Intent: IntentID(o.Order.Ref),
		Source: messaging.NewAmount(o.Order.Source), Destination: messaging.NewAmount(o.Order.Destination),
		Quote: o.Order.Quote, Cost: o.Cost, Fees: o.Fees, Expires: o.PayBy, DownSince: o.DownSince, State: o.State,
	}
}

func (o *order) status() OrderStatus {
	s := OrderStatus{OrderAnswer: o.answer(), Transfer: o.Transfer, Reason: o.Reason, Refund: o.Refund, Recall: o.Recall}
	s.Fault, s.Detail = o.Fault, o.Detail
	if o.Collection != nil {
		s.Paid = o.Collection.RailRef
	}
	return s
}

// hash identifies the request by its content, whatever the spacing and order of its JSON.
func (r OrderRequest) hash() (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
