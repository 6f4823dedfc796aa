package adapters

import (
	"context"

	"github.com/ayni-switch/ayni/fx"
)

// Prompter is a Rail that can ask a customer to pay an order: M-Pesa's STK push, Alipay+'s pay, the GSMA API's
// merchantpay. What comes of it is a Collection like any other; a prompt that fails fails nothing but itself.
type Prompter interface {
	Prompt(ctx context.Context, o Order) Prompted
}

// Prompted is what became of asking. State is Accepted where the customer was asked, Failed where the rail says that
// the customer was not, Unknown otherwise.
type Prompted struct {
	State  State  `json:"state"`
	RailID string `json:"rail_id,omitempty"` // the rail's id of the prompt
	Action string `json:"action,omitempty"`  // where the customer has to go on: a link; "" where the rail asks by itself
	Code   string `json:"code,omitempty"`    // the rail's
	Text   string `json:"text,omitempty"`    // the rail's
	Err    error  `json:"-"`                 // with Unknown
}

// Balancer is a Rail that can be asked what the operator's accounts hold.
type Balancer interface {
	// Balances may wait for a callback, as long as ctx lasts. A retry is safe.
	Balances(ctx context.Context) ([]Balance, error)
}

// Balance is what one account of the operator holds on the rail. It can be negative.
type Balance struct {
	Account   string // as the rail calls it
	Available fx.Money
	Current   fx.Money // zero where the rail does not say
}

// Expecter is a Sink that knows which payments are expected. A rail that must say whether it takes a payment, before
// it is made, asks it.
type Expecter interface {
	// Expects answers from memory and does not wait.
	Expects(orderRef string, amount fx.Money) Expected
}

// Expected is whether a payment for an order is expected now.
type Expected string

// The answers of an Expecter.
const (
	ExpectedNow     Expected = "expected"
	ExpectedAmount  Expected = "amount" // the order costs another amount
	ExpectedUnknown Expected = "unknown_order"
	ExpectedOver    Expected = "over" // paid already, or too late
)
