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
	if err := r.heard(ctx, operationID, railID, e, func(*liveOperation) error { return nil }); err != nil {
		return err
	}
	if err := r.durable(ctx); err != nil {
		return err
	}
	r.cfg.failpoint("callback durable")
	return nil
}

// heard weighs what somebody says about an operation that is known, where admit does not refuse it. admit is called with
// mu held, and not while a Submit is under way that has brought no id yet.
func (r *Runner) heard(ctx context.Context, operationID, railID string, e Evidence, admit func(*liveOperation) error) error {
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
	if err = admit(op); err == nil {
		r.weigh(op, e, railID != "" && railID == op.RailID, change{})
	}
	r.releaseOperation(op)
	return err
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
		subject, detail := op.ID, fmt.Sprintf("%s by %s, code %q %q", e.State, e.Origin, e.Code, e.Text)
		if exception == ExceptionMismatch { // each receipt is other money
			if e.RailRef != "" {
				subject += "/" + e.RailRef
			}
			if e.Amount != nil {
				detail = e.Amount.String() + " " + detail
			}
			if e.Account != "" {
				detail += fmt.Sprintf(", to %q", clip(e.Account, messaging.MaxReferenceLength))
			}
		}
		r.raise(exception, subject, detail)
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

// collect takes up a payment for an order, each receipt once, with mu held. A payment that is not what
// was asked for goes back only when a query has confirmed it: callbacks can be forged, and a refund is
// real money.
func (r *Runner) collect(o *liveOrder, c Collection) error {
	asked := c.Origin == FromQuery
	c.OrderRef, c.Payer = o.Order.Ref, clip(c.Payer, messaging.MaxNameLength)
	c.RailRef = clip(c.RailRef, messaging.MaxReferenceLength)
	defer r.releaseOrder(o)
	owner, err := r.receiptOwner(c.RailRef)
	subject := o.Order.Ref + "/" + c.RailRef
	why := "" // it goes back
	switch {
	case err != nil:
		return err
	case owner == o.Order.Ref:
		r.dropHint(o, c.RailRef)
		return nil
	case owner != "":
		r.raise(ExceptionReceiptReused, subject, fmt.Sprintf("%s was taken up for order %s", c.Amount, owner))
		r.dropHint(o, c.RailRef)
		return nil
	case o.Collection != nil:
		why = "paid twice"
		r.raise(ExceptionPaidTwice, subject, fmt.Sprintf("%s under %s", c.Amount, c.RailRef))
	case c.Amount != o.Order.Source:
		why = "not the order's amount"
		r.raise(ExceptionCollection, subject, fmt.Sprintf("%s under %s, not %s", c.Amount, c.RailRef, o.Order.Source))
	}
	switch {
	case why != "" && c.Amount.Currency != r.caps.Currency:
		r.dropHint(o, c.RailRef)
		return nil
	case !asked && (why != "" || c.Amount.Minor >= r.caps.ConfirmAboveMinor):
		r.hint(o, c)
		return nil
	}
	saved := change{orders: []*liveOrder{o}, receipt: c.RailRef}
	if why != "" {
		refund, err := r.giveBack(o, c, why)
		if err != nil {
			return err
		}
		if refund != nil {
			saved.operations, saved.then = []*liveOperation{refund}, r.submitSoon(refund)
		}
	} else {
		r.alterOrder(o, func(o *order) {
			o.Collection, o.State = &c, OrderCollected
			o.Intent = o.intent()
		})
		intent := *o.Intent
		saved.then = func() { r.publisher.addIntents(intent) }
	}
	o.dropHint(c.RailRef)
	r.save(saved)
	return nil
}

// hint keeps a payment until the rail has been asked about it, whatever becomes of the order meanwhile.
func (r *Runner) hint(o *liveOrder, c Collection) {
	switch {
	case o.hinted(c.RailRef) >= 0:
		return
	case len(o.Hints) >= maxHints:
		r.raise(ExceptionUnconfirmed, o.Order.Ref, fmt.Sprintf("more than %d payments named; not asked about %s under %s", maxHints, c.Amount, c.RailRef))
		return
	}
	o.Hints = append(o.Hints, hint{Payment: c})
	r.save(change{orders: []*liveOrder{o}})
	r.schedule.by(task{taskHints, o.Order.Ref}, time.Now())
}

// dropHint ends a hint that was answered.
func (r *Runner) dropHint(o *liveOrder, railRef string) {
	if o.dropHint(railRef) {
		r.save(change{orders: []*liveOrder{o}})
	}
}

// missed notes that the rail was asked for a payment and showed none. The order's other hints go first
// then.
func (r *Runner) missed(o *liveOrder, railRef string) {
	i := o.hinted(railRef)
	if i < 0 {
		return
	}
	h := o.Hints[i]
	o.dropHint(railRef)
	if h.Misses++; h.Misses < hintMisses {
		o.Hints = append(o.Hints, h)
	} else {
		r.raise(ExceptionUnconfirmed, o.Order.Ref+"/"+railRef,
			fmt.Sprintf("%s from %s: asked %d times, the rail does not know it", h.Payment.Amount, h.Payment.Payer, h.Misses))
	}
	r.save(change{orders: []*liveOrder{o}})
}

func (r *Runner) askNow(o *liveOrder) {
	o.polls = 0
	r.schedule.by(task{bucketOrders, o.Order.Ref}, time.Now())
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
