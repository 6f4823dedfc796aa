package adapters

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// goingOn are the states of orders whose payment is on its way, or has come.
var goingOn = []OrderState{
	OrderCollected, OrderState(messaging.StateQueued), OrderState(messaging.StateCleared), OrderState(messaging.StatePaid), OrderState(messaging.StateReturnPending),
}

// PublishAgain publishes the intents of orders that were placed since a moment again, answered or not, and returns how
// many: for a switch that lost its streams and whose ledger was put back to an earlier moment. What the ledger knows it
// answers as before; what it lost it accepts again, and the payee's adapter does not pay it twice. Orders whose money
// went back to the payer are left out. Errors are ErrNotRunning, ctx's and the store's; again is safe.
func (r *Runner) PublishAgain(ctx context.Context, since time.Time) (int, error) {
	if err := r.enter(); err != nil {
		return 0, err
	}
	defer r.leave()
	if err := r.durable(ctx); err != nil {
		return 0, err
	}
	count, since := 0, since.Truncate(time.Millisecond) // as orders keep it
	err := each(r.store, bucketOrders, func(_ string, o *order) error {
		if o.Intent != nil && slices.Contains(goingOn, o.State) && !o.Order.Created.Before(since) {
			r.publisher.addIntents(*o.Intent)
			count++
		}
		return ctx.Err()
	})
	if err != nil {
		return count, fmt.Errorf("adapters: publish again: %w", err)
	}
	return count, nil
}

// bucketIntents has the operations of payouts by whose intent they pay.
const bucketIntents = "intents"

// intentKey names an intent among everybody's.
func intentKey(in messaging.Instruction) string { return in.Counterparty + "\n" + in.Intent }

// paidFor returns the operation that was instructed for an intent, "" for none.
//
// A switch whose ledger was put back to an earlier moment accepts again what it no longer knows, and makes transfers of
// other numbers of it. An intent is paid once all the same: what is instructed for it again is not submitted, and ends
// as the first one does.
func (r *Runner) paidFor(intent string) (id string, err error) {
	if id, ok := r.intents[intent]; ok {
		return id, nil
	}
	_, err = r.store.get(bucketIntents, intent, &id)
	return id, err
}

// asks is what the rail is asked about: the operation, or the one that it repeats. It is called with mu held.
func (r *Runner) asks(op *liveOperation) Operation {
	if op.Repeats == "" {
		return op.Operation
	}
	first, err := r.findOperation(op.Repeats)
	if err != nil || first == nil { // the rail knows nothing under this name, and is asked again
		return op.Operation
	}
	defer r.releaseOperation(first)
	return first.Operation
}
