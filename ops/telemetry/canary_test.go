package telemetry

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// People go through the whole house, paid, refused and paying what nobody ordered, and no line that any room logs, and no
// span, says who they are.
func TestNoLogShowsPeople(t *testing.T) {
	spans, kept := recorder(t, 1)
	s := newStage(t, spans, nil)
	payer := messaging.Party{Name: "Wanjikũ Canary", Account: "254711222333", Address: "Canary Lane 7"}
	s.order("c1", payer, messaging.Party{Name: "Akinyi Canary", Account: "254744555666", Town: "Canaryville"})
	s.order("c2", payer, messaging.Party{Name: "Otieno Canary", Account: refusedAccount})
	s.await("c1", messaging.StatePaid)
	s.await("c2", messaging.StateReturned)
	require.Eventually(t, func() bool { return strings.Contains(s.said.String(), `"kind":"collection_unmatched`) }, patience, patience/1000,
		"the stray payment is told of, or this test tests nothing")
	s.stop()

	said := s.said.String()
	require.Contains(t, said, `"msg":"leading"`)
	var shown strings.Builder
	for _, span := range kept.GetSpans() {
		shown.WriteString(span.Name + " " + span.Status.Description)
		for _, a := range span.Attributes {
			shown.WriteString(" " + a.Value.String())
		}
	}
	require.NotEmpty(t, shown.String())
	for _, canary := range []string{"Canary", "Wanjik", "Akinyi", "Otieno", "254711222333", "711222333", "254744555666", refusedAccount} {
		for line := range strings.Lines(said) {
			require.NotContains(t, line, canary)
		}
		require.NotContains(t, shown.String(), canary)
	}
}
