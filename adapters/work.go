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
			if t.bucket == bucketOrders {
				r.attendOrder(calls, t.key)
			} else {
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
	op.busy = true
	asked := op.Operation
	submit := op.State == Instructed
	if submit {
		op.submit = make(chan struct{})
	}
	r.mu.Unlock()

	var e Evidence
	endpoint, call := endpointQuery, r.rail.Query
	if submit {
		endpoint, call = endpointSubmit, r.rail.Submit
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
	late := time.Now().After(o.PayBy)
	r.mu.Unlock()

	var c Collection
	var found bool
	var err error
	made := r.breakers.call(endpointCollection, func() error {
		ctx, cancel := context.WithTimeout(calls, r.caps.Timers.SubmitTimeout)
		defer cancel()
		c, found, err = r.rail.Collection(ctx, asked)
		return err
	})

	r.mu.Lock()
	defer r.mu.Unlock()
	o.busy = false
	if made && err == nil && found && c.RailRef != "" {
		c.Origin = FromQuery
		if err := r.collect(o, c); err != nil {
			r.log.Error("payment will be asked for again", "order", ref, "error", err)
		}
	}
	switch {
	case o.Collection != nil:
	case !made:
		r.schedule.by(task{bucketOrders, ref}, time.Now().Add(r.cfg.BreakerOpen))
	case late && err == nil:
		if o.State == OrderOpen {
			r.alterOrder(o, func(o *order) { o.State = OrderLapsed })
			r.save(change{orders: []*liveOrder{o}})
		}
	default:
		wait := backoff(r.caps.Timers.CollectionEvery, r.caps.Timers.QueryEveryMax, o.polls)
		o.polls++
		r.schedule.by(task{bucketOrders, ref}, time.Now().Add(wait))
	}
	if o.again {
		o.again = false
		r.askNow(o)
	}
	r.releaseOrder(o)
}
