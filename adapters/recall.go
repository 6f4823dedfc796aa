package adapters

import (
	"context"

	"github.com/ayni-switch/ayni/messaging"
)

// Recall asks the switch to stop an order's transfer, for an ISO 20022 cancellation reason. What comes of it shows
// in the order's states. Errors are *messaging.FaultError where there is nothing that could be stopped, or the
// switch's; after those it may be asked again.
func (r *Runner) Recall(ctx context.Context, ref, reason string) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if !messaging.ValidReason(reason) {
		return &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "the reason is no ISO 20022 code"}
	}
	intent, err := r.recallable(ref)
	if err != nil {
		return err
	}
	return r.cfg.Switch.PublishRecalls(ctx, []messaging.Recall{{Intent: intent, Reason: reason}})
}

// recallable is the intent of an order that the switch has and that has not ended. One that the switch has not
// answered yet may still overtake its recall.
func (r *Runner) recallable(ref string) (intent string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.findOrder(ref)
	if err != nil {
		return "", err
	}
	if o == nil || o.Intent == nil || transferRank(o.State) == 0 || o.final() {
		return "", &messaging.FaultError{Fault: messaging.FaultUnknownIntent, Detail: "no order of that reference is under way"}
	}
	return o.Intent.ID, nil
}

// recallAnswered keeps what the switch answers to a recall. The order's states come apart from it. It is called
// with mu held; errors are the store's.
func (r *Runner) recallAnswered(a messaging.RecallAnswer) error {
	ref, ours := orderRef(a.Intent)
	if !ours {
		return nil
	}
	o, err := r.findOrder(ref)
	if err != nil || o == nil {
		return err
	}
	if o.Recall != a.State {
		o.Recall = a.State
		r.save(change{orders: []*liveOrder{o}})
	}
	r.releaseOrder(o)
	return nil
}

// What follows answers the switch about instructions that it gave before. Nothing of it calls the rail but to
// ask. It is called with Runner.mu held; errors are the store's.

// asked tells again what is known of the instruction that the switch asks about. What has not ended is unknown,
// and the rail is asked sooner. One that is not in the store is for a person: it may have been carried out by
// a store that was lost, so it is neither carried out now nor called failed.
func (r *Runner) asked(in messaging.Instruction) error {
	for _, kind := range []messaging.Kind{messaging.KindRefund, messaging.KindPayout, messaging.KindReserve} {
		op, err := r.findOperation(OperationID(in.Transfer, kind))
		if err != nil {
			return err
		}
		if op == nil {
			continue
		}
		if op.State.final() {
			r.tell(told{op.ID, *op.Outcome})
		} else {
			r.tell(told{"", *op.outcome(Evidence{State: Unknown})})
			if op.State != Instructed {
				r.follow(op, stepQueryNow)
			}
		}
		r.releaseOperation(op)
		return nil
	}
	r.raise(ExceptionInstruction, in.Transfer, "asked about, and not in the store")
	return nil
}

// recalled gives a payout up that the rail was never asked for, and never will be. Otherwise it is too late,
// or how it ended is told again, which answers too.
func (r *Runner) recalled(in messaging.Instruction) error {
	op, err := r.findOperation(OperationID(in.Transfer, messaging.KindPayout))
	if err != nil {
		return err
	}
	switch {
	case op != nil && op.State.final():
		r.tell(told{op.ID, *op.Outcome})
	case op != nil && op.untouched():
		r.weigh(op, Evidence{State: Failed, Origin: FromResponse, Reason: in.Reason, Text: "recalled before the rail was called"}, true, change{})
	default:
		r.tell(told{"", messaging.Outcome{
			Transfer: in.Transfer, Kind: messaging.KindRecall, State: messaging.OutcomeRefused, Amount: in.Amount,
		}})
	}
	if op != nil {
		r.releaseOperation(op)
	}
	return nil
}

// untouched tells whether the rail was never asked for an operation, by this process or an earlier one, and
// nobody ever claimed otherwise.
func (o *liveOperation) untouched() bool {
	return o.State == Instructed && !o.doubt && !o.busy && o.Claim == nil && !o.mayBeDone()
}

// tell publishes an outcome when everything that it may rest on is on the disk.
func (r *Runner) tell(outcome told) {
	r.store.write(func(err error) {
		if err == nil {
			r.publisher.addOutcomes(outcome)
		}
	})
}
