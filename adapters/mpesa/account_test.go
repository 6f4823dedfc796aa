package mpesa_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	"github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

func (w *world) reopen(change func(*sandbox.Config)) {
	w.t.Helper()
	require.NoError(w.t, w.sandbox.Close())
	change(&w.sandboxed)
	var err error
	w.sandbox, err = sandbox.New(w.sandboxed)
	require.NoError(w.t, err)
}

func TestBalances(t *testing.T) {
	for currency, unit := range map[string]int64{"KES": 100, "UGX": 1} {
		w := newWorld(t, currency, kit.Faults{})
		utility := func() fx.Money {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			balances, err := w.rail.Balances(ctx)
			require.NoError(t, err)
			require.Len(t, balances, 3)
			assert.Equal(t, "Utility Account", balances[1].Account)
			assert.Equal(t, balances[1].Current, balances[1].Available)
			return balances[1].Available
		}
		assert.Equal(t, fx.Money{Minor: 0, Currency: w.currency}, utility())
		w.pay("ORDER1", "500")
		require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P1", 1500)).State)
		w.next()
		assert.Equal(t, fx.Money{Minor: -1000 * unit, Currency: w.currency}, utility(), "it can be negative")
	}
}

func TestBalancesThatAreNotSaid(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	config := w.config
	config.InitiatorPassword = "wrong"
	w.rail = w.newRail(config)
	_, err := w.rail.Balances(t.Context())
	require.ErrorContains(t, err, `"2001"`)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	w.answer(200, `{"ConversationID":"AG_1","OriginatorConversationID":"B1","ResponseCode":"0"}`)
	_, err = w.rail.Balances(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "nobody answers")
	w.answer(400, `{"errorCode":"400.002.02","errorMessage":"Invalid PartyA"}`)
	_, err = w.rail.Balances(t.Context())
	require.ErrorContains(t, err, "400.002.02")

	const said = `{"Result":{"ResultType":0,"ResultCode":0,"ResultDesc":"ok","OriginatorConversationID":"B1","ConversationID":"AG_1"}}`
	assert.Equal(t, 404, w.callback(prefix+"/balance/QUESTION/AAAAAAAAAAAAAAAAAAAAAA", said))
	assert.Equal(t, 200, w.callback(w.rail.SignedPath("/balance", "QUESTION"), said), "an answer that nobody waits for any more")
	assert.Equal(t, 400, w.callback(w.rail.SignedPath("/balance", "QUESTION"), `{}`))
}

// expecting is a sink that knows one order of 10.50.
type expecting struct{ *sink }

func (expecting) Expects(ref string, amount fx.Money) adapters.Expected {
	switch {
	case ref == "PAID":
		return adapters.ExpectedOver
	case ref != "ORDER1":
		return adapters.ExpectedUnknown
	case amount.Minor != 1050:
		return adapters.ExpectedAmount
	default:
		return adapters.ExpectedNow
	}
}

func TestValidation(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	rail, err := mpesa.New(w.config, expecting{w.sink})
	require.NoError(t, err)
	for body, status := range map[string]int{"true": http.StatusOK, `"on"`: http.StatusBadRequest} {
		answer := httptest.NewRecorder()
		w.sandbox.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/admin/validation", strings.NewReader(body)))
		require.Equal(t, status, answer.Code)
	}
	w.rail = rail
	require.NoError(t, w.rail.Register(t.Context()))
	for _, c := range []struct{ ref, payer, amount, code string }{
		{"ORDER1", "254701234567", "10.50", ""},
		{"ORDER1", "254701234567", "10.50", ""}, // again: it is paid already
		{"ORDER2", "254701234567", "10.50", "C2B00012"},
		{"ORDER-1", "254701234567", "10.50", "C2B00012"},
		{"PAID", "254701234567", "10.50", "C2B00016"},
	} {
		money, err := fx.ParseMoney(c.amount, w.currency)
		require.NoError(t, err)
		err = w.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: c.ref, Payer: c.payer, Amount: money})
		var refused *sandbox.RefusedError
		require.Equal(t, c.code != "", errors.As(err, &refused), "%s: %v", c.ref, err)
		if c.code != "" {
			assert.Equal(t, c.code, refused.Code, c.ref)
		}
	}
	assert.Equal(t, kit.Total{Count: 1, Minor: 1050}, w.totals()[kit.KindCollection][kit.Settled], "no money moved for what was refused")
	w.nextCollection()
}

// The bytes of a validation and what is answered, whatever the sandbox would send.
func TestValidationAnswers(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	known, err := mpesa.New(w.config, expecting{w.sink})
	require.NoError(t, err)
	const body = `{"TransID":"R1","TransAmount":"10.50","BusinessShortCode":600999,"BillRefNumber":"ORDER1","MSISDN":"2547 ***** 126"}`
	for _, c := range []struct{ from, to, expecting, blind string }{
		{"", "", "0", "0"},
		{"10.50", "10.51", "C2B00013", "0"},
		{"ORDER1", "ORDER2", "C2B00012", "0"},
		{"ORDER1", "ORDER 1", "C2B00012", "C2B00012"},
		{"ORDER1", "PAID", "C2B00016", "0"},
		{"600999", "600998", "C2B00015", "C2B00015"},
		{"2547 ***** 126", "", "C2B00011", "C2B00011"},
		{"2547 ***** 126", "nobody", "C2B00011", "C2B00011"},
		{"2547 ***** 126", strings.Repeat("a1", 32), "0", "0"},
		{`"TransID"`, `"transid"`, "C2B00016", "C2B00016"},
		{"10.50", "-10.50", "C2B00016", "C2B00016"},
	} {
		for rail, want := range map[*mpesa.Rail]string{known: c.expecting, w.newRail(w.config): c.blind} {
			w.rail = rail
			status, answer := w.post(prefix+"/c2b/validation", strings.Replace(body, c.from, c.to, 1))
			assert.Equal(t, 200, status)
			assert.Contains(t, answer, `"ResultCode":"`+want+`"`, "%s for %s", c.to, c.from)
		}
	}
}

// When nobody validates a payment, what was registered decides.
func TestSilentValidation(t *testing.T) {
	for kind, taken := range map[string]bool{"Completed": true, "Cancelled": false} {
		w := newWorld(t, "KES", kit.Faults{})
		w.sandbox.SetValidation(true)
		config := w.config
		config.WithoutValidation = kind
		w.rail = w.newRail(config)
		require.NoError(t, w.rail.Register(t.Context()))
		w.callbacks.Close()
		err := w.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: "ORDER1", Payer: "254701234567", Amount: w.payout("P", 10).Amount})
		assert.Equal(t, taken, err == nil, kind)
		assert.Equal(t, taken, w.totals()[kit.KindCollection][kit.Settled].Count == 1, kind)
	}
}

func TestWalletAndDailyLimits(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	w.reopen(func(c *sandbox.Config) { c.DailyMaxMinor = 500_000_00 })
	submit := func(id string, units int64) adapters.Evidence {
		require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout(id, units)).State)
		return w.next().evidence
	}
	assert.Equal(t, adapters.Settled, submit("P1", 250_000).State)
	assert.Equal(t, adapters.Settled, submit("P2", 240_000).State)
	daily := submit("P3", 10_001)
	assert.Equal(t, []string{"4", "AM02"}, []string{daily.Code, daily.Reason})
	w.reopen(func(c *sandbox.Config) { c.DailyMaxMinor, c.WalletMaxMinor = 0, 500_000_00 })
	held := submit("P4", 10_001)
	assert.Equal(t, []string{"8", "AM02"}, []string{held.Code, held.Reason}, "the ledger remembers what a wallet holds")
	assert.Equal(t, adapters.Settled, submit("P5", 10_000).State)
	assert.Equal(t, "8", submit("P6", 10).Code)
	require.NoError(t, w.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: "ORDER1", Payer: "254708374149", Amount: w.payout("P", 100).Amount}))
	assert.Equal(t, adapters.Settled, submit("P7", 100).State, "what was spent makes room")
	assert.EqualValues(t, 500_100_00, w.totals()[kit.KindPayout][kit.Settled].Minor)
}

// A payout that the rail declines for another reason takes no room in the wallet.
func TestDeclinedPayoutsTakeNoRoom(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DeclinePct: 100})
	w.reopen(func(c *sandbox.Config) { c.WalletMaxMinor = 200_000_00 })
	for _, id := range []string{"P1", "P2", "P3"} {
		require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout(id, 150_000)).State)
		w.next()
	}
	require.NoError(t, w.sandbox.SetFaults(kit.Faults{}))
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P4", 150_000)).State)
	assert.Equal(t, adapters.Settled, w.next().evidence.State)
}

func TestOutagesAndLimits(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P0", 100)).State)
	w.next()
	for name, c := range map[string]struct {
		faults kit.Faults
		safe   bool
	}{
		"refuse": {kit.Faults{Outage: kit.OutageRefuse}, false},
		"hang":   {kit.Faults{Outage: kit.OutageHang}, false},
		"error":  {kit.Faults{Outage: kit.OutageError}, false},
		"rate":   {kit.Faults{RatePerS: 1}, true},
	} {
		require.NoError(t, w.sandbox.SetFaults(c.faults))
		var last adapters.Evidence
		for _, id := range []string{"A", "B", "C"} {
			last = w.rail.Submit(t.Context(), w.payout(name+id, 100))
			if last.State == adapters.Accepted { // the first one that the rate lets in
				w.next()
			}
		}
		assert.Equal(t, adapters.Unknown, last.State, name)
		assert.Equal(t, c.safe, last.RetrySafe, name)
		require.Error(t, last.Err, name)
		if c.safe {
			assert.Equal(t, "500.003.02", last.Code)
		}
	}
	require.NoError(t, w.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P9", 100)).State)
	w.next()
}

// A callback that overtakes the acknowledgement names the same conversation as the acknowledgement.
func TestCallbackOvertakesTheAnswer(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{ReorderPct: 100})
	order := make(chan string, 2)
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.sandbox.ServeHTTP(rw, r)
		if r.Method == http.MethodPost {
			order <- "answer"
		}
	})
	w.intercept.Store(&handler)
	ack := w.rail.Submit(t.Context(), w.payout("P1", 100))
	require.Equal(t, adapters.Accepted, ack.State)
	<-order
	select {
	case h := <-w.sink.evidence: // it is here already
		assert.Equal(t, adapters.Settled, h.evidence.State)
		assert.Equal(t, ack.RailID, h.railID)
	default:
		assert.Fail(t, "the callback came after the answer")
	}
}

// What was accepted is denied for a while. The same id, sent again, is refused; nothing is paid twice.
func TestLateVisible(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{LateVisiblePct: 100, LateVisibleMS: 600_000, LostCallbackPct: 100})
	op := w.payout("P1", 100)
	op.RailID = w.rail.Submit(t.Context(), op).RailID
	denied := w.ask(op)
	assert.Equal(t, adapters.Unknown, denied.evidence.State)
	assert.False(t, denied.evidence.RetrySafe, "it was acknowledged")
	again := w.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, again.State)
	assert.Contains(t, again.Text, "Duplicate")
	require.NoError(t, w.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Settled, w.askUntilFinal(op).evidence.State)
	assert.EqualValues(t, 1, w.totals()[kit.KindPayout][kit.Settled].Count)
}

// A rail whose clock is wrong lists payments at its own times, and is asked for those.
func TestClockSkew(t *testing.T) {
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		w := newWorld(t, "KES", kit.Faults{LostCallbackPct: 100, ClockSkewMS: skew.Milliseconds()})
		require.NoError(t, w.rail.Register(t.Context()))
		order := w.order()
		_, found, err := w.rail.Collection(t.Context(), order) // so that the next query starts from here
		require.NoError(t, err)
		require.False(t, found)
		w.pay("ORDER1", "250")
		_, found, err = w.rail.Collection(t.Context(), order)
		require.NoError(t, err)
		assert.True(t, found, "%s", skew)
		op := w.payout("P1", 100)
		op.RailID = w.rail.Submit(t.Context(), op).RailID
		assert.Equal(t, adapters.Settled, w.askUntilFinal(op).evidence.State)
	}
}
