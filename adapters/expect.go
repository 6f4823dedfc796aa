package adapters

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var _ Expecter = (*Runner)(nil)

// Expects implements Expecter. It knows the orders that may still change: one that lapsed long ago is unknown, and so
// is every order while the Runner is not running.
func (r *Runner) Expects(orderRef string, amount fx.Money) Expected {
	if r.enter() != nil {
		return ExpectedUnknown
	}
	defer r.leave()
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.orders[orderRef]
	switch {
	case !ok:
		return ExpectedUnknown
	case o.State != OrderOpen || o.Collection != nil || time.Now().After(o.PayBy):
		return ExpectedOver
	case o.Order.Source != amount:
		return ExpectedAmount
	default:
		return ExpectedNow
	}
}

// Prompt has the rail ask the customer to pay an order, once for each call. Whether the customer paid shows in the
// order. Errors are *messaging.FaultError where the order or the rail does not allow it, ErrNotRunning or the store's.
func (r *Runner) Prompt(ctx context.Context, ref string) (Prompted, error) {
	if err := r.enter(); err != nil {
		return Prompted{}, err
	}
	defer r.leave()
	rail, ok := r.rail.(Prompter)
	if !ok {
		return Prompted{}, refuse(messaging.FaultUnknownCorridor, fmt.Sprintf("%s cannot ask its customers to pay", r.caps.Rail))
	}
	r.mu.Lock()
	o, err := r.findOrder(ref)
	if err != nil || o == nil {
		r.mu.Unlock()
		if err == nil {
			err = refuse(messaging.FaultUnknownIntent, "no order of that reference")
		}
		return Prompted{}, err
	}
	asked, open := o.Order, o.State == OrderOpen && o.Collection == nil && time.Now().Before(o.PayBy)
	r.releaseOrder(o)
	r.mu.Unlock()
	if !open {
		return Prompted{}, refuse(messaging.FaultDeadline, "the order is not open for payment")
	}
	ctx, cancel := context.WithTimeout(ctx, r.caps.Timers.SubmitTimeout)
	defer cancel()
	return rail.Prompt(ctx, asked), nil
}

// Balances asks the rail what the operator's accounts hold. Errors are *messaging.FaultError where the rail cannot be
// asked, ErrNotRunning, or the rail's, after which a retry is safe.
func (r *Runner) Balances(ctx context.Context) ([]Balance, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	rail, ok := r.rail.(Balancer)
	if !ok {
		return nil, refuse(messaging.FaultUnknownCorridor, fmt.Sprintf("%s does not tell balances", r.caps.Rail))
	}
	ctx, cancel := context.WithTimeout(ctx, r.caps.Timers.SubmitTimeout)
	defer cancel()
	return rail.Balances(ctx)
}
