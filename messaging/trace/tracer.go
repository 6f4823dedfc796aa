package trace

import "context"

// MaxLinks bounds the links of one span.
const MaxLinks = 128

// Tracer makes spans. It is safe for use from many goroutines, and nil where nobody looks.
type Tracer interface {
	// Picks tells whether the transfer of an intent is traced. Every Tracer picks the same of two ids first.
	Picks(intent string) bool
	// Begin begins a trace whose first span is head, and returns what follows it.
	Begin(ctx context.Context, name string, head Context) (context.Context, Recording)
	// Start begins a span below the one that ctx follows, if any, and returns what follows it.
	Start(ctx context.Context, name string, links []Context) (context.Context, Recording)
}

// Recording is a span under way.
type Recording interface {
	Text(key, value string)
	Number(key string, value int64)
	End(err error)
}

// Span is a span under way, or nothing. What is noted in it names participants, batches and transfers, never people.
type Span struct{ recording Recording }

// Text notes a text.
func (s Span) Text(key, value string) Span {
	if s.recording != nil {
		s.recording.Text(key, value)
	}
	return s
}

// Number notes a number.
func (s Span) Number(key string, value int64) Span {
	if s.recording != nil {
		s.recording.Number(key, value)
	}
	return s
}

// End ends the span, with what went wrong if anything did.
func (s Span) End(err error) {
	if s.recording != nil {
		s.recording.End(err)
	}
}

// Picked is what follows the first span of a transfer's trace, none where the transfer is not traced.
func Picked(by Tracer, debtor, intent string) Context {
	if by == nil || !by.Picks(intent) {
		return Context{}
	}
	return Of(debtor, intent)
}

// Begin begins the trace of a transfer, if it is one that is traced.
func Begin(ctx context.Context, by Tracer, name, debtor, intent string) Span {
	head := Picked(by, debtor, intent)
	if head.IsZero() {
		return Span{}
	}
	_, recording := by.Begin(ctx, name, head)
	return Span{recording: recording}
}

// Follow begins a span of what ctx follows, or, where that is nothing, of what the links name. Where neither is anything
// there is no span.
func Follow(ctx context.Context, by Tracer, name string, links []Context) (context.Context, Span) {
	if by == nil || len(links) == 0 && From(ctx).IsZero() {
		return ctx, Span{}
	}
	return start(ctx, by, name, links[:min(len(links), MaxLinks)])
}

// FollowFirst is Follow below the first of some spans, with links to the others.
func FollowFirst(ctx context.Context, by Tracer, name string, all []Context) (context.Context, Span) {
	if by == nil || len(all) == 0 {
		return ctx, Span{}
	}
	return Follow(With(ctx, all[0]), by, name, all[1:])
}

func start(ctx context.Context, by Tracer, name string, links []Context) (context.Context, Span) {
	ctx, recording := by.Start(ctx, name, links)
	return ctx, Span{recording: recording}
}
