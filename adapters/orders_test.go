package adapters

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

func testBoard(now time.Time) board {
	b := newBoard()
	b.post(&messaging.StatusMessage{
		Quotes: []fx.Quote{
			{ID: "old", From: kes, To: inr, Rate: fx.MustRate("0.5"), Expires: now.Add(time.Minute)},
			{ID: "new", From: kes, To: inr, Rate: fx.MustRate("0.65"), Expires: now.Add(time.Hour)},
			{ID: "late", From: kes, To: fx.MustCurrency("UGX"), Rate: fx.MustRate("28.5"), Expires: now},
		},
		Peers: []messaging.Peer{
			{Participant: them, Currency: "INR", PayoutIncrementMinor: 100, PayoutMinMinor: 500, PayoutMaxMinor: 1_000_000},
			{Participant: "gamma", Currency: "UGX", PayoutIncrementMinor: 1},
			{Participant: "delta", Currency: "KES", PayoutIncrementMinor: 1},
			{Participant: "epsilon", Currency: "USD", PayoutIncrementMinor: 1},
		},
	})
	return b
}

func testTerms(now time.Time) terms {
	return terms{participant: us, currency: kes, orderTTL: 15 * time.Minute, intentTTL: time.Hour, now: now}
}

func TestPriceRefusesByType(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	b := testBoard(now)
	for name, c := range map[string]struct {
		change func(*OrderRequest)
		want   messaging.Fault
	}{
		"ref":                 {func(r *OrderRequest) { r.Ref = "no spaces" }, messaging.FaultSchema},
		"ref too long":        {func(r *OrderRequest) { r.Ref = strings.Repeat("a", 21) }, messaging.FaultSchema},
		"nobody":              {func(r *OrderRequest) { r.To = "omega" }, messaging.FaultUnknownCorridor},
		"ourselves":           {func(r *OrderRequest) { r.To = us }, messaging.FaultUnknownCorridor},
		"side":                {func(r *OrderRequest) { r.Fixed = "both" }, messaging.FaultSchema},
		"payer":               {func(r *OrderRequest) { r.Payer.Name = "" }, messaging.FaultTravelRule},
		"control character":   {func(r *OrderRequest) { r.Creditor.Name = "a\x00b" }, messaging.FaultSchema},
		"long name":           {func(r *OrderRequest) { r.Creditor.Name = strings.Repeat("ñ", 141) }, messaging.FaultSchema},
		"currency":            {func(r *OrderRequest) { r.Amount.Currency = "XXX" }, messaging.FaultUnknownCurrency},
		"other side":          {func(r *OrderRequest) { r.Amount.Currency = "INR" }, messaging.FaultUnknownCorridor},
		"zero":                {func(r *OrderRequest) { r.Amount.Amount = "0" }, messaging.FaultAmount},
		"negative":            {func(r *OrderRequest) { r.Amount.Amount = "-1" }, messaging.FaultAmount},
		"noise":               {func(r *OrderRequest) { r.Amount.Amount = "1e3" }, messaging.FaultAmount},
		"decimals":            {func(r *OrderRequest) { r.Amount.Amount = "1.001" }, messaging.FaultAmountDecimals},
		"overflow":            {func(r *OrderRequest) { r.Amount.Amount = "99999999999999999999" }, messaging.FaultAmountOverflow},
		"below what is paid":  {func(r *OrderRequest) { r.Amount.Amount = "2" }, messaging.FaultAmountLimit},
		"above what is paid":  {func(r *OrderRequest) { r.Amount.Amount = "20000" }, messaging.FaultAmountLimit},
		"between the steps":   {func(r *OrderRequest) { r.Amount.Amount = "100.01" }, messaging.FaultAmountIncrement},
		"quote expired":       {func(r *OrderRequest) { r.To = "gamma" }, messaging.FaultQuoteExpired},
		"no quote":            {func(r *OrderRequest) { r.To = "epsilon" }, messaging.FaultQuoteUnknown},
		"reference too long":  {func(r *OrderRequest) { r.Reference = strings.Repeat("a", 141) }, messaging.FaultSchema},
		"account of an alien": {func(r *OrderRequest) { r.Creditor.Account = "ж" }, messaging.FaultSchema},
	} {
		t.Run(name, func(t *testing.T) {
			req := request("A1", 100_00)
			c.change(&req)
			_, fault := b.price(req, testTerms(now))
			require.NotNil(t, fault)
			assert.Equal(t, c.want, fault.Fault, fault.Detail)
		})
	}
}

func TestPriceFixesTheSideAskedFor(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	b := testBoard(now)
	rapid.Check(t, func(t *rapid.T) {
		req := request("A1", rapid.Int64Range(1, 2_000_000).Draw(t, "minor"))
		if rapid.Bool().Draw(t, "destination") {
			req.Fixed = fx.FixedDestination
			req.Amount = messaging.NewAmount(fx.Money{Minor: rapid.Int64Range(1, 20_000).Draw(t, "steps") * 100, Currency: inr})
		}
		o, fault := b.price(req, testTerms(now))
		if fault != nil {
			assert.Contains(t, []messaging.Fault{messaging.FaultAmountLimit, messaging.FaultAmountIncrement}, fault.Fault)
			return
		}
		fixed := o.Order.Source
		if req.Fixed == fx.FixedDestination {
			fixed = o.Order.Destination
		}
		assert.Equal(t, req.Amount, messaging.NewAmount(fixed))
		assert.Equal(t, "new", o.Order.Quote)
		conversion, err := b.quotes[pair{kes, inr}].Convert(req.Fixed, fixed)
		assert.NoError(t, err)
		assert.Equal(t, conversion.Source, o.Order.Source, "the switch computes the same")
		assert.Equal(t, conversion.Destination, o.Order.Destination)
		assert.Zero(t, o.Order.Destination.Minor%100)
		first := o.intent()
		assert.Equal(t, first, o.intent(), "the intent is a function of the order")
	})
	same := request("A1", 1_01)
	same.To = "delta"
	o, fault := b.price(same, testTerms(now))
	require.Nil(t, fault)
	assert.Equal(t, o.Order.Source, o.Order.Destination)
	assert.Empty(t, o.Order.Quote)
	assert.Empty(t, o.Order.Fixed)
	assert.Equal(t, now.Add(15*time.Minute), o.PayBy)
}

// The sender sees before paying what the fee and the rate take, and sees the same when asking again.
func TestAnswersShowTheCost(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	b := testBoard(now)
	b.post(&messaging.StatusMessage{Quotes: []fx.Quote{{
		ID: "charged", From: kes, To: inr, Rate: fx.MustRate("0.65"), Mid: fx.MustRate("0.66"), FeeMinor: 20_00, Expires: now.Add(2 * time.Hour),
	}}})
	req := request("A1", 1_020_00)
	o, fault := b.price(req, testTerms(now))
	require.Nil(t, fault)
	assert.Equal(t, fx.Money{Minor: 650_00, Currency: inr}, o.Order.Destination)
	text, err := json.Marshal(o.answer().Cost)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"fee": {"amount": "20.00", "currency": "KES"}, "rate": "13/20", "all_in": "65/102", "mid": "33/50",
		"spread": {"amount": "10.00", "currency": "INR"}, "total": {"amount": "23.20", "currency": "INR"},
		"spread_ppm": 15152, "total_ppm": 34462
	}`, string(text))
	kept, err := json.Marshal(o)
	require.NoError(t, err)
	var again order
	require.NoError(t, json.Unmarshal(kept, &again))
	assert.Equal(t, o.answer().Cost.Total, again.answer().Cost.Total)
	assert.True(t, o.Cost.Mid.Equal(again.Cost.Mid))

	req.Amount.Amount = "20.00"
	_, fault = b.price(req, testTerms(now))
	require.NotNil(t, fault)
	assert.Equal(t, messaging.FaultAmount, fault.Fault)
	assert.Contains(t, fault.Detail, string(fx.FaultFee))

	b = testBoard(now) // without a reference rate, only the fee is known
	o, fault = b.price(request("A2", 1_000_00), testTerms(now))
	require.Nil(t, fault)
	text, err = json.Marshal(o.answer().Cost)
	require.NoError(t, err)
	assert.JSONEq(t, `{"fee": {"amount": "0.00", "currency": "KES"}, "rate": "13/20", "all_in": "13/20"}`, string(text))
}

func post(t *testing.T, url string, body []byte) (int, []byte) {
	t.Helper()
	response, err := http.Post(url, "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, content
}

func TestOrdersOverHTTP(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	r.open()
	a.passed(t, "message durable")
	server := httptest.NewServer(a.Handler())
	defer server.Close()

	bad := request("H2", 100_00)
	bad.To = "omega"
	body, err := json.Marshal(OrdersRequest{Orders: []OrderRequest{request("H1", 100_00), bad}})
	require.NoError(t, err)
	status, content := post(t, server.URL+"/orders", body)
	require.Equal(t, http.StatusOK, status, string(content))
	var answers OrdersAnswer
	require.NoError(t, json.Unmarshal(content, &answers))
	assert.Equal(t, "oH1", answers.Orders[0].Intent)
	assert.Equal(t, messaging.Amount{Amount: "65.00", Currency: "INR"}, answers.Orders[0].Destination)
	assert.Equal(t, messaging.FaultUnknownCorridor, answers.Orders[1].Fault)

	many, err := json.Marshal(OrdersRequest{Orders: make([]OrderRequest, MaxOrders+1)})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		body []byte
		want int
	}{
		"none":       {[]byte(`{"orders":[]}`), http.StatusBadRequest},
		"many":       {many, http.StatusBadRequest},
		"no JSON":    {[]byte(`{"orders":`), http.StatusBadRequest},
		"twice":      {[]byte(`{"orders":[],"orders":[]}`), http.StatusBadRequest},
		"unheard of": {[]byte(`{"orders":[],"extra":1}`), http.StatusBadRequest},
		"no UTF-8":   {[]byte("{\"orders\":[{\"ref\":\"\xff\"}]}"), http.StatusBadRequest},
		"flood":      {bytes.Repeat([]byte(" "), maxOrdersBytes+1), http.StatusRequestEntityTooLarge},
	} {
		status, content := post(t, server.URL+"/orders", c.body)
		assert.Equal(t, c.want, status, "%s: %s", name, content)
		assert.Contains(t, string(content), "urn:ayni:problem:", name)
	}
	for path, want := range map[string]int{
		"/orders/H1": http.StatusOK, "/orders/none": http.StatusNotFound, "/stats": http.StatusOK,
		"/exceptions": http.StatusOK, "/health": http.StatusOK, "/rail/secret/callback": http.StatusNotFound,
	} {
		response, err := http.Get(server.URL + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode, path)
	}
	a.stop()
	status, _ = post(t, server.URL+"/orders", body)
	assert.Equal(t, http.StatusServiceUnavailable, status)
}

func FuzzDecodeOrders(f *testing.F) {
	good, err := json.Marshal(OrdersRequest{Orders: []OrderRequest{request("A1", 100_00)}})
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"orders":[{"ref":"A1","ref":"A2"}]}`))
	f.Add([]byte(`{"Orders":[]}`))
	f.Add([]byte("{\"orders\":[{\"ref\":\"\xc3\x28\"}]}"))
	now := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	b := testBoard(now)
	f.Fuzz(func(t *testing.T, body []byte) {
		requests, err := decodeOrders(body)
		if err != nil {
			return
		}
		for _, req := range requests {
			hash, err := req.hash()
			require.NoError(t, err)
			require.Len(t, hash, 64)
			if o, fault := b.price(req, testTerms(now)); fault == nil {
				require.Nil(t, o.intent().CheckStructure(), "what is priced can be published")
			}
		}
	})
}

// TestOrderLapses gives up an order that nobody pays, and still takes its payment.
func TestOrderLapses(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(cfg *RunnerConfig, rail *scriptRail) {
		cfg.OrderTTL = time.Millisecond
		rail.noCall = true
	})
	r.open()
	a.passed(t, "message durable")
	answers, err := a.PlaceOrders(context.Background(), []OrderRequest{request("L1", 100_00)})
	require.NoError(t, err)
	source, err := answers[0].Source.Money()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, _, err := a.Order("L1")
		return err == nil && status.State == OrderLapsed
	}, patience, 5*time.Millisecond)
	require.NoError(t, a.Collected(context.Background(), Collection{OrderRef: "L1", RailRef: "late", Amount: source}))
	r.until("the intent", func() bool { return len(r.intents) == 1 })
}
