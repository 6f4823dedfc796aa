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
func (r *Runner) traced(ctx context.Context, ref string) {
	trace.Begin(ctx, r.cfg.Tracer, "order", r.cfg.Participant, IntentID(ref)).Text("participant", r.cfg.Participant).End(nil)
}

// intentsFollow lists what intents follow that are about to be published.
func (r *Runner) intentsFollow(intents []messaging.Intent) (all []trace.Context) {
	for i := range intents {
		if c := trace.Picked(r.cfg.Tracer, r.cfg.Participant, intents[i].ID); !c.IsZero() {
			all = append(all, c)
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
	message := []trace.Context{m.Follows}
	if m.Status != nil {
		for _, c := range m.Status.Changes {
			if own := trace.Picked(r.cfg.Tracer, r.cfg.Participant, c.Intent); !own.IsZero() {
				_, span := trace.Follow(trace.With(ctx, own), r.cfg.Tracer, "status", message)
				span.Text("participant", r.cfg.Participant).Text("transfer", c.Transfer).Text("state", string(c.State)).End(nil)
			}
		}
	}
	if m.Payout == nil {
		return
	}
	for _, in := range m.Payout.Instructions {
		op, ok := r.operations[OperationID(in.Transfer, in.Kind)]
		of := trace.Picked(r.cfg.Tracer, r.debtor(in), in.Intent)
		if !ok || !op.follows.IsZero() || of.IsZero() {
			continue
		}
		under, span := trace.Follow(trace.With(ctx, of), r.cfg.Tracer, "instruction", message)
		span.Text("participant", r.cfg.Participant).Text("transfer", in.Transfer).Text("kind", string(in.Kind)).End(nil)
		op.follows = trace.From(under)
	}
}

// debtor is whose intent an instruction is about.
func (r *Runner) debtor(in messaging.Instruction) string {
	if in.Kind == messaging.KindRefund {
		return r.cfg.Participant
	}
	return in.Counterparty
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
