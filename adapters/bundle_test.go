package adapters

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// bundledOrders are an order and a leg of somebody else's, agreed on before there is a price.
func bundledOrders(t *testing.T) []OrderRequest {
	t.Helper()
	requests := []OrderRequest{request("B1", 100_00), request("B2", 200_00)}
	legs := make([]messaging.Leg, len(requests))
	for n, req := range requests {
		legs[n] = messaging.Leg{
			Participant: us, Intent: IntentID(req.Ref), CreditorParticipant: req.To,
			Source: req.Amount, Destination: messaging.Amount{Currency: "INR"}, Fixed: req.Fixed,
		}
	}
	all, err := messaging.NewBundle("round-7", legs)
	require.NoError(t, err)
	for n := range requests {
		requests[n].Bundle = &all[n]
	}
	return requests
}

// What was agreed on is in the intent, after a restart too; an order that is no leg of its bundle is refused before
// anybody pays.
func TestOrdersOfABundle(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	a := r.adapter(dir, nil)
	r.open()
	a.passed(t, "message durable")
	requests := bundledOrders(t)
	answers, err := a.PlaceOrders(t.Context(), requests)
	require.NoError(t, err)
	for _, answer := range answers {
		require.Empty(t, answer.Fault, answer.Detail)
	}
	text, err := json.Marshal(OrdersRequest{Orders: requests})
	require.NoError(t, err)
	posted, err := decodeOrders(text)
	require.NoError(t, err)
	again, err := a.PlaceOrders(t.Context(), posted)
	require.NoError(t, err)
	assert.Equal(t, answers, again, "as over HTTP")

	slipped := request("B3", 100_00)
	slipped.Bundle = requests[0].Bundle
	alone := requests[0]
	alone.Bundle = nil
	refused, err := a.PlaceOrders(t.Context(), []OrderRequest{slipped, alone})
	require.NoError(t, err)
	assert.Equal(t, messaging.FaultNotInBundle, refused[0].Fault)
	assert.Equal(t, messaging.FaultDuplicate, refused[1].Fault, "the same order without its bundle is another")
	a.stop()

	b := r.adapter(dir, nil)
	for _, answer := range answers {
		source, err := answer.Source.Money()
		require.NoError(t, err)
		b.rail.pay(answer.Ref, source)
	}
	r.until("intents", func() bool { return len(r.intents) == 2 })
	for _, req := range requests {
		assert.Equal(t, req.Bundle, r.last[IntentID(req.Ref)].Bundle)
	}
}
