package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/rail"
)

// adapterOf stands in for a participant's adapter, and counts the orders that it was given.
func adapterOf(t *testing.T, participant string) (rails rail.Directory, placed *int) {
	t.Helper()
	placed = new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		var asked adapters.OrdersRequest
		if err := json.UnmarshalRead(r.Body, &asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		*placed++
		answer := adapters.OrderAnswer{Ref: asked.Orders[0].Ref, Intent: "I1", State: adapters.OrderOpen, Source: asked.Orders[0].Amount}
		if asked.Orders[0].To == "nobody" {
			answer = adapters.OrderAnswer{Ref: asked.Orders[0].Ref, Fault: messaging.FaultEncoding, Detail: "no such participant"}
		}
		_ = json.MarshalWrite(w, adapters.OrdersAnswer{Orders: []adapters.OrderAnswer{answer}})
	})
	mux.HandleFunc("GET /orders/{ref}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("ref") != "A1" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"type":"urn:ayni:problem:unknown_order"}`)
			return
		}
		_ = json.MarshalWrite(w, adapters.OrderStatus{OrderAnswer: adapters.OrderAnswer{Ref: "A1", State: adapters.OrderCollected}, Transfer: "T1"})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	rails, err := rail.NewDirectory(map[string]string{participant: server.URL})
	require.NoError(t, err)
	return rails, placed
}

func TestAParticipantOrdersByItsOwnAdapter(t *testing.T) {
	rails, placed := adapterOf(t, "mpesa-ke")
	h := with(t, rails)
	order := func(to string) string {
		return `{"ref":"A1","payer":{"name":"Wanjiku","account":"254700000001"},"to":"` + to +
			`","creditor":{"name":"Maria","account":"639170000001"},"fixed":"source","amount":{"amount":"100.00","currency":"KES"}}`
	}
	place := func(c caller, key, body string) *http.Request {
		return asks(c, "POST", "/v1/orders", body, "Idempotency-Key", key)
	}
	first := h.answer(place(mpesa, "a", order("gcash-ph")))
	require.Equal(t, http.StatusCreated, first.Code, first.Body)
	again := h.answer(place(mpesa, "a", order("gcash-ph")))
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, 1, *placed)
	require.Equal(t, "T1", get[api.Order](h, mpesa, "/v1/orders/A1").Transfer)
	h.refused(asks(mpesa, "GET", "/v1/orders/B2", ""), "not_found")
	h.refused(place(mpesa, "b", order("nobody")), "refused")
	h.refused(place(operator, "c", order("gcash-ph")), "forbidden")
	h.refused(place(caller{role: mpesa.role, of: "gcash-ph"}, "d", order("mpesa-ke")), "no_adapter")
	d := h.described()
	d.holds(t, "POST", "/v1/orders", first)
	require.Equal(t, 2, *placed)
}
