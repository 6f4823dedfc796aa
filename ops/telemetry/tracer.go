package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"

	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/settings"
)

// Tracing is how traces are made.
type Tracing struct {
	Service string  // as it is shown: ayni-switch, ayni-adapter
	Ratio   float64 // share of transfers that are traced, above 0 and up to 1
}

// Spans makes spans, and sends them on in the background.
type Spans struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
	below    uint64 // an intent whose hash is below is traced
}

var _ trace.Tracer = (*Spans)(nil)

// flushWithin is how long a program that ends waits for a receiver to take its last spans.
const flushWithin = 5 * time.Second

// Traces makes the spans that a program's settings ask for. Where nothing is traced the Tracer is nil, which costs
// nothing. The receiver need not be there: what it does not take is dropped, and the log is told. stop sends the last.
func Traces(ctx context.Context, service string, s settings.Telemetry, log *slog.Logger) (by trace.Tracer, stop func(), err error) {
	if s.TracesURL == "" || s.TracesRatio == 0 {
		return nil, func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(s.TracesURL))
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: traces to %s: %w", s.TracesURL, err)
	}
	spans, err := spansTo(Tracing{Service: service, Ratio: s.TracesRatio}, sdk.NewBatchSpanProcessor(telling{exporter, log}))
	if err != nil {
		return nil, nil, err
	}
	return spans, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
		defer cancel()
		_ = spans.provider.Shutdown(ctx) // telling has told what did not arrive
	}, nil
}

// telling tells the program's log of spans that did not arrive, where the library would write to standard error.
type telling struct {
	sdk.SpanExporter
	log *slog.Logger
}

func (t telling) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := t.SpanExporter.ExportSpans(ctx, spans); err != nil {
		t.log.Warn("spans did not reach their receiver and are dropped", "spans", len(spans), "error", err)
	}
	return nil
}

// spansTo makes spans for a processor. What is picked is recorded: the choice was made before.
func spansTo(t Tracing, to sdk.SpanProcessor) (*Spans, error) {
	if !(t.Ratio > 0 && t.Ratio <= 1) {
		return nil, fmt.Errorf("telemetry: %g of all transfers cannot be traced, 0 to 1 can", t.Ratio)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithSampler(sdk.AlwaysSample()), sdk.WithSpanProcessor(to), sdk.WithIDGenerator(names{}),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", t.Service))),
	)
	s := &Spans{provider: provider, tracer: provider.Tracer("github.com/ayni-switch/ayni"), below: math.MaxUint64}
	if t.Ratio < 1 {
		s.below = uint64(t.Ratio * (1 << 63) * 2)
	}
	return s, nil
}

// Picks implements trace.Tracer: a hash of the id decides, so that whoever traces more traces what others trace too.
func (s *Spans) Picks(intent string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(intent)) // it never fails
	x := h.Sum64()
	x ^= x >> 33 // what FNV leaves alike in ids that count upwards is mixed (MurmurHash3's finalizer)
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x^x>>33 <= s.below
}

// names names spans: the first of a transfer's trace as everybody names it, the others by chance.
type names struct{}

type headKey struct{}

// NewIDs implements sdk.IDGenerator.
func (n names) NewIDs(ctx context.Context) (otel.TraceID, otel.SpanID) {
	if head, ok := ctx.Value(headKey{}).(trace.Context); ok {
		return head.Trace, head.Span
	}
	var of otel.TraceID
	_, _ = rand.Read(of[:]) // it never fails
	return of, n.NewSpanID(ctx, of)
}

// NewSpanID implements sdk.IDGenerator.
func (names) NewSpanID(context.Context, otel.TraceID) (id otel.SpanID) {
	_, _ = rand.Read(id[:]) // likewise
	return id
}

// Begin implements trace.Tracer.
func (s *Spans) Begin(ctx context.Context, name string, head trace.Context) (context.Context, trace.Recording) {
	_, span := s.tracer.Start(context.WithValue(context.Background(), headKey{}, head), name, otel.WithNewRoot())
	return trace.With(ctx, head), recording{span}
}

// Start implements trace.Tracer.
func (s *Spans) Start(ctx context.Context, name string, links []trace.Context) (context.Context, trace.Recording) {
	options := make([]otel.SpanStartOption, 0, 1)
	if len(links) > 0 {
		to := make([]otel.Link, len(links))
		for i, l := range links {
			to[i].SpanContext = foreign(l)
		}
		options = append(options, otel.WithLinks(to...))
	}
	parent := context.Background()
	if c := trace.From(ctx); !c.IsZero() {
		parent = otel.ContextWithRemoteSpanContext(parent, foreign(c))
	}
	_, span := s.tracer.Start(parent, name, options...)
	made := span.SpanContext()
	return trace.With(ctx, trace.Context{Trace: made.TraceID(), Span: made.SpanID()}), recording{span}
}

func foreign(c trace.Context) otel.SpanContext {
	return otel.NewSpanContext(otel.SpanContextConfig{TraceID: c.Trace, SpanID: c.Span, TraceFlags: otel.FlagsSampled, Remote: true})
}

// recording is a span of OpenTelemetry's. What it is told in words is masked as logs are.
type recording struct{ span otel.Span }

func (r recording) Text(key, value string) {
	r.span.SetAttributes(attribute.String("ayni."+key, mask(value)))
}

func (r recording) Number(key string, value int64) {
	r.span.SetAttributes(attribute.Int64("ayni."+key, value))
}

func (r recording) End(err error) {
	if err != nil {
		r.span.SetStatus(codes.Error, mask(err.Error()))
	}
	r.span.End()
}
