package adapters

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// receive takes in what the switch says, until ctx ends.
func (r *Runner) receive(ctx context.Context) {
	for {
		err := r.cfg.Switch.ReceiveBatch(ctx, receiveLimit, r.take)
		if ctx.Err() != nil {
			return
		}
		r.log.Warn("receiving will be tried again", "error", err)
		pause := time.NewTimer(switchRetry)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// take makes messages of the switch durable. They are acknowledged after it returned nil.
func (r *Runner) take(ctx context.Context, messages []messaging.Incoming) error {
	r.cfg.failpoint("message received")
	if err := r.takeAll(ctx, messages); err != nil {
		return err
	}
	if err := r.durable(ctx); err != nil {
		return err
	}
	r.cfg.failpoint("message durable")
	return nil
}

func (r *Runner) takeAll(ctx context.Context, messages []messaging.Incoming) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range messages {
		if m.Status != nil {
			if records := r.board.post(m.Status); len(records) > 0 {
				r.store.write(nil, records...)
			}
			for _, c := range m.Status.Changes {
				if err := r.changed(c); err != nil {
					return err
				}
			}
			for _, a := range m.Status.Recalls {
				if err := r.recallAnswered(a); err != nil {
					return err
				}
			}
		}
		if m.Payout != nil {
			for _, in := range m.Payout.Instructions {
				if err := r.instructed(in); err != nil {
					return err
				}
			}
		}
		r.took(ctx, m)
	}
	return nil
}

// changed takes up one step of one of our transfers. Errors are the store's.
func (r *Runner) changed(c messaging.Change) error {
	ref, ours := orderRef(c.Intent)
	if !ours {
		return nil // published under our key by somebody else than this runner
	}
	o, err := r.findOrder(ref)
	if err != nil || o == nil || o.Intent == nil {
		return err
	}
	defer r.releaseOrder(o)
	state := OrderState(c.State)
	switch {
	case c.State == messaging.StateRejected && c.Fault == messaging.FaultDuplicate:
		// The intent that was taken first goes its way; giving the money back here could pay twice.
		r.raise(ExceptionIntentReused, ref, c.Detail)
		return nil
	case transferRank(state) <= transferRank(o.State):
		return nil
	}
	before := o.State
	r.alterOrder(o, func(o *order) {
		o.State, o.Reason, o.Fault, o.Detail = state, c.Reason, c.Fault, c.Detail
		if c.Transfer != "" {
			o.Transfer = c.Transfer
		}
	})
	saved := change{orders: []*liveOrder{o}}
	ended := c.State == messaging.StateRejected || c.State == messaging.StateExpired
	switch {
	case ended && transferRank(before) > transferRank(OrderState(messaging.StateQueued)):
		// The payee may have the money, or a refund may have been instructed: a second one could pay twice.
		r.raise(ExceptionEndedLate, ref, fmt.Sprintf("%s after %s: %s", c.State, before, c.Detail))
	case ended:
		refund, err := r.giveBack(o, *o.Collection, "not sent: "+string(c.State))
		if err != nil {
			return err
		}
		if refund != nil {
			o.Refund = refund.ID
			saved.operations, saved.then = []*liveOperation{refund}, r.submitSoon(refund)
		}
	}
	r.save(saved)
	return nil
}

// giveBack makes the operation that returns a customer's payment; nil where there is one already. The
// caller saves it.
func (r *Runner) giveBack(o *liveOrder, c Collection, why string) (*liveOperation, error) {
	id := localRefundID(r.cfg.Participant, IntentID(o.Order.Ref), c.RailRef)
	if known, err := r.findOperation(id); err != nil || known != nil {
		return nil, err
	}
	if o.Refund != "" && o.Collection != nil && c.RailRef == o.Collection.RailRef {
		r.raise(ExceptionRefundTwice, o.Order.Ref, "refunded already by "+o.Refund+"; now "+why)
		return nil, nil
	}
	return r.addOperation(operation{
		Operation: Operation{
			ID: id, Kind: messaging.KindRefund, Amount: c.Amount,
			Beneficiary: o.Order.Payer, Originator: o.Order.Creditor, Reference: why,
			CollectionRef: c.RailRef, CollectionOrder: o.Order.Ref, Submitted: now(),
		},
		Intent: IntentID(o.Order.Ref), State: Instructed,
	}), nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// instructed takes up one instruction. The same one again changes nothing. Errors are the store's.
func (r *Runner) instructed(in messaging.Instruction) error {
	switch in.Kind {
	case messaging.KindQuery:
		return r.asked(in)
	case messaging.KindRecall:
		return r.recalled(in)
	default:
	}
	id := OperationID(in.Transfer, in.Kind)
	amount, err := in.Amount.Money()
	if err != nil {
		r.raise(ExceptionInstruction, id, err.Error())
		return nil
	}
	op := operation{
		Operation: Operation{
			ID: id, Kind: in.Kind, Amount: amount,
			Beneficiary: in.Creditor, Originator: in.Debtor, Reference: in.Reference, Submitted: now(),
		},
		Transfer: in.Transfer, Intent: in.Intent, State: Instructed,
	}
	if in.Kind == messaging.KindRefund {
		op.Beneficiary, op.Originator = in.Debtor, in.Creditor
	}
	known, err := r.findOperation(id)
	if err != nil {
		return err
	}
	if known != nil {
		if known.Amount != op.Amount || known.Beneficiary != op.Beneficiary || known.Intent != op.Intent {
			r.raise(ExceptionInstruction, id, "now "+op.Amount.String()+" to "+op.Beneficiary.Account)
		}
		r.releaseOperation(known)
		return nil
	}
	reservation, err := r.reserved(in.Transfer, in.Kind == messaging.KindRelease)
	if err != nil {
		return err
	}
	if reservation != nil {
		op.Reservation = reservation.ID
		r.releaseOperation(reservation)
	}
	saved := change{}
	if in.Kind == messaging.KindRefund {
		o, err := r.refunds(&op)
		if err != nil || o == nil {
			return err
		}
		saved.orders = []*liveOrder{o}
	}
	if in.Kind == messaging.KindPayout {
		saved.intent = intentKey(in)
		if op.Repeats, err = r.paidFor(saved.intent); err != nil {
			return err
		}
	}
	live := r.addOperation(op)
	saved.operations = []*liveOperation{live}
	if live.Repeats != "" {
		r.raise(ExceptionPaidBefore, op.ID, "intent "+op.Intent+" of "+in.Counterparty+" was instructed as "+op.Repeats)
		live.doubt, saved.intent = true, ""
	}
	if reason, text, refused := refusedHere(op.Operation, r.caps, r.rail); refused {
		r.weigh(live, Evidence{State: Failed, Origin: FromResponse, Reason: reason, Text: text}, true, saved)
		return nil
	}
	saved.then = r.submitSoon(live)
	r.save(saved)
	return nil
}

// refunds completes a refund from the order whose payment it returns. It returns nil, with an
// exception, where there is nothing to return: then only a person can say what was meant.
func (r *Runner) refunds(op *operation) (*liveOrder, error) {
	ref, _ := orderRef(op.Intent)
	o, err := r.findOrder(ref)
	if err != nil {
		return nil, err
	}
	switch {
	case o == nil || o.Collection == nil || o.Collection.Amount != op.Amount:
		r.raise(ExceptionRefundUnmatched, op.ID, "refund of "+op.Amount.String()+" for intent "+op.Intent)
		return nil, nil
	case o.Refund != "" && o.Refund != op.ID:
		r.raise(ExceptionRefundTwice, op.ID, "refunded already by "+o.Refund)
		return nil, nil
	}
	op.CollectionRef, op.CollectionOrder = o.Collection.RailRef, ref
	o.Refund = op.ID
	return o, nil
}
