package adapters

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

var _ Sink = (*Runner)(nil)

// Evidence implements Sink.
func (r *Runner) Evidence(ctx context.Context, operationID, railID string, e Evidence) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if e.Origin == "" {
		e.Origin = FromCallback
	}
	r.cfg.failpoint("callback received")
	if err := r.heard(ctx, operationID, railID, e); err != nil {
		return err
	}
	if err := r.durable(ctx); err != nil {
		return err
	}
	r.cfg.failpoint("callback durable")
	return nil
}

func (r *Runner) heard(ctx context.Context, operationID, railID string, e Evidence) error {
	r.mu.Lock()
	op, err := r.findOperation(operationID)
	if err == nil && op != nil && op.RailID == "" && op.submit != nil {
		// The callback overtook the answer to Submit, which brings the id to match it with.
		under := op.submit
		r.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, r.caps.Timers.SubmitTimeout)
		defer cancel()
		select {
		case <-under:
		case <-ctx.Done():
			return fmt.Errorf("adapters: callback for %s before the answer to its submission: %w", operationID, ctx.Err())
		}
		r.mu.Lock()
		op, err = r.findOperation(operationID)
	}
	defer r.mu.Unlock()
	switch {
	case err != nil:
		return err
	case op == nil:
		return &UnknownOperationError{Operation: operationID, RailID: railID}
	case railID != "" && op.RailID != "" && railID != op.RailID:
		r.releaseOperation(op)
		return &UnknownOperationError{Operation: operationID, RailID: railID, Known: op.RailID}
	}
	r.weigh(op, e, railID == op.RailID, change{})
	r.releaseOperation(op)
	return nil
}

// weigh judges evidence about op, saves what changed together with what is in saved, and sees to what
// follows. It is called with mu held.
func (r *Runner) weigh(op *liveOperation, e Evidence, matched bool, saved change) {
	before := op.operation
	e.RailID, e.RailRef = clip(e.RailID, messaging.MaxReferenceLength), clip(e.RailRef, messaging.MaxReferenceLength)
	e.Code, e.Text = clip(e.Code, messaging.MaxRailCodeLength), clip(e.Text, messaging.MaxRailTextLength)
	e.Reason = clip(e.Reason, 4)
	r.tally.operation(&op.operation, -1)
	next, exception := op.weigh(e, matched, op.doubt, r.caps.ConfirmAboveMinor)
	r.tally.operation(&op.operation, +1)
	if exception != "" {
		r.raise(exception, op.ID, fmt.Sprintf("%s by %s, code %q %q", e.State, e.Origin, e.Code, e.Text))
	}
	if op.operation != before || len(saved.operations) > 0 {
		saved.operations = []*liveOperation{op}
		var out []told
		switch {
		case op.State.final() && !op.local() && !before.State.final():
			out = []told{{op.ID, *op.Outcome}}
		case op.State == Unknown && before.State != Unknown && !op.local():
			out = []told{{"", *op.outcome(Evidence{State: Unknown, Origin: e.Origin, Code: e.Code, Text: e.Text})}}
		}
		saved.then = func() {
			if out != nil {
				r.cfg.failpoint("evidence durable")
				r.publisher.addOutcomes(out...)
			}
		}
		r.save(saved)
	}
	r.follow(op, next)
}

// follow puts the operation's next step on the schedule.
func (r *Runner) follow(op *liveOperation, next step) {
	this, timers := task{bucketOperations, op.ID}, r.caps.Timers
	switch next {
	case stepNone:
	case stepQueryNow:
		op.queries = 1
		r.schedule.by(this, time.Now())
	case stepQuery:
		wait := timers.FirstQuery
		if op.queries > 0 {
			wait = backoff(timers.QueryEvery, timers.QueryEveryMax, op.queries-1)
		}
		op.queries++
		r.schedule.by(this, time.Now().Add(wait))
	case stepSubmit:
		op.doubt = true
		r.schedule.by(this, time.Now().Add(backoff(timers.QueryEvery, timers.QueryEveryMax, op.retries)))
		op.retries++
		if op.retries == stuckAfter {
			r.raise(ExceptionStuck, op.ID, fmt.Sprintf("%d attempts reached nobody", op.retries))
		}
	}
}

// Collected implements Sink.
func (r *Runner) Collected(ctx context.Context, c Collection) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if c.RailRef == "" {
		return fmt.Errorf("adapters: a payment for order %q without the rail's receipt", c.OrderRef)
	}
	r.cfg.failpoint("collection received")
	r.mu.Lock()
	o, err := r.findOrder(c.OrderRef)
	switch {
	case err == nil && o == nil:
		r.raise(ExceptionUnmatched, clip(c.RailRef, messaging.MaxReferenceLength), fmt.Sprintf("%s for %q from %s", c.Amount, clip(c.OrderRef, 64), c.Payer))
	case err == nil:
		err = r.collect(o, c)
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if err := r.durable(ctx); err != nil {
		return err
	}
	r.cfg.failpoint("collection durable")
	return nil
}

// collect takes up a payment for an order, with mu held. A payment that is not what was asked for goes
// back only when a query has confirmed it: callbacks can be forged, and a refund is real money.
func (r *Runner) collect(o *liveOrder, c Collection) error {
	asked := c.Origin == FromQuery
	c.OrderRef, c.Payer = o.Order.Ref, clip(c.Payer, messaging.MaxNameLength)
	c.RailRef = clip(c.RailRef, messaging.MaxReferenceLength)
	defer r.releaseOrder(o)
	switch {
	case o.Collection != nil && o.Collection.RailRef == c.RailRef:
		return nil
	case o.Collection != nil:
		r.raise(ExceptionPaidTwice, o.Order.Ref, fmt.Sprintf("%s under %s", c.Amount, c.RailRef))
		if !asked || c.Amount.Currency != r.caps.Currency {
			return nil
		}
		return r.refundExtra(o, c, "paid twice")
	case c.Amount != o.Order.Source:
		r.raise(ExceptionCollection, o.Order.Ref, fmt.Sprintf("%s under %s, not %s", c.Amount, c.RailRef, o.Order.Source))
		if c.Amount.Currency != r.caps.Currency {
			return nil
		}
		if !asked {
			r.askNow(o)
			return nil
		}
		return r.refundExtra(o, c, "not the order's amount")
	case !asked && c.Amount.Minor >= r.caps.ConfirmAboveMinor:
		r.askNow(o)
		return nil
	}
	r.alterOrder(o, func(o *order) {
		o.Collection, o.State = &c, OrderCollected
		o.Intent = o.intent()
	})
	intent := *o.Intent
	r.save(change{orders: []*liveOrder{o}, then: func() { r.publisher.addIntents(intent) }})
	return nil
}

func (r *Runner) askNow(o *liveOrder) {
	o.polls = 0
	r.schedule.by(task{bucketOrders, o.Order.Ref}, time.Now())
}

func (r *Runner) refundExtra(o *liveOrder, c Collection, why string) error {
	refund, err := r.giveBack(o, c, why)
	if err != nil || refund == nil {
		return err
	}
	r.save(change{operations: []*liveOperation{refund}, then: r.submitSoon(refund)})
	return nil
}

// Resolve ends an operation that no query can end: operator says, with a reason, how it ended.
// Where it has ended already otherwise, that stays, and the contradiction becomes an exception.
func (r *Runner) Resolve(ctx context.Context, operationID string, state State, operator, reason string) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if !state.final() || operator == "" || reason == "" {
		return fmt.Errorf("adapters: resolve %s: needs a final state, the operator's name and a reason", operationID)
	}
	err := r.heard(ctx, operationID, "", Evidence{
		State: state, Origin: byOperator, Text: operator + ": " + reason,
	})
	if err != nil {
		return err
	}
	return r.durable(ctx)
}

// intentsOut is called when the broker holds intents. They are published again until the switch answers.
func (r *Runner) intentsOut(intents []messaging.Intent) {
	r.cfg.failpoint("intents published")
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range intents {
		ref, _ := orderRef(intents[i].ID)
		if o, ok := r.orders[ref]; ok && o.State == OrderCollected {
			wait := backoff(r.cfg.Republish, maxRepublish, o.messages)
			o.messages++
			r.schedule.by(task{bucketOrders, ref}, time.Now().Add(wait))
		}
	}
}

// outcomesOut is called when the broker holds outcomes. Killed before the mark is on the disk, the next
// run publishes the same bytes again, and the switch knows them.
func (r *Runner) outcomesOut(outcomes []told) {
	r.cfg.failpoint("outcomes published")
	r.mu.Lock()
	defer r.mu.Unlock()
	var marked change
	for _, t := range outcomes {
		if op, ok := r.operations[t.operation]; ok {
			op.Told = true
			marked.operations = append(marked.operations, op)
		}
	}
	r.save(marked)
}

// unpublishable is called for what messaging refuses to send, now and for ever.
func (r *Runner) unpublishable(intent *messaging.Intent, outcome *told, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if intent != nil {
		r.raise(ExceptionIntentRefused, intent.ID, why.Error())
	}
	if outcome != nil {
		r.raise(ExceptionOutcomeRefused, outcome.outcome.Transfer, why.Error())
	}
}
