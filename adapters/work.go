package adapters

import (
	"context"
	"time"
)

// work looks after tasks until ctx ends. Calls to the rail run under calls, so that those under way
// at the end can still finish.
func (r *Runner) work(ctx, calls context.Context, tasks <-chan task) {
	for {
		select {
		case t := <-tasks:
			switch t.bucket {
			case bucketOrders:
				r.attendOrder(calls, t.key)
			case taskHints:
				r.attendHints(calls, t.key)
			default:
				r.attendOperation(calls, t.key)
			}
		case <-ctx.Done():
			return
		}
	}
}

// attendOperation submits what the rail has not seen, and asks about the rest.
func (r *Runner) attendOperation(calls context.Context, id string) {
	r.mu.Lock()
	op, ok := r.operations[id]
	if !ok || op.State.final() {
		r.mu.Unlock()
		return
	}
	if op.busy {
		op.again = true
		r.mu.Unlock()
		return
	}
	if r.freed(op) {
		r.releaseOperation(op)
		r.mu.Unlock()
		return
	}
	op.busy = true
	asked := op.Operation
	// One that this process has not submitted yet goes out whatever a callback says: it cannot have been
	// done. After a restart nobody knows that.
	submit := op.State == Instructed && (!op.doubt || !op.mayBeDone())
	if submit {
		op.submit = make(chan struct{})
	}
	r.mu.Unlock()

	var e Evidence
	endpoint, call := endpointQuery, r.rail.Query
	if submit {
		endpoint, call = endpointSubmit, r.submitting(asked.Kind)
		r.cfg.failpoint("before submit")
	}
	made := r.breakers.call(endpoint, func() error {
		ctx, cancel := context.WithTimeout(calls, r.caps.Timers.SubmitTimeout)
		defer cancel()
		e = call(ctx, asked)
		return e.Err
	})
	if submit {
		r.cfg.failpoint("after submit")
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	op.busy = false
	if submit {
		close(op.submit)
		op.submit = nil
	}
	switch {
	case !made:
		r.schedule.by(task{bucketOperations, id}, time.Now().Add(r.cfg.BreakerOpen))
	case submit:
		e.Origin = FromResponse
		r.weigh(op, e, true, change{})
	default:
		e.Origin = FromQuery
		r.weigh(op, e, true, change{})
	}
	if op.again {
		op.again = false
		r.schedule.by(task{bucketOperations, id}, time.Now())
	}
	r.releaseOperation(op)
}

// lapseGrace is how many intervals between polls an order outlives its time to pay: a payment made at
// the last moment shows a little later.
const lapseGrace = 3

// attendOrder asks whether an order was paid, and publishes an intent again that got no answer.
func (r *Runner) attendOrder(calls context.Context, ref string) {
	r.mu.Lock()
	o, ok := r.orders[ref]
	switch {
	case !ok:
		r.mu.Unlock()
		return
	case o.State == OrderCollected:
		r.publisher.addIntents(*o.Intent)
		r.mu.Unlock()
		return
	case o.Collection != nil:
		r.mu.Unlock()
		return
	case o.busy:
		o.again = true
		r.mu.Unlock()
		return
	}
	o.busy = true
	asked := o.Order
	every := r.caps.Timers.CollectionEvery
	late, over := time.Now().After(o.PayBy), time.Now().After(o.PayBy.Add(lapseGrace*every))
	r.mu.Unlock()

	c, found, made, err := r.askCollection(calls, asked)

	r.mu.Lock()
	defer r.mu.Unlock()
	o.busy = false
	if made && err == nil && found {
		if err := r.collect(o, c); err != nil {
			r.log.Error("payment will be asked for again", "order", ref, "error", err)
		}
	}
	switch {
	case o.Collection != nil:
	case !made:
		r.schedule.by(task{bucketOrders, ref}, time.Now().Add(r.cfg.BreakerOpen))
	case over && err == nil && o.late >= 1 && len(o.Hints) == 0: // and now once more
		if o.State == OrderOpen {
			r.alterOrder(o, func(o *order) { o.State = OrderLapsed })
			r.save(change{orders: []*liveOrder{o}})
		}
	default:
		wait := backoff(every, r.caps.Timers.QueryEveryMax, o.polls)
		o.polls++
		if late && err == nil {
			o.late++
			wait = every
		}
		r.schedule.by(task{bucketOrders, ref}, time.Now().Add(wait))
	}
	if o.again {
		o.again = false
		r.askNow(o)
	}
	r.releaseOrder(o)
}

// askCollection asks the rail about a payment. made is false where the breaker kept the question away.
func (r *Runner) askCollection(calls context.Context, o Order) (c Collection, found, made bool, err error) {
	made = r.breakers.call(endpointCollection, func() error {
		ctx, cancel := context.WithTimeout(calls, r.caps.Timers.SubmitTimeout)
		defer cancel()
		c, found, err = r.rail.Collection(ctx, o)
		return err
	})
	c.Origin = FromQuery
	return c, found && c.RailRef != "", made, err
}

// attendHints asks about one payment that a callback named for an order; several take turns.
func (r *Runner) attendHints(calls context.Context, ref string) {
	r.mu.Lock()
	o, ok := r.orders[ref]
	if !ok || o.asking || len(o.Hints) == 0 { // whoever is asking sees to the rest
		r.mu.Unlock()
		return
	}
	o.asking = true
	asked := o.Order
	asked.AskFor = o.Hints[0].Payment.RailRef
	r.mu.Unlock()

	c, found, made, err := r.askCollection(calls, asked)

	r.mu.Lock()
	defer r.mu.Unlock()
	var failed error
	if made && err == nil {
		if found {
			failed = r.collect(o, c)
		}
		if failed == nil {
			r.missed(o, asked.AskFor)
		} else {
			r.log.Error("payment will be asked for again", "order", ref, "error", failed)
		}
	}
	if len(o.Hints) > 0 {
		wait := backoff(r.caps.Timers.CollectionEvery, r.caps.Timers.QueryEveryMax, o.Hints[0].Misses)
		switch {
		case !made:
			wait = r.cfg.BreakerOpen
		case err == nil && failed == nil && o.Hints[0].Misses == 0:
			wait = 0 // it came meanwhile
		}
		r.schedule.by(task{taskHints, ref}, time.Now().Add(wait))
	}
	o.asking = false
	r.releaseOrder(o)
}
