package adapters

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
)

// Reverser is a Sink that is told of payments that a rail takes back after it gave them: UPI's ReqPay of type REVERSAL.
type Reverser interface {
	// Reversed records that the rail undid a customer's payment, known by its receipt. A nil error means that it is
	// durable. It moves no money: what was cleared on that payment is for a person to see.
	Reversed(ctx context.Context, c Collection) error
}

var _ Reverser = (*Runner)(nil)

// Reversed implements Reverser. The exception says whether the payment had been taken up; one that is taken up later,
// because its notice was overtaken, has it already.
func (r *Runner) Reversed(ctx context.Context, c Collection) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if c.RailRef == "" {
		return fmt.Errorf("adapters: a payment for order %q was undone without the rail's receipt", c.OrderRef)
	}
	receipt := clip(c.RailRef, messaging.MaxReferenceLength)
	r.mu.Lock()
	owner, err := r.receiptOwner(receipt)
	if err == nil {
		taken := "not taken up"
		if owner != "" {
			taken = "taken up for order " + owner
		}
		r.raise(ExceptionReversed, receipt, fmt.Sprintf("%s from %s for %q, %s", c.Amount, clip(c.Payer, messaging.MaxNameLength), clip(c.OrderRef, 64), taken))
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return r.durable(ctx)
}
