package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// A rail is told of from all sides: what its participant said, and what its adapter says; one that does not answer is told
// of without.
func TestRailsFromAllSides(t *testing.T) {
	adapter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"participant":"alpha-ke","rail":"mpesa","unknown_now":2,"outcomes_waiting":1,"breakers":{"query":"open"},"exceptions":{"open_long":4},` +
			`"health":{"state":"down","since":"2026-05-01T10:00:00Z","at":"2026-05-01T10:00:00Z","waiting":7}}`
		if r.URL.Path == "/operations" {
			answer = `[{"id":"T1P","kind":"payout","transfer":"T1","state":"unknown","amount":{"amount":"5.00","currency":"KES"},"account":"254700000001","may_pay":"it may"},` +
				`{"id":"T2P","kind":"payout","state":"instructed","amount":{"amount":"6.00","currency":"KES"}}]`
			if r.URL.Query().Get("after") != "" {
				answer = `[]`
			}
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(adapter.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	rails, err := rail.NewDirectory(map[string]string{"alpha-ke": adapter.URL, "beta-ke": gone.URL})
	require.NoError(t, err)
	h := with(t, rails)
	lead, err := h.books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	t.Cleanup(lead.Release)
	now := time.Now().UTC().Truncate(time.Second)
	batch := &ledger.Batch{ID: 1, DecidedAt: now, Rails: []ledger.RailHealth{{Participant: 1, Sequence: 1, State: messaging.RailDown, Since: now.Add(-time.Hour), SaidAt: now, Waiting: 9}}}
	for i, name := range []string{"alpha-ke", "beta-ke", "gamma-ke"} {
		batch.Participants = append(batch.Participants, settlement.Participant{
			ID: int32(i) + 1, Name: name, Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100,
		})
	}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(batch)))

	all := get[api.Page[api.Rail]](h, auditor, "/v1/rails").Items
	require.Len(t, all, 3)
	require.Equal(t, "down", all[0].State)
	require.Equal(t, now.Add(-time.Hour), all[0].Since)
	said := all[0].Adapter
	require.NotNil(t, said)
	require.Equal(t, []any{true, "mpesa", "down", "open", 2, 1, 4, int64(7)}, []any{said.Answers, said.Rail, said.State, said.Breaker, said.Unknown, said.Untold, said.Exceptions, said.Waiting})
	require.Equal(t, &api.AdapterWord{}, all[1].Adapter, "it does not answer")
	require.Nil(t, all[2].Adapter, "nobody knows where it is")
	require.Equal(t, "up", all[2].State)
	require.Len(t, get[api.Page[api.Rail]](h, caller{auth.Participant, "beta-ke"}, "/v1/rails").Items, 1)

	d := h.described()
	w := h.answer(asks(operator, "GET", "/v1/rails", ""))
	d.holds(t, "GET", "/v1/rails", w)
	w = h.answer(asks(operator, "GET", "/v1/rails/alpha-ke/operations", ""))
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	d.holds(t, "GET", "/v1/rails/{name}/operations", w)
	page := get[api.Page[api.Operation]](h, operator, "/v1/rails/alpha-ke/operations?limit=1")
	require.Equal(t, []string{"paid"}, page.Items[0].May)
	require.Equal(t, "it may", page.Items[0].Why)
	require.Len(t, page.Items[0].Steps, 3)
	require.NotEmpty(t, page.Next)
	require.Empty(t, get[api.Page[api.Operation]](h, operator, "/v1/rails/alpha-ke/operations?limit=1&cursor="+page.Next).Items)
	require.Equal(t, http.StatusServiceUnavailable, h.answer(asks(operator, "GET", "/v1/rails/beta-ke/operations", "")).Code)
	require.Equal(t, http.StatusNotFound, h.answer(asks(operator, "GET", "/v1/rails/gamma-ke/operations", "")).Code)
	require.Equal(t, http.StatusForbidden, h.answer(asks(auditor, "GET", "/v1/rails/alpha-ke/operations", "")).Code)
}
