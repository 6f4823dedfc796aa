package telemetry

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	otel "go.opentelemetry.io/otel/trace"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
)

// One order goes through every room, and everything that was done for it is in one trace.
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

	transfer := trace.Of("mpesa-ke", adapters.IntentID("t1"))
	counts := map[string]int{}
	for _, span := range kept.GetSpans() {
		if span.SpanContext.TraceID() == transfer.Trace {
			counts[span.Name]++
		}
	}
	for _, name := range rooms {
		require.Contains(t, counts, name)
	}
	require.Equal(t, 2, counts["batch"], "one that cleared, one that was told of the payout")
	require.Equal(t, []string{"cleared", "paid"}, states(kept.GetSpans()))
}

// What is done for a transfer alone is in its own trace, whatever else travels with it.
func TestEveryTransferHasItsOwnTrace(t *testing.T) {
	spans, kept := recorder(t, 1)
	s := newStage(t, spans, nil)
	refs := make([]string, 20)
	for i := range refs {
		refs[i] = fmt.Sprintf("t%d", i)
		s.order(refs[i], messaging.Party{Name: "Wanjiku", Account: "254700000001"}, messaging.Party{Name: "Akinyi", Account: "254700000002"})
	}
	for _, ref := range refs {
		s.await(ref, messaging.StatePaid)
	}
	s.stop()
	counts := map[otel.TraceID]map[string]int{}
	for _, span := range kept.GetSpans() {
		of := span.SpanContext.TraceID()
		if counts[of] == nil {
			counts[of] = map[string]int{}
		}
		counts[of][span.Name]++
	}
	require.Len(t, counts, len(refs), "nothing is in a trace of nobody")
	for _, ref := range refs {
		own := counts[trace.Of("mpesa-ke", adapters.IntentID(ref)).Trace]
		require.Equal(t, []int{1, 1, 1, 2}, []int{own["order"], own["instruction"], own["submit"], own["status"]}, "%s: %v", ref, own)
	}
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
