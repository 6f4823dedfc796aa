package adapters

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/messaging/trace"
)

// sort puts tasks that fall due into their lanes, until ctx ends.
func (r *Runner) sort(ctx context.Context, tasks <-chan task) {
	for {
		select {
		case t := <-tasks:
			if !r.republish(t) {
				r.laneOf(t).add(t)
			}
		case <-ctx.Done():
			return
		}
	}
}

// republish publishes an intent again that got no answer, whatever the rail does, and tells whether t was that.
func (r *Runner) republish(t task) bool {
	if t.bucket != bucketOrders {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.orders[t.key]
	if !ok || o.State != OrderCollected {
		return false
	}
	if o.dirty > 0 { // its payment may not be on the disk yet; what is published first follows the disk by itself
		r.schedule.by(t, time.Now().Add(r.cfg.Republish))
		return true
	}
	r.publisher.addIntents(*o.Intent)
	return true
}

func (r *Runner) laneOf(t task) *lane {
	if t.bucket != bucketOperations {
		return r.lanes.collection
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if op, ok := r.operations[t.key]; ok && op.toSubmit() {
		return r.lanes.submit
	}
	return r.lanes.query
}

// toSubmit tells whether the rail has not seen the operation. One that this process has not submitted yet goes out
// whatever a callback says: it cannot have been done. After a restart nobody knows that.
func (o *liveOperation) toSubmit() bool { return o.State == Instructed && (!o.doubt || !o.mayBeDone()) }

// attend looks after a task. Calls to the rail run under calls, so that those under way at the end can still finish.
func (r *Runner) attend(calls context.Context, t task, in *lane) {
	switch t.bucket {
	case bucketOrders:
		r.attendOrder(calls, t.key)
	case taskHints:
		r.attendHints(calls, t.key)
	default:
		r.attendOperation(calls, t.key, in)
	}
}

// attendOperation submits what the rail has not seen, and asks about the rest.
func (r *Runner) attendOperation(calls context.Context, id string, in *lane) {
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
	submit, now := op.toSubmit(), time.Now()
	if (in == r.lanes.submit) != submit { // it came to be asked about, or not any more, while it waited
		r.schedule.by(task{bucketOperations, id}, now)
		r.mu.Unlock()
		return
	}
	if soonest := op.soonest(r.caps.Timers); !submit && soonest.After(now) {
		r.schedule.by(task{bucketOperations, id}, soonest)
		r.mu.Unlock()
		return
	}
	op.busy = true
	asked, follows := r.asks(op), op.follows
	if submit {
		op.submit = make(chan struct{})
		op.SentMS = now.UnixMilli() // kept with what comes of it
	} else {
		r.openLong(op, now)
	}
	noted := r.caps.Timers.bounded()
	if noted {
		op.noteCall(submit, now)
		r.save(change{operations: []*liveOperation{op}})
	}
	r.mu.Unlock()

	var e Evidence
	call := r.rail.Query
	if submit {
		call = r.submitting(asked.Kind)
		r.cfg.failpoint("before submit")
	}
	made := (!noted || r.durable(calls) == nil) && in.call(func() error {
		ctx, cancel := context.WithTimeout(calls, r.caps.Timers.SubmitTimeout)
		defer cancel()
		ctx, called := r.calling(ctx, in, follows)
		e = call(ctx, asked)
		called(e.State, e.Code, e.Err)
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
	case !made: // its lane holds it until the endpoint is up
		op.forgetCall(submit)
		r.schedule.by(task{bucketOperations, id}, time.Now())
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

// attendOrder asks whether an order was paid.
func (r *Runner) attendOrder(calls context.Context, ref string) {
	r.mu.Lock()
	o, ok := r.orders[ref]
	switch {
	case !ok:
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
	case !made: // as above
		r.schedule.by(task{bucketOrders, ref}, time.Now())
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
	made = r.lanes.collection.call(func() error {
		ctx, cancel := context.WithTimeout(calls, r.caps.Timers.SubmitTimeout)
		defer cancel()
		ctx, called := r.calling(ctx, r.lanes.collection, trace.Context{})
		c, found, err = r.rail.Collection(ctx, o)
		called(foundState(found), "", err)
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
			wait = 0
		case err == nil && failed == nil && o.Hints[0].Misses == 0:
			wait = 0 // it came meanwhile
		}
		r.schedule.by(task{taskHints, ref}, time.Now().Add(wait))
	}
	o.asking = false
	r.releaseOrder(o)
}
