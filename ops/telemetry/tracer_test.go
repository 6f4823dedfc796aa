package telemetry

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/settings"
)

// recorder is a Tracer whose spans are kept.
func recorder(t *testing.T, ratio float64) (*Spans, *tracetest.InMemoryExporter) {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	spans, err := spansTo(Tracing{Service: "test", Ratio: ratio}, sdk.NewSimpleSpanProcessor(kept))
	require.NoError(t, err)
	return spans, kept
}

func TestSpansFollowAndLink(t *testing.T) {
	spans, kept := recorder(t, 1)
	head := trace.Begin(t.Context(), spans, "order", "mpesa-ke", "o1")
	ctx := trace.With(t.Context(), trace.Of("mpesa-ke", "o1"))
	_, below := trace.Follow(ctx, spans, "publish", nil)
	below.Number("intents", 3).End(errors.New("call 254700000001"))
	_, batch := trace.Follow(t.Context(), spans, "batch", []trace.Context{trace.From(ctx)})
	batch.End(nil)
	head.Text("participant", "mpesa-ke").End(nil)
	got := kept.GetSpans()
	require.Len(t, got, 3)
	require.Equal(t, trace.Of("mpesa-ke", "o1").Span, [8]byte(got[2].SpanContext.SpanID()))
	require.Equal(t, got[2].SpanContext.SpanID(), got[0].Parent.SpanID())
	require.Equal(t, got[2].SpanContext.TraceID(), got[0].SpanContext.TraceID())
	require.Equal(t, "call [withheld]", got[0].Status.Description)
	require.False(t, got[1].Parent.IsValid())
	require.Equal(t, got[2].SpanContext.SpanID(), got[1].Links[0].SpanContext.SpanID())
}

func TestWhoeverTracesMoreTracesWhatOthersTrace(t *testing.T) {
	few, _ := recorder(t, 0.1)
	some, _ := recorder(t, 0.5)
	counts := [2]int{}
	const all = 20_000
	for i := range all {
		id := fmt.Sprintf("o%d", i)
		if few.Picks(id) {
			counts[0]++
			require.True(t, some.Picks(id))
		}
		if some.Picks(id) {
			counts[1]++
		}
	}
	require.InDelta(t, all/10, counts[0], all/50)
	require.InDelta(t, all/2, counts[1], all/50)
}

func TestNothingIsTracedUnlessAskedFor(t *testing.T) {
	nowhere := "http://127.0.0.1:1/v1/traces"
	for _, s := range []settings.Telemetry{{TracesRatio: 1}, {TracesURL: nowhere}} {
		by, stop, err := Traces(t.Context(), "test", s, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Nil(t, by)
		stop()
	}
	for _, ratio := range []float64{-0.1, 1.1, math.NaN()} {
		_, _, err := Traces(t.Context(), "test", settings.Telemetry{TracesURL: nowhere, TracesRatio: ratio}, slog.New(slog.DiscardHandler))
		require.Error(t, err)
	}
}
