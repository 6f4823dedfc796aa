package adapters

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
)

// Call is one call to a rail.
type Call struct {
	Endpoint string        // submit, query or collection
	State    State         // what it brought; "" of a collection that is not there
	Code     string        // the rail's, as it came: anything
	Err      error         // why it brought nothing
	Took     time.Duration // from the lane's leave to the answer
}

// traced begins the trace of an order, if it is one that is traced. References are the operator's app's and may say
// who somebody is: no span has one.
func (r *Runner) traced(ctx context.Context, ref string) trace.Context {
	ctx, span := trace.Begin(ctx, r.cfg.Tracer, "order", IntentID(ref))
	span.Text("participant", r.cfg.Participant).End(nil)
	return trace.From(ctx)
}

// intentsFollow lists what intents follow that are about to be published.
func (r *Runner) intentsFollow(intents []messaging.Intent) (all []trace.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range intents {
		ref, _ := orderRef(intents[i].ID)
		if o, ok := r.orders[ref]; ok && !o.follows.IsZero() {
			all = append(all, o.follows)
		}
	}
	return all
}

// outcomesFollow lists likewise what outcomes follow.
func (r *Runner) outcomesFollow(outcomes []told) (all []trace.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range outcomes {
		out := &outcomes[i].outcome
		if op, ok := r.operations[OperationID(out.Transfer, out.Kind)]; ok && !op.follows.IsZero() {
			all = append(all, op.follows)
		}
	}
	return all
}

// publishIntents publishes a pack, under a span where one of its orders is traced.
func (p *publisher) publishIntents(ctx context.Context, intents []messaging.Intent) error {
	var follows []trace.Context
	if p.tracer != nil {
		follows = p.intentsFollow(intents)
	}
	ctx, span := trace.FollowFirst(ctx, p.tracer, "publish intents", follows)
	err := p.to.PublishIntents(ctx, intents)
	span.Number("intents", int64(len(intents))).End(err)
	return err
}

func (p *publisher) publishOutcomes(ctx context.Context, outcomes []told) error {
	plain := make([]messaging.Outcome, len(outcomes))
	for i, t := range outcomes {
		plain[i] = t.outcome
	}
	var follows []trace.Context
	if p.tracer != nil {
		follows = p.outcomesFollow(outcomes)
	}
	ctx, span := trace.FollowFirst(ctx, p.tracer, "publish outcomes", follows)
	err := p.to.PublishOutcomes(ctx, plain)
	span.Number("outcomes", int64(len(outcomes))).End(err)
	return err
}

// took notes what a message of the switch brought for transfers that are traced: of many in one message, those alone.
// It is called with mu held.
func (r *Runner) took(ctx context.Context, m messaging.Incoming) {
	if r.cfg.Tracer == nil || m.Follows.IsZero() {
		return
	}
	ctx = trace.With(ctx, m.Follows)
	if m.Status != nil {
		for _, c := range m.Status.Changes {
			if r.cfg.Tracer.Picks(c.Intent) {
				_, span := trace.Follow(ctx, r.cfg.Tracer, "status", r.orderFollows(c.Intent))
				span.Text("participant", r.cfg.Participant).Text("transfer", c.Transfer).Text("state", string(c.State)).End(nil)
			}
		}
	}
	if m.Payout == nil {
		return
	}
	for _, in := range m.Payout.Instructions {
		op, ok := r.operations[OperationID(in.Transfer, in.Kind)]
		if !ok || !op.follows.IsZero() || !r.cfg.Tracer.Picks(in.Intent) {
			continue
		}
		under, span := trace.Follow(ctx, r.cfg.Tracer, "instruction", nil)
		span.Text("participant", r.cfg.Participant).Text("transfer", in.Transfer).Text("kind", string(in.Kind)).End(nil)
		op.follows = trace.From(under)
	}
}

func (r *Runner) orderFollows(intent string) []trace.Context {
	ref, _ := orderRef(intent)
	if o, ok := r.orders[ref]; ok && !o.follows.IsZero() {
		return []trace.Context{o.follows}
	}
	return nil
}

// calling is around a call to the rail: the returned function is told what it brought.
func (r *Runner) calling(ctx context.Context, in *lane, follows trace.Context) (context.Context, func(State, string, error)) {
	began := time.Now()
	ctx, span := trace.Follow(trace.With(ctx, follows), r.cfg.Tracer, in.endpoint, nil)
	return ctx, func(state State, code string, err error) {
		span.Text("participant", r.cfg.Participant).Text("state", string(state)).End(err)
		if r.cfg.Called != nil {
			r.cfg.Called(Call{Endpoint: in.endpoint, State: state, Code: code, Err: err, Took: time.Since(began)})
		}
	}
}

func foundState(found bool) State {
	if found {
		return Settled
	}
	return ""
}
