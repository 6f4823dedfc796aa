package gcash_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

func order(ref string) adapters.Order {
	return adapters.Order{
		Ref: ref, Source: fx.Money{Minor: 12_345, Currency: php}, Reference: "for school", Deadline: time.Now().Add(time.Hour),
	}
}

// open follows a link as a customer does.
func open(t *testing.T, link string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	require.NoError(t, err)
	status, _ := send(t, request)
	return status
}

func TestPromptIsPaidAtTheCashier(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	o := order("ORDER1")
	asked := b.rail.Prompt(t.Context(), o)
	require.Equal(t, adapters.Accepted, asked.State, asked.Err)
	require.NotEmpty(t, asked.Action)
	assert.Equal(t, asked, b.rail.Prompt(t.Context(), o), "the same order is asked for once, and has one link")
	_, found, err := b.rail.Collection(t.Context(), o)
	require.NoError(t, err)
	assert.False(t, found, "asked is not paid")

	assert.Equal(t, http.StatusBadRequest, open(t, asked.Action), "nobody in particular pays nothing")
	assert.Equal(t, http.StatusOK, open(t, asked.Action+"?customerId=639170000077"))
	want := adapters.Collection{
		OrderRef: "ORDER1", RailRef: asked.RailID, Amount: o.Source, Payer: "639170000077", Origin: adapters.FromCallback,
	}
	assert.Equal(t, want, b.sink.next(t).collection)
	assert.Equal(t, http.StatusConflict, open(t, asked.Action+"?customerId=639170000078"), "paid by another already")

	again := b.rail.Prompt(t.Context(), o)
	assert.Equal(t, adapters.Accepted, again.State)
	assert.Empty(t, again.Action, "there is nothing left to do")
	want.Origin = adapters.FromResponse
	assert.Equal(t, want, b.sink.next(t).collection)

	dearer := o
	dearer.Source.Minor++
	changed := b.rail.Prompt(t.Context(), dearer)
	assert.Equal(t, adapters.Unknown, changed.State, "what was asked for before may still be paid")
	assert.Equal(t, "REPEAT_REQ_INCONSISTENT", changed.Code)
	assert.Equal(t, http.StatusNotFound, open(t, b.api.URL+"/cashier/ORDER2?customerId=1"))
}

func TestPromptRefused(t *testing.T) {
	b := newBench(t, kit.Faults{DeclinePct: 100}, nil)
	asked := b.rail.Prompt(t.Context(), order("ORDER1"))
	assert.Equal(t, adapters.Failed, asked.State)
	assert.Contains(t, []string{"RISK_REJECT", "USER_STATUS_ABNORMAL", "USER_AMOUNT_EXCEED_LIMIT"}, asked.Code)
	assert.Equal(t, asked, b.rail.Prompt(t.Context(), order("ORDER1")))
	assert.Equal(t, http.StatusNotFound, open(t, b.api.URL+"/cashier/ORDER1?customerId=639170000077"))

	dollars := order("ORDER2")
	dollars.Source.Currency = fx.MustCurrency("USD")
	assert.Equal(t, "CURRENCY_NOT_SUPPORT", b.rail.Prompt(t.Context(), dollars).Code)
	pay(t, b, "ORDER1", 12_345)
	assert.Equal(t, "ORDER1", b.sink.next(t).collection.OrderRef, "a prompt that fails fails nothing but itself")
}

func TestPromptInProcess(t *testing.T) {
	b := newBench(t, kit.Faults{DelayPct: 100, DelayMS: 600_000, LostCallbackPct: 100}, nil)
	asked := b.rail.Prompt(t.Context(), order("ORDER1"))
	assert.Equal(t, adapters.Unknown, asked.State, "U says that nobody knows")
	require.Error(t, asked.Err)
	assert.Empty(t, b.sink.heard)

	// U again, but the inquiry that it asks for finds a payment: the notification of it is lost.
	answerInstead(t, b, gcash.PathPay, `{"result":{"resultStatus":"U","resultCode":"PAYMENT_IN_PROCESS"}}`)
	pay(t, b, "ORDER1", 12_345)
	asked = b.rail.Prompt(t.Context(), order("ORDER1"))
	assert.Equal(t, adapters.Accepted, asked.State, asked.Err)
	require.NoError(t, asked.Err)
	h := b.sink.next(t)
	assert.Equal(t, adapters.FromQuery, h.collection.Origin)
	assert.Equal(t, asked.RailID, h.collection.RailRef)
}

// answerInstead has the wallet answer one path with a body of the test's, signed as the wallet's.
func answerInstead(t *testing.T, b *bench, path, body string) {
	t.Helper()
	signer := walletSigner(t, "wallet", "2")
	wallet := b.sandbox
	b.peerHandler.set(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			wallet.ServeHTTP(w, r)
			return
		}
		assert.NoError(t, signer.Response(w.Header(), http.MethodPost, path, []byte(body), time.Now()))
		_, _ = w.Write([]byte(body))
	}))
}

func TestPromptTimeoutAndError(t *testing.T) {
	for name, faults := range map[string]kit.Faults{"timeout": {TimeoutPct: 100}, "error": {ErrorPct: 100}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, faults, impatient)
			asked := b.rail.Prompt(t.Context(), order("ORDER1"))
			assert.Equal(t, adapters.Unknown, asked.State)
			if name == "timeout" {
				require.ErrorIs(t, asked.Err, context.DeadlineExceeded)
			}
			assert.Equal(t, adapters.Accepted, b.rail.Prompt(t.Context(), order("ORDER1")).State, "asked again under the same reference")
		})
	}
}

func TestPromptAnswers(t *testing.T) {
	const page = "https://wallet.example/cashier?order=1"
	action := func(link string) string {
		return `{"result":{"resultStatus":"A","resultCode":"ACCEPT"},"paymentId":"PYMT1","redirectActionForm":{"redirectUrl":"` + link + `"}}`
	}
	settled := `{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"paymentId":"PYMT1","paymentAmount":{"currency":"PHP","value":"12345"}}`
	for name, c := range map[string]struct {
		body  string
		state adapters.State
	}{
		"a page":               {action(page), adapters.Accepted},
		"the wallet's app":     {action("gcash://wallet/pay?order=1"), adapters.Accepted},
		"a script":             {action("javascript://wallet/%0aalert(1)"), adapters.Unknown},
		"another app":          {action("bank://wallet/pay"), adapters.Unknown},
		"a path":               {action("/cashier"), adapters.Unknown},
		"no link":              {action(""), adapters.Unknown},
		"a long link":          {action("https://wallet.example/" + strings.Repeat("x", 2048)), adapters.Unknown},
		"paid":                 {settled, adapters.Accepted},
		"paid without receipt": {strings.Replace(settled, "PYMT1", "", 1), adapters.Unknown},
		"paid without amount":  {strings.Replace(settled, `"12345"`, `""`, 1), adapters.Unknown},
		"refused":              {`{"result":{"resultStatus":"F","resultCode":"ORDER_IS_CLOSED"}}`, adapters.Failed},
		"at the gate":          {`{"result":{"resultStatus":"F","resultCode":"INVALID_SIGNATURE"}}`, adapters.Failed},
		"unlisted refusal":     {`{"result":{"resultStatus":"F","resultCode":"SOMETHING_NEW"}}`, adapters.Unknown},
		"unlisted status":      {`{"result":{"resultStatus":"X","resultCode":"SUCCESS"}}`, adapters.Unknown},
		"status in lower case": {`{"result":{"resultStatus":"s","resultCode":"SUCCESS"}}`, adapters.Unknown},
		"name in another case": {strings.Replace(settled, "paymentId", "PaymentId", 1), adapters.Unknown},
		"no result":            {`{}`, adapters.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, kit.Faults{}, func(c *gcash.Config, _ *sandbox.Config) { c.Wallet.AppScheme = "gcash" })
			answerInstead(t, b, gcash.PathPay, c.body)
			asked := b.rail.Prompt(t.Context(), order("ORDER1"))
			assert.Equal(t, c.state, asked.State)
			assert.Equal(t, c.state == adapters.Unknown, asked.Err != nil, asked.Err)
			if c.state != adapters.Accepted {
				assert.Empty(t, asked.Action)
				assert.Empty(t, b.sink.heard)
			}
		})
	}
}

func TestPromptOfAPaymentThatCannotBeKept(t *testing.T) {
	b := newBench(t, kit.Faults{LostCallbackPct: 100}, nil)
	pay(t, b, "ORDER1", 12_345)
	b.sink.fail(errors.New("disk is full"))
	asked := b.rail.Prompt(t.Context(), order("ORDER1"))
	assert.Equal(t, adapters.Unknown, asked.State)
	require.ErrorContains(t, asked.Err, "disk is full")
}
