package engine

import (
	"context"

	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// traced is the span of a batch, nothing where none of its messages is traced.
type traced struct {
	by      trace.Tracer
	span    trace.Span
	follows trace.Context
}

// outgoing is what a committed batch has to say.
type outgoing struct {
	messages []ledger.OutboxMessage
	follows  trace.Context // the batch
}

// traceBatch begins the span of a batch, below the first of what its messages follow and with links to the others: a
// batch is many transfers', and their own traces go on with what participants are told of each.
func (e *Engine) traceBatch(ctx context.Context, messages []decide.Message) traced {
	if e.Tracer == nil {
		return traced{}
	}
	var links []trace.Context
	for i := range messages {
		if c := messages[i].Follows; !c.IsZero() && len(links) < trace.MaxLinks {
			links = append(links, c)
		}
	}
	ctx, span := trace.FollowFirst(ctx, e.Tracer, "batch", links)
	return traced{by: e.Tracer, span: span, follows: trace.From(ctx)}
}

// step begins a span of one step of the batch.
func (t traced) step(ctx context.Context, name string) trace.Span {
	_, span := trace.Follow(trace.With(ctx, t.follows), t.by, name, nil)
	return span
}

// end ends the batch's span.
func (t traced) end(s Summary, err error) {
	t.span.Number("batch", s.Batch).Number("messages", int64(s.Messages)).Number("accepted", int64(s.Accepted)).
		Number("cleared", int64(s.Cleared)).Number("queued", int64(s.Queued)).End(err)
}
