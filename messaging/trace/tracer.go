package trace

import "context"

// MaxLinks bounds the links of one span.
const MaxLinks = 128

// Tracer makes spans. It is safe for use from many goroutines, and nil where nobody looks.
type Tracer interface {
	// Picks tells whether the transfer of an intent is traced. Every Tracer picks the same of two ids first.
	Picks(intent string) bool
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

// Begin begins the trace of an intent's transfer, if it is one that is traced.
func Begin(ctx context.Context, by Tracer, name, intent string) (context.Context, Span) {
	if by == nil || !by.Picks(intent) {
		return ctx, Span{}
	}
	return start(ctx, by, name, nil)
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
