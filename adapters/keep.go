package adapters

import (
	"context"
	"fmt"
	"time"
)

// What is here keeps memory and disk together. All of it but durable is called with Runner.mu held.

// change is a set of records that are written together.
type change struct {
	orders     []*liveOrder
	operations []*liveOperation
	receipt    string // taken up for the only one of orders; "" for none
	intent     string // that the only one of operations pays; "" for none that is new
	then       func() // after it is on the disk; called without mu
}

// save writes what c names as it is now.
func (r *Runner) save(c change) {
	records := make([]record, 0, len(c.orders)+len(c.operations)+2)
	for _, o := range c.orders {
		o.dirty++
		records = append(records, record{bucketOrders, o.Order.Ref, o.order})
	}
	for _, op := range c.operations {
		op.dirty++
		records = append(records, record{bucketOperations, op.ID, op.operation})
	}
	if c.receipt != "" {
		ref := c.orders[0].Order.Ref
		r.receipts[c.receipt] = ref
		records = append(records, record{bucketReceipts, c.receipt, ref})
	}
	if c.intent != "" {
		id := c.operations[0].ID
		r.intents[c.intent] = id
		records = append(records, record{bucketIntents, c.intent, id})
	}
	r.store.write(func(err error) {
		if err != nil {
			return // the store has failed, and with it this Runner
		}
		r.mu.Lock()
		delete(r.receipts, c.receipt)
		delete(r.intents, c.intent)
		for _, o := range c.orders {
			o.dirty--
			r.releaseOrder(o)
		}
		for _, op := range c.operations {
			op.dirty--
			r.releaseOperation(op)
		}
		r.mu.Unlock()
		if c.then != nil {
			c.then()
		}
	}, records...)
}

// durable waits until everything written so far is on the disk. It is called without mu.
func (r *Runner) durable(ctx context.Context) error {
	done := make(chan error, 1)
	r.store.write(func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// findOrder returns the order of that reference, nil where there is none.
func (r *Runner) findOrder(ref string) (*liveOrder, error) {
	if o, ok := r.orders[ref]; ok {
		return o, nil
	}
	o := new(liveOrder)
	found, err := r.store.get(bucketOrders, ref, &o.order)
	if err != nil || !found {
		return nil, err
	}
	r.orders[ref] = o
	return o, nil
}

// receiptOwner returns the reference of the order for which a payment was taken up, "" for none.
func (r *Runner) receiptOwner(railRef string) (ref string, err error) {
	if ref, ok := r.receipts[railRef]; ok {
		return ref, nil
	}
	_, err = r.store.get(bucketReceipts, railRef, &ref)
	return ref, err
}

// releaseOrder forgets an order that the disk holds and that will hardly change again.
func (r *Runner) releaseOrder(o *liveOrder) {
	if o.dirty == 0 && !o.busy && !o.asking && len(o.Hints) == 0 && (o.final() || o.State == OrderLapsed) {
		delete(r.orders, o.Order.Ref)
	}
}

// findOperation returns the operation of that id, nil where there is none.
func (r *Runner) findOperation(id string) (*liveOperation, error) {
	if op, ok := r.operations[id]; ok {
		return op, nil
	}
	op := &liveOperation{doubt: true}
	found, err := r.store.get(bucketOperations, id, &op.operation)
	if err != nil || !found {
		return nil, err
	}
	r.operations[id] = op
	return op, nil
}

func (r *Runner) releaseOperation(op *liveOperation) {
	if op.dirty == 0 && !op.busy && op.closed() {
		delete(r.operations, op.ID)
	}
}

// addOrder takes up a new order.
func (r *Runner) addOrder(o *order) *liveOrder {
	live := &liveOrder{order: *o}
	r.orders[o.Order.Ref] = live
	r.tally.order(&live.order, +1)
	return live
}

// alterOrder changes an order in memory and keeps the tally right.
func (r *Runner) alterOrder(o *liveOrder, alter func(*order)) {
	r.tally.order(&o.order, -1)
	alter(&o.order)
	r.tally.order(&o.order, +1)
}

// addOperation takes up a new operation, to be submitted once it is on the disk.
func (r *Runner) addOperation(op operation) *liveOperation {
	live := &liveOperation{operation: op}
	r.operations[op.ID] = live
	r.tally.operation(&live.operation, +1)
	return live
}

// submitSoon is what follows when new operations are on the disk.
func (r *Runner) submitSoon(ops ...*liveOperation) func() {
	return func() {
		for _, op := range ops {
			r.schedule.by(task{bucketOperations, op.ID}, time.Time{})
		}
	}
}

// raise records an exception, once.
func (r *Runner) raise(kind ExceptionKind, subject, detail string) {
	e := Exception{Kind: kind, Subject: subject, Detail: clip(detail, 512), At: time.Now().UTC()}
	if _, known := r.exceptions[e.key()]; known {
		return
	}
	r.exceptions[e.key()] = kind
	r.tally.exceptions[kind]++
	r.store.write(nil, record{bucketExceptions, e.key(), e})
	r.log.Warn("exception", "kind", string(kind), "subject", subject, "detail", detail)
}

// Exceptions lists the cases for a person, by kind and subject, at most limit of them.
func (r *Runner) Exceptions(limit int) ([]Exception, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	var list []Exception
	err := each(r.store, bucketExceptions, func(_ string, e *Exception) error {
		if len(list) < limit {
			list = append(list, *e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("adapters: exceptions of %s: %w", r.cfg.Participant, err)
	}
	return list, nil
}
