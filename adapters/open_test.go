package adapters

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

// promptingRail asks its customers, and tells its balance, which is negative.
type promptingRail struct{ *scriptRail }

func (promptingRail) Prompt(_ context.Context, o Order) Prompted {
	return Prompted{State: Accepted, RailID: "prompt" + o.Ref}
}

func (promptingRail) Balances(context.Context) ([]Balance, error) {
	return []Balance{{Account: "float", Available: fx.Money{Minor: -15_40, Currency: kes}}}, nil
}

func get(t *testing.T, url string, into any) int {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	if response.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(response.Body).Decode(into))
	}
	return response.StatusCode
}

// TestPeopleSeeAndEndWhatIsOpen looks at an unknown operation over HTTP, and ends it.
func TestPeopleSeeAndEndWhatIsOpen(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.caps.Timers.FirstQuery = patience
	})
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	account := accountWith(t, fateTimeoutAfter)
	r.instruct(instruction("t1", 100_00, account), instruction("t2", 200_00, account))
	r.until("unknown", func() bool { return r.unknowns["t1/payout"] == 1 && r.unknowns["t2/payout"] == 1 })
	var open []OpenOperation
	require.Equal(t, http.StatusOK, get(t, server.URL+"/operations?state=unknown", &open))
	require.Len(t, open, 2)
	assert.Equal(t, []any{"t1P", "payout", "t1", Unknown, "100.00", account},
		[]any{open[0].ID, open[0].Kind, open[0].Transfer, open[0].State, open[0].Amount.Amount, open[0].Account})
	var after []OpenOperation
	get(t, server.URL+"/operations?state=unknown&after=t1P", &after)
	assert.Equal(t, open[1:], after)
	get(t, server.URL+"/operations?state=settled", &after)
	assert.Empty(t, after)

	for body, want := range map[string]int{
		`{"state":"settled","operator":"","reason":"line 7"}`:         http.StatusBadRequest,
		`{"state":"unknown","operator":"Wanjiru","reason":"line 7"}`:  http.StatusBadRequest,
		`{"state":"settled","operator":"Wanjiru","because":"line 7"}`: http.StatusBadRequest,
	} {
		status, _ := post(t, server.URL+"/operations/t1P/resolve", []byte(body))
		assert.Equal(t, want, status, body)
	}
	resolution := []byte(`{"state":"settled","operator":"Wanjiru","reason":"statement line 7"}`)
	status, _ := post(t, server.URL+"/operations/nobody/resolve", resolution)
	assert.Equal(t, http.StatusNotFound, status)
	status, _ = post(t, server.URL+"/operations/t1P/resolve", resolution)
	assert.Equal(t, http.StatusNoContent, status)
	r.until("the outcome", func() bool { return len(r.finals["t1/payout"]) == 1 })
}

func TestCustomersAreAskedAndExpected(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) { rail.prompts, rail.noCall = true, true })
	r.open()
	a.passed(t, "message durable")
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	_, err := a.PlaceOrders(t.Context(), []OrderRequest{request("Q1", 100_00)})
	require.NoError(t, err)
	amount := fx.Money{Minor: 100_00, Currency: kes}
	assert.Equal(t, ExpectedNow, a.Expects("Q1", amount))
	assert.Equal(t, ExpectedAmount, a.Expects("Q1", fx.Money{Minor: 100_01, Currency: kes}))
	assert.Equal(t, ExpectedUnknown, a.Expects("Q2", amount))

	status, content := post(t, server.URL+"/orders/Q1/prompt", nil)
	require.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"state":"accepted","rail_id":"promptQ1"}`, string(content))
	status, _ = post(t, server.URL+"/orders/Q2/prompt", nil)
	assert.Equal(t, http.StatusBadRequest, status)
	var balances []map[string]any
	require.Equal(t, http.StatusOK, get(t, server.URL+"/balances", &balances))
	assert.Equal(t, "-15.40", balances[0]["available"].(map[string]any)["amount"])

	a.rail.pay("Q1", amount)
	require.Eventually(t, func() bool { return a.Expects("Q1", amount) == ExpectedOver }, patience, 5*time.Millisecond)
	status, _ = post(t, server.URL+"/orders/Q1/prompt", nil)
	assert.Equal(t, http.StatusBadRequest, status)
	a.stop()
	assert.Equal(t, ExpectedUnknown, a.Expects("Q1", amount))
	_, err = a.Prompt(t.Context(), "Q1")
	require.ErrorIs(t, err, ErrNotRunning)
}

// TestRailsThatCannot refuses what a rail has no way to do.
func TestRailsThatCannot(t *testing.T) {
	a := newRig(t).adapter(t.TempDir(), nil)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	assert.Equal(t, http.StatusBadRequest, get(t, server.URL+"/balances", nil))
	status, _ := post(t, server.URL+"/orders/Q1/prompt", nil)
	assert.Equal(t, http.StatusBadRequest, status)
}
