package rail_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/ops/rail"
)

// answering is a client of an adapter that answers so.
func answering(t *testing.T, answer http.HandlerFunc) *rail.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := rail.NewClient("alpha-ke", server.URL+"/")
	require.NoError(t, err)
	return c
}

func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// TestErrorsSayWhetherToAskAgain holds what a caller decides by.
func TestErrorsSayWhetherToAskAgain(t *testing.T) {
	how := adapters.Resolution{State: adapters.Settled, Operator: "A and B", Reason: "line 7"}
	for name, c := range map[string]struct {
		status int
		body   string
		kind   string
		again  bool
	}{
		"refused":    {http.StatusConflict, `{"type":"urn:ayni:problem:may_still_pay","detail":"wait"}`, "may_still_pay", false},
		"unknown":    {http.StatusNotFound, `{"type":"urn:ayni:problem:unknown_operation","detail":"none"}`, "unknown_operation", false},
		"not ready":  {http.StatusServiceUnavailable, `{"type":"urn:ayni:problem:not_running"}`, "not_running", true},
		"broken":     {http.StatusInternalServerError, "<html>", "", true},
		"moved":      {http.StatusFound, "", "", false},
		"long words": {http.StatusBadRequest, `{"type":"` + strings.Repeat("x", 99) + `"}`, strings.Repeat("x", 40), false},
	} {
		client := answering(t, saying(c.status, c.body))
		var refused *rail.Error
		require.ErrorAs(t, client.Resolve(t.Context(), "T1P", how), &refused, name)
		assert.Equal(t, []any{c.status, c.kind, c.again}, []any{refused.Status, refused.Kind, refused.Again}, name)
		_, err := client.Prompt(t.Context(), "O1")
		require.ErrorAs(t, err, &refused, name)
		assert.False(t, refused.Again, "a prompt asks a customer: %s", name)
	}
}

func TestAnAdapterThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	c, err := rail.NewClient("alpha-ke", server.URL)
	require.NoError(t, err)
	server.Close()
	_, err = c.Stats(t.Context())
	var failed *rail.Error
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.Again)
	require.Zero(t, failed.Status)
	require.NotContains(t, err.Error(), server.URL)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Stats(gone)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnswersAreLimited(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"id":"` + strings.Repeat("x", 9<<20) + `"}]`))
	})
	_, err := c.Operations(t.Context(), "", "")
	var failed *rail.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "oversized", failed.Kind)
	require.False(t, failed.Again)
	_, err = answering(t, saying(http.StatusOK, `[{"id":`)).Operations(t.Context(), "", "")
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.Again, "it broke off")
}

func TestWhatIsNotThereIsNoError(t *testing.T) {
	c := answering(t, saying(http.StatusNotFound, `{}`))
	_, found, err := c.Order(t.Context(), "../O1")
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = c.Operation(t.Context(), "T1P")
	require.NoError(t, err)
	require.False(t, found)
	require.Error(t, c.Recall(t.Context(), "O1", "CUST"))
}

// TestCallsNameWhatTheyAskFor holds paths and bodies against what adapters serve.
func TestCallsNameWhatTheyAskFor(t *testing.T) {
	var asked []string
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		if r.URL.Path == "/orders" || r.URL.Path == "/health" || strings.HasSuffix(r.URL.Path, "prompt") {
			_, _ = w.Write([]byte(`{"participant":"beta-ke","state":"accepted"}`))
			return
		}
		_, _ = w.Write([]byte(`[]`))
	})
	ctx := t.Context()
	_, err := c.PlaceOrders(ctx, make([]adapters.OrderRequest, 1))
	require.NoError(t, err)
	_, err = c.Prompt(ctx, "O/1")
	require.NoError(t, err)
	require.NoError(t, c.Recall(ctx, "O1", "CU&T"))
	_, err = c.Operations(ctx, adapters.Unknown, "T1 P")
	require.NoError(t, err)
	_, err = c.Exceptions(ctx)
	require.NoError(t, err)
	_, err = c.Balances(ctx)
	require.NoError(t, err)
	_, err = c.Health(ctx)
	require.ErrorContains(t, err, "another_participant", "somebody else's adapter")
	require.Equal(t, []string{
		"POST /orders", "POST /orders/O%2F1/prompt", "POST /orders/O1/recall?reason=CU%26T", "GET /operations?after=T1+P&state=unknown",
		"GET /exceptions", "GET /balances", "GET /health",
	}, asked)
}

func TestADirectoryKnowsItsOwn(t *testing.T) {
	d, err := rail.NewDirectory(map[string]string{"beta-ke": "http://127.0.0.1:1", "alpha-ke": "https://rails.example/alpha/"})
	require.NoError(t, err)
	require.Equal(t, []string{"alpha-ke", "beta-ke"}, d.Participants())
	_, err = d.Of("gamma-ke")
	require.ErrorIs(t, err, rail.ErrNoAddress)
	require.ErrorIs(t, rail.Directory{}.Resolve(t.Context(), "alpha-ke", "T1P", adapters.Resolution{}), rail.ErrNoAddress)
	for _, address := range []string{"", "127.0.0.1:80", "ftp://x", "http://", "http://u:p@x", "http://x?y", "http://x#y", "http://%zz"} {
		_, err := rail.NewDirectory(map[string]string{"alpha-ke": address})
		require.Error(t, err, address)
	}
	_, err = rail.NewDirectory(map[string]string{"Alpha": "http://x"})
	require.Error(t, err)
}

// TestGuide offers failed only where the adapter's rules let it, and nothing of what has ended.
func TestGuide(t *testing.T) {
	until := time.Date(2026, 5, 9, 12, 0, 0, 0, time.UTC)
	states := []adapters.State{adapters.Instructed, adapters.Accepted, adapters.Unknown, adapters.Settled, adapters.Failed}
	rapid.Check(t, func(t *rapid.T) {
		o := adapters.OpenOperation{
			ID: "T1P", State: rapid.SampledFrom(states).Draw(t, "state"), SaidDone: rapid.Bool().Draw(t, "said"),
			RailID: rapid.SampledFrom([]string{"", "R1"}).Draw(t, "rail id"), Claimed: rapid.SampledFrom([]adapters.State{"", adapters.Settled, adapters.Failed}).Draw(t, "claimed"),
			MayPay: rapid.SampledFrom([]string{"", "the rail took it"}).Draw(t, "may pay"), MayUntil: until,
		}
		g := rail.Guide(o)
		if o.State == adapters.Settled || o.State == adapters.Failed {
			assert.Empty(t, g.May)
			assert.Empty(t, g.Steps)
			return
		}
		assert.Equal(t, o.MayPay == "", len(g.May) > 0 && g.May[len(g.May)-1] == rail.Failed)
		assert.Equal(t, o.State == adapters.Instructed && o.MayPay == "", len(g.May) == 1 && g.May[0] == rail.Failed)
		assert.True(t, len(g.May) == 2 || g.Why != "")
		switch {
		case len(g.Steps) == 1:
			assert.Equal(t, adapters.Instructed, o.State)
		case o.SaidDone || o.Claimed == adapters.Settled:
			assert.Equal(t, []rail.Source{rail.AtStatement, rail.AtStatus, rail.AtBalance}, sources(g))
		default:
			assert.Equal(t, []rail.Source{rail.AtStatus, rail.AtStatement, rail.AtBalance}, sources(g))
		}
	})
	g := rail.Guide(adapters.OpenOperation{ID: "T1P", State: adapters.Unknown, RailID: "R1", Missing: 3, MayPay: "it may", MayUntil: until})
	require.Contains(t, g.Steps[0].Look, "the rail's id R1, or its id T1P")
	require.Contains(t, g.Steps[0].Look, "nothing 3 times")
	require.Equal(t, until, g.Until)
	require.Equal(t, adapters.Settled, rail.Paid.State())
	require.Equal(t, adapters.Failed, rail.Failed.State())
}

func sources(g rail.Guidance) (all []rail.Source) {
	for _, s := range g.Steps {
		all = append(all, s.At)
	}
	return all
}
