package mpesa_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	pushPath  = "/mpesa/stkpush/v1/processrequest"
	queryPath = "/mpesa/stkpushquery/v1/query"
)

func (w *world) order() adapters.Order {
	return adapters.Order{
		Ref: "ORDER1", Payer: messaging.Party{Name: "Amina", Account: "254701234567"}, Source: w.payout("P", 250).Amount, Created: time.Now(),
	}
}

// prompted is a prompt's row in the sandbox's books.
func (w *world) prompted(id string) kit.Operation {
	w.t.Helper()
	op, found, err := w.sandbox.Ledger.Get(sandbox.KindPrompt, id)
	require.NoError(w.t, err)
	require.True(w.t, found)
	return op
}

// settledPrompt waits until the customer has answered a prompt.
func (w *world) settledPrompt(id string) adapters.Prompted {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if p := w.rail.PromptStatus(w.t.Context(), id); p.Code != "500.001.1001" {
			return p
		}
	}
	require.FailNow(w.t, "the prompt never ended")
	return adapters.Prompted{}
}

func TestPromptIsPaid(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	require.NoError(t, w.rail.Register(t.Context()))
	order := w.order()
	p := w.rail.Prompt(t.Context(), order)
	require.Equal(t, adapters.Accepted, p.State, "%+v", p)
	require.NotEmpty(t, p.RailID)
	pushed, confirmed := w.nextCollection(), w.nextCollection()
	assert.Equal(t, adapters.Collection{
		OrderRef: "ORDER1", RailRef: w.prompted(p.RailID).Ref, Amount: order.Source, Payer: "254701234567", Origin: adapters.FromCallback,
	}, pushed)
	assert.Equal(t, pushed.RailRef, confirmed.RailRef, "the payment is confirmed like any other")
	assert.Equal(t, adapters.Accepted, w.rail.PromptStatus(t.Context(), p.RailID).State)

	again := w.rail.Prompt(t.Context(), order)
	assert.Equal(t, p.RailID, again.RailID, "who has paid is not asked again")
	assert.EqualValues(t, 1, w.count(pushPath))
	c, found, err := w.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, pushed.RailRef, c.RailRef)
}

func TestPromptIsCancelled(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DeclinePct: 100})
	require.NoError(t, w.rail.Register(t.Context()))
	p := w.rail.Prompt(t.Context(), w.order())
	require.Equal(t, adapters.Accepted, p.State)
	assert.Equal(t, adapters.Failed, w.settledPrompt(p.RailID).State)
	assert.Empty(t, w.totals()[kit.KindCollection])

	second := w.rail.Prompt(t.Context(), w.order())
	assert.Equal(t, adapters.Accepted, second.State)
	assert.NotEqual(t, p.RailID, second.RailID, "who has cancelled may be asked again")
	w.settledPrompt(second.RailID)

	payment := w.pay("ORDER1", "250") // by hand
	assert.Equal(t, payment.Amount, w.nextCollection().Amount)
	assert.Empty(t, w.sink.collected)
}

func TestPromptWhoseCallbackIsLost(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{LostCallbackPct: 100})
	require.NoError(t, w.rail.Register(t.Context()))
	order := w.order()
	p := w.rail.Prompt(t.Context(), order)
	assert.Equal(t, adapters.Accepted, w.settledPrompt(p.RailID).State)
	c, found, err := w.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, w.prompted(p.RailID).Ref, c.RailRef)
	assert.Empty(t, w.sink.collected)
}

func TestPromptThatContradictsItself(t *testing.T) {
	for _, decline := range []int{0, 100} {
		w := newWorld(t, "KES", kit.Faults{ContradictPct: 100, DeclinePct: decline})
		p := w.rail.Prompt(t.Context(), w.order())
		state := w.settledPrompt(p.RailID).State
		if decline == 0 {
			assert.Equal(t, adapters.Accepted, state)
			w.nextCollection()
		} else {
			assert.Equal(t, adapters.Failed, state)
		}
		require.NoError(t, w.sandbox.Close()) // every callback has been sent
		assert.Empty(t, w.sink.collected, "a false success would be a payment that nobody made")
		var err error
		w.sandbox, err = sandbox.New(w.sandboxed)
		require.NoError(t, err)
	}
}

func TestPromptWithoutAnswer(t *testing.T) {
	for _, faults := range []kit.Faults{{TimeoutPct: 100}, {ErrorPct: 100}} {
		w := newWorld(t, "KES", faults)
		p := w.rail.Prompt(t.Context(), w.order())
		assert.Equal(t, adapters.Unknown, p.State)
		require.Error(t, p.Err)
	}
}

// A sandbox that died while a customer was being asked decides when it comes back.
func TestPromptSurvivesTheSandbox(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DelayPct: 100, DelayMS: 600_000})
	order := w.order()
	p := w.rail.Prompt(t.Context(), order)
	pending := w.rail.PromptStatus(t.Context(), p.RailID)
	assert.Equal(t, adapters.Accepted, pending.State)
	assert.Equal(t, "500.001.1001", pending.Code)
	require.NoError(t, w.sandbox.Close())
	var err error
	w.sandbox, err = sandbox.New(w.sandboxed)
	require.NoError(t, err)
	assert.Equal(t, "0", w.rail.PromptStatus(t.Context(), p.RailID).Code)
	_, found, err := w.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	assert.True(t, found)
	assert.EqualValues(t, 1, w.totals()[kit.KindCollection][kit.Settled].Count)
}

func TestPromptsRefusedBeforeSending(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	for name, change := range map[string]func(*adapters.Order){
		"cents":          func(o *adapters.Order) { o.Source.Minor++ },
		"nothing":        func(o *adapters.Order) { o.Source.Minor = 0 },
		"other currency": func(o *adapters.Order) { o.Source.Currency = fx.MustCurrency("UGX") },
		"long reference": func(o *adapters.Order) { o.Ref = "ORDER12345678" },
		"no reference":   func(o *adapters.Order) { o.Ref = "" },
		"no MSISDN":      func(o *adapters.Order) { o.Payer.Account = "amina@upi" },
	} {
		order := w.order()
		change(&order)
		p := w.rail.Prompt(t.Context(), order)
		assert.Equal(t, adapters.Failed, p.State, name)
		assert.NotEmpty(t, p.Text, name)
	}
	config := w.config
	config.Passkey = ""
	assert.Equal(t, adapters.Failed, w.newRail(config).Prompt(t.Context(), w.order()).State)
	assert.Zero(t, w.count(pushPath))

	config.Passkey = "another"
	p := w.newRail(config).Prompt(t.Context(), w.order())
	assert.Equal(t, adapters.Unknown, p.State)
	assert.Equal(t, "500.001.1001", p.Code)
}

func TestAnswersToAPrompt(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		state  adapters.State
	}{
		"accepted":        {200, `{"MerchantRequestID":"m","CheckoutRequestID":"ws_1","ResponseCode":"0"}`, adapters.Accepted},
		"another code":    {200, `{"MerchantRequestID":"m","CheckoutRequestID":"ws_1","ResponseCode":"1"}`, adapters.Unknown},
		"no code":         {200, `{"MerchantRequestID":"m","CheckoutRequestID":"ws_1"}`, adapters.Unknown},
		"no id":           {200, `{"ResponseCode":"0"}`, adapters.Unknown},
		"a name twice":    {200, `{"CheckoutRequestID":"ws_1","ResponseCode":"1","responseCode":"0"}`, adapters.Unknown},
		"invalid":         {400, `{"errorCode":"400.002.02","errorMessage":"Invalid PhoneNumber"}`, adapters.Failed},
		"spike arrest":    {500, `{"errorCode":"500.003.02","errorMessage":"Spike Arrest"}`, adapters.Failed},
		"internal":        {500, `{"errorCode":"500.002.1001","errorMessage":"System internal error."}`, adapters.Unknown},
		"being processed": {500, `{"errorCode":"500.001.1001","errorMessage":"The transaction is being processed"}`, adapters.Unknown},
		"not JSON":        {200, `OK`, adapters.Unknown},
	} {
		w := newWorld(t, "KES", kit.Faults{})
		w.answer(c.status, c.body)
		p := w.rail.Prompt(t.Context(), w.order())
		assert.Equal(t, c.state, p.State, "%s: %+v", name, p)
		if c.state == adapters.Unknown {
			require.Error(t, p.Err, name)
		}
	}
}

func TestAnswersToAPromptsQuery(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		state adapters.State
	}{
		"paid":        {`{"CheckoutRequestID":"ws_1","ResponseCode":0,"ResultCode":0,"ResultDesc":"processed successfully"}`, adapters.Accepted},
		"cancelled":   {`{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"1032","ResultDesc":"cancelled"}`, adapters.Failed},
		"unreachable": {`{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"1037","ResultDesc":"unreachable"}`, adapters.Failed},
		"unlisted":    {`{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"4999","ResultDesc":"?"}`, adapters.Unknown},
		"both":        {`{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"1032","ResultDesc":"processed successfully"}`, adapters.Unknown},
		"no result":   {`{"CheckoutRequestID":"ws_1","ResponseCode":"0"}`, adapters.Unknown},
		"another's":   {`{"CheckoutRequestID":"ws_2","ResponseCode":"0","ResultCode":"0"}`, adapters.Unknown},
	} {
		w := newWorld(t, "KES", kit.Faults{})
		w.answer(200, c.body)
		assert.Equal(t, c.state, w.rail.PromptStatus(t.Context(), "ws_1").State, name)
	}
}

func TestPromptCallbacks(t *testing.T) {
	const (
		paid    = `{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"ws_1","ResultCode":0,"ResultDesc":"ok","CallbackMetadata":{"Item":[{"Name":"Amount","Value":10.0},{"Name":"MpesaReceiptNumber","Value":"R1"},{"Name":"Balance"},{"Name":"PhoneNumber","Value":254701234567}]}}}}`
		refused = `{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"ws_1","ResultCode":1032,"ResultDesc":"cancelled"}}}`
	)
	w := newWorld(t, "KES", kit.Faults{})
	path := w.rail.SignedPath("/prompt", "ORDER1")
	for name, c := range map[string]struct {
		path, body string
		status     int
		collected  bool
	}{
		"paid":                {path, paid, 200, true},
		"cancelled":           {path, refused, 200, false},
		"unasked":             {prefix + "/prompt/ORDER1/AAAAAAAAAAAAAAAAAAAAAA", paid, 404, false},
		"of another order":    {strings.Replace(path, "ORDER1", "ORDER2", 1), paid, 404, false},
		"no code":             {path, strings.Replace(paid, `"ResultCode":0,`, "", 1), 400, false},
		"no receipt":          {path, strings.Replace(paid, "MpesaReceiptNumber", "Receipt", 1), 400, false},
		"no amount":           {path, strings.Replace(paid, `"Amount"`, `"Sum"`, 1), 400, false},
		"a negative amount":   {path, strings.Replace(paid, "10.0", "-10.0", 1), 400, false},
		"no metadata":         {path, strings.Replace(refused, "1032", "0", 1), 400, false},
		"an item twice":       {path, strings.Replace(paid, `{"Name":"Balance"}`, `{"Name":"amount","Value":1}`, 1), 400, false},
		"a name in two cases": {path, strings.Replace(paid, `"ResultDesc":"ok"`, `"resultcode":1`, 1), 400, false},
		"no body":             {path, `{}`, 400, false},
	} {
		assert.Equal(t, c.status, w.callback(c.path, c.body), name)
		if c.collected {
			got := w.nextCollection()
			assert.Equal(t, []string{"ORDER1", "R1", "254701234567"}, []string{got.OrderRef, got.RailRef, got.Payer})
			assert.EqualValues(t, 1000, got.Amount.Minor)
		}
		assert.Empty(t, w.sink.collected, name)
	}
	w.sink.refuse.Store(true)
	assert.Equal(t, 503, w.callback(path, paid))
}

func TestSandboxRefusesPushes(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	const good = `{"BusinessShortCode":600999,"Password":"NjAwOTk5cGFzc2tleTIwMjYwMTAxMTIwMDAw","Timestamp":"20260101120000","TransactionType":"CustomerPayBillOnline","Amount":10,"PartyA":254701234567,"PartyB":"600999","PhoneNumber":"254701234567","CallBackURL":"http://127.0.0.1:1/x","AccountReference":"ORDER1","TransactionDesc":"x"}`
	token := w.bearer()
	push := func(path, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.config.BaseURL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, 200, push(pushPath, good))
	for from, to := range map[string]string{
		"NjAw": "NjAx", "CustomerPayBillOnline": "CustomerBuyGoodsOnline", `"Amount":10`: `"Amount":10.5`, `"ORDER1"`: `"ORDER12345678"`,
		`"PartyA":254701234567`: `"PartyA":254701234568`, `"TransactionDesc":"x"`: `"TransactionDesc":""`, "20260101120000": "20261301120000",
		"CallBackURL": "CallbackURL",
	} {
		assert.NotEqual(t, 200, push(pushPath, strings.Replace(good, from, to, 1)), to)
	}
	assert.Equal(t, 400, push(queryPath, `{"BusinessShortCode":600999,"Password":"NjAwOTk5cGFzc2tleTIwMjYwMTAxMTIwMDAw","Timestamp":"20260101120000","CheckoutRequestID":"ws_0"}`))
}
