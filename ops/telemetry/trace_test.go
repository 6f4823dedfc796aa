package telemetry

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	otel "go.opentelemetry.io/otel/trace"

	"github.com/ayni-switch/ayni/messaging"
)

// One order goes through every room, and everything that was done for it hangs together.
func TestOneTraceCrossesAllRooms(t *testing.T) {
	spans, kept := recorder(t, 1)
	s := newStage(t, spans, nil)
	s.order("t1", messaging.Party{Name: "Wanjiku", Account: "254700000001"}, messaging.Party{Name: "Akinyi", Account: "254700000002"})
	s.await("t1", messaging.StatePaid)
	rooms := []string{"order", "publish intents", "batch", "decide", "post", "publish", "instruction", "submit", "publish outcomes", "status"}
	require.Eventually(t, func() bool { // what is told last is recorded a moment after it is known
		all := map[string]bool{}
		for _, span := range kept.GetSpans() {
			all[span.Name] = true
		}
		for _, name := range rooms {
			if !all[name] {
				return false
			}
		}
		return true
	}, patience, patience/1000)

	reached := connected(kept.GetSpans(), "order")
	for _, name := range rooms {
		require.Contains(t, reached, name)
	}
	require.Equal(t, 2, reached["batch"], "one that cleared, one that was told of the payout")
	require.Equal(t, []string{"cleared", "paid"}, states(kept.GetSpans()))
}

// connected counts by name what hangs together with a span: above it, below it, or linked, either way.
func connected(all tracetest.SpanStubs, from string) map[string]int {
	next := map[otel.SpanID][]otel.SpanID{}
	names := map[otel.SpanID]string{}
	join := func(a, b otel.SpanID) { next[a], next[b] = append(next[a], b), append(next[b], a) }
	var todo []otel.SpanID
	for _, span := range all {
		id := span.SpanContext.SpanID()
		names[id] = span.Name
		if span.Name == from {
			todo = append(todo, id)
		}
		if span.Parent.IsValid() {
			join(id, span.Parent.SpanID())
		}
		for _, link := range span.Links {
			join(id, link.SpanContext.SpanID())
		}
	}
	seen, counts := map[otel.SpanID]bool{}, map[string]int{}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		counts[names[id]]++
		todo = append(todo, next[id]...)
	}
	return counts
}

// states lists what the debtor was told, in order.
func states(all tracetest.SpanStubs) (told []string) {
	for _, span := range all {
		if span.Name != "status" {
			continue
		}
		for _, a := range span.Attributes {
			if a.Key == "ayni.state" {
				told = append(told, a.Value.AsString())
			}
		}
	}
	return told
}
