package mpesa_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	"github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	prefix   = "/cb-0123456789abcdefghijkl"
	patience = 20 * time.Second // for what must happen; nothing waits this long when it does
)

var railKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// heard is one call of the sink.
type heard struct {
	operation, railID string
	evidence          adapters.Evidence
}

// sink hands on what it is told. While refuse is set it takes nothing.
type sink struct {
	evidence  chan heard
	collected chan adapters.Collection
	refuse    atomic.Bool
}

var errRefused = errors.New("the sink takes nothing")

func (s *sink) Evidence(_ context.Context, operation, railID string, e adapters.Evidence) error {
	if s.refuse.Load() {
		return errRefused
	}
	s.evidence <- heard{operation, railID, e}
	return nil
}

func (s *sink) Collected(_ context.Context, c adapters.Collection) error {
	if s.refuse.Load() {
		return errRefused
	}
	s.collected <- c
	return nil
}

// world is one operator's sandbox, a rail that uses it, and the wires between them.
type world struct {
	t         *testing.T
	currency  fx.Currency
	config    mpesa.Config
	sandboxed sandbox.Config
	rail      *mpesa.Rail
	sandbox   *sandbox.Server
	sink      *sink
	callbacks *httptest.Server
	requests  sync.Map // path → *atomic.Int64
	intercept atomic.Pointer[http.HandlerFunc]
}

func newWorld(t *testing.T, currency string, faults kit.Faults) *world {
	t.Helper()
	w := &world{t: t, currency: fx.MustCurrency(currency), sink: &sink{
		evidence: make(chan heard, 64), collected: make(chan adapters.Collection, 64),
	}}
	w.sandboxed = sandbox.Config{
		Config: kit.Config{
			LedgerPath: filepath.Join(t.TempDir(), "ledger.db"), Currency: w.currency, Seed: 11, Faults: faults,
			SettleDelay: time.Millisecond, Workers: 32,
		},
		ConsumerKey: "key", ConsumerSecret: "secret", Shortcode: "600999",
		Initiator: "operator", InitiatorPassword: "Safaricom999!", PrivateKey: railKey(), PageSize: 2, Passkey: "passkey",
	}
	var err error
	w.sandbox, err = sandbox.New(w.sandboxed)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.sandbox.Close()) })
	api := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(api.Close)
	w.callbacks = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.rail.Handler().ServeHTTP(rw, r)
	}))
	t.Cleanup(w.callbacks.Close)
	w.config = mpesa.Config{
		BaseURL: api.URL, CallbackBaseURL: w.callbacks.URL, CallbackPrefix: prefix,
		ConsumerKey: "key", ConsumerSecret: "secret", Shortcode: "600999",
		Initiator: "operator", InitiatorPassword: "Safaricom999!", PublicKey: &railKey().PublicKey, Passkey: "passkey",
		Currency: w.currency, Timers: adapters.Timers{SubmitTimeout: time.Second},
		PullEvery: time.Nanosecond, PullOverlap: time.Second,
	}
	w.rail = w.newRail(w.config)
	return w
}

func (w *world) newRail(config mpesa.Config) *mpesa.Rail {
	w.t.Helper()
	rail, err := mpesa.New(config, w.sink)
	require.NoError(w.t, err)
	return rail
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	count, _ := w.requests.LoadOrStore(r.URL.Path, new(atomic.Int64))
	count.(*atomic.Int64).Add(1)
	if handler := w.intercept.Load(); handler != nil {
		(*handler)(rw, r)
		return
	}
	w.sandbox.ServeHTTP(rw, r)
}

func (w *world) count(path string) int64 {
	count, ok := w.requests.Load(path)
	if !ok {
		return 0
	}
	return count.(*atomic.Int64).Load()
}

func (w *world) answer(status int, body string) {
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.sandbox.ServeHTTP(rw, r)
			return
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
	})
	w.intercept.Store(&handler)
}

func (w *world) payout(id string, units int64) adapters.Operation {
	minor := units
	for range w.currency.MinorUnits() {
		minor *= 10
	}
	return adapters.Operation{
		ID: id, Kind: messaging.KindPayout, Amount: fx.Money{Minor: minor, Currency: w.currency},
		Beneficiary: messaging.Party{Name: "Wanjiku", Account: "254708374149"},
		Originator:  messaging.Party{Name: "Amina", Account: "971501234567"}, Reference: "School fees",
	}
}

func (w *world) next() heard {
	w.t.Helper()
	select {
	case h := <-w.sink.evidence:
		return h
	case <-time.After(patience):
		require.FailNow(w.t, "no evidence came")
		return heard{}
	}
}

func (w *world) nextCollection() adapters.Collection {
	w.t.Helper()
	select {
	case c := <-w.sink.collected:
		return c
	case <-time.After(patience):
		require.FailNow(w.t, "no collection came")
		return adapters.Collection{}
	}
}

// ask queries until the answer has come, and returns it.
func (w *world) ask(op adapters.Operation) heard {
	w.t.Helper()
	e := w.rail.Query(w.t.Context(), op)
	require.Equal(w.t, adapters.Accepted, e.State, "%+v", e)
	require.Empty(w.t, e.RailID, "the query's conversation is not the operation's")
	return w.next()
}

// askUntilFinal queries as the runner does: again, while the rail has not decided.
func (w *world) askUntilFinal(op adapters.Operation) heard {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if h := w.ask(op); h.evidence.State != adapters.Unknown || h.evidence.RetrySafe {
			return h
		}
	}
	require.FailNow(w.t, "the rail never decided")
	return heard{}
}

func (w *world) totals() kit.Totals {
	w.t.Helper()
	totals, err := w.sandbox.Totals()
	require.NoError(w.t, err)
	return totals
}

func TestPayoutSettles(t *testing.T) {
	for _, currency := range []string{"KES", "UGX"} {
		w := newWorld(t, currency, kit.Faults{})
		op := w.payout("P1", 1500)
		ack := w.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Accepted, ack.State, "%+v", ack)
		require.Equal(t, adapters.FromResponse, ack.Origin)
		require.NotEmpty(t, ack.RailID)
		h := w.next()
		assert.Equal(t, "P1", h.operation)
		assert.Equal(t, ack.RailID, h.railID)
		assert.Equal(t, adapters.Settled, h.evidence.State)
		assert.Equal(t, adapters.FromCallback, h.evidence.Origin)
		assert.Equal(t, &op.Amount, h.evidence.Amount)
		assert.Equal(t, op.Beneficiary.Account, h.evidence.Account)

		op.RailID = ack.RailID
		status := w.ask(op)
		assert.Equal(t, adapters.Settled, status.evidence.State)
		assert.Equal(t, adapters.FromQuery, status.evidence.Origin)
		assert.Equal(t, h.evidence.RailRef, status.evidence.RailRef)
		assert.Equal(t, ack.RailID, status.railID)
		assert.Equal(t, &op.Amount, status.evidence.Amount)
		assert.Equal(t, op.Beneficiary.Account, status.evidence.Account)
		assert.Equal(t, kit.Total{Count: 1, Minor: op.Amount.Minor}, w.totals()[kit.KindPayout][kit.Settled])
	}
}

func TestPayoutDeclined(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DeclinePct: 100})
	op := w.payout("P1", 1500)
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
	h := w.next()
	assert.Equal(t, adapters.Failed, h.evidence.State)
	assert.NotEmpty(t, h.evidence.Reason)
	assert.NotEmpty(t, h.evidence.Text)
	assert.Equal(t, adapters.Failed, w.ask(op).evidence.State)
	assert.EqualValues(t, 1, w.totals()[kit.KindPayout][kit.Declined].Count)
}

func TestPayoutCallbackLost(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{LostCallbackPct: 100})
	op := w.payout("P1", 1500)
	op.RailID = w.rail.Submit(t.Context(), op).RailID
	h := w.askUntilFinal(op)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Empty(t, w.sink.evidence)
}

func TestPayoutCallbackTwice(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DuplicateCallbackPct: 100})
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P1", 1500)).State)
	first := w.next()
	assert.Equal(t, first, w.next())
	assert.EqualValues(t, 1, w.totals()[kit.KindPayout][kit.Settled].Count)
}

// A rail that is late says first that it waited too long, which is no end.
func TestPayoutDelayed(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DelayPct: 100, DelayMS: 50})
	submitted := time.Now()
	op := w.payout("P1", 1500)
	op.RailID = w.rail.Submit(t.Context(), op).RailID
	late := w.next()
	assert.Equal(t, adapters.Unknown, late.evidence.State)
	assert.Equal(t, op.RailID, late.railID)
	assert.Equal(t, "1", late.evidence.Code)
	h := w.next()
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.GreaterOrEqual(t, time.Since(submitted), 50*time.Millisecond)

	refund := w.refund("ORDER1")
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), refund).State)
	assert.Equal(t, adapters.Unknown, w.next().evidence.State)
	assert.Equal(t, adapters.Settled, w.next().evidence.State)
}

func TestPayoutContradicted(t *testing.T) {
	for decline, truth := range map[int]adapters.State{0: adapters.Settled, 100: adapters.Failed} {
		w := newWorld(t, "KES", kit.Faults{ContradictPct: 100, DeclinePct: decline})
		op := w.payout("P1", 1500)
		op.RailID = w.rail.Submit(t.Context(), op).RailID
		states := []adapters.State{w.next().evidence.State, w.next().evidence.State}
		assert.ElementsMatch(t, []adapters.State{adapters.Settled, adapters.Failed}, states)
		assert.Equal(t, truth, w.ask(op).evidence.State, "a query tells the truth")
	}
}

// A server error is not a no; the rail's own word that it knows nothing makes another attempt safe.
func TestPayoutServerError(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{ErrorPct: 100})
	op := w.payout("P1", 1500)
	e := w.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe)
	assert.Equal(t, "500.002.1001", e.Code)
	require.Error(t, e.Err)

	h := w.ask(op)
	assert.Equal(t, adapters.Unknown, h.evidence.State)
	assert.True(t, h.evidence.RetrySafe)
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
	assert.Equal(t, adapters.Settled, w.next().evidence.State)
}

func TestPayoutWithoutAnswer(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{TimeoutPct: 100})
	after, before := 0, 0
	for i := range 6 {
		op := w.payout("P"+strconv.Itoa(i), 1500)
		op.Beneficiary.Account = "25470837414" + strconv.Itoa(i)
		e := w.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Unknown, e.State)
		require.False(t, e.RetrySafe, "it may have arrived")
		require.ErrorIs(t, e.Err, context.DeadlineExceeded)
		if _, found, err := w.sandbox.Ledger.Get(kit.KindPayout, op.ID); err == nil && found {
			after++
			assert.Equal(t, adapters.Settled, w.next().evidence.State)
			repeated := w.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, repeated.State, "a duplicate is not a failure")
			assert.False(t, repeated.RetrySafe)
			assert.Contains(t, repeated.Text, "Duplicate")
			assert.Equal(t, adapters.Settled, w.ask(op).evidence.State)
			continue
		}
		before++
		require.True(t, w.ask(op).evidence.RetrySafe)
		require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
		assert.Equal(t, adapters.Settled, w.next().evidence.State)
	}
	assert.Positive(t, after)
	assert.Positive(t, before)
	assert.EqualValues(t, 6, w.totals()[kit.KindPayout][kit.Settled].Count)
}

func TestConnectionRefused(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	config := w.config
	config.BaseURL = nobody
	rail := w.newRail(config)
	e := rail.Submit(t.Context(), w.payout("P1", 1500))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	q := rail.Query(t.Context(), w.payout("P1", 1500))
	assert.Equal(t, adapters.Unknown, q.State)
	assert.False(t, q.RetrySafe, "a question that was not sent says nothing about the payment")
}

// The token was fetched before the host went away, so it is the payment itself that finds nobody.
func TestConnectionRefusedUnderAToken(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	api := httptest.NewServer(http.HandlerFunc(w.serve))
	api.Config.SetKeepAlivesEnabled(false) // what is written to a connection that is closing may have arrived
	config := w.config
	config.BaseURL = api.URL
	rail := w.newRail(config)
	require.Equal(t, adapters.Accepted, rail.Submit(t.Context(), w.payout("P1", 1500)).State)
	w.next()
	api.Close()
	e := rail.Submit(t.Context(), w.payout("P2", 1500))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe, "%+v", e)
}

func TestTokenIsReusedAndReplaced(t *testing.T) {
	const path = "/oauth/v1/generate"
	w := newWorld(t, "KES", kit.Faults{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			assert.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P"+strconv.Itoa(i), 100)).State)
		})
	}
	group.Wait()
	assert.EqualValues(t, 1, w.count(path))
	w.sandbox.RevokeTokens()
	assert.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P9", 100)).State)
	assert.EqualValues(t, 2, w.count(path))

	config := w.config
	config.ConsumerSecret = "wrong"
	e := w.newRail(config).Submit(t.Context(), w.payout("P10", 100))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	payouts := w.totals()[kit.KindPayout] // read once: they settle meanwhile
	assert.EqualValues(t, 9, payouts[kit.Settled].Count+payouts[kit.Accepted].Count)
}

func TestAnswersToASubmission(t *testing.T) {
	for name, c := range map[string]struct {
		status    int
		body      string
		state     adapters.State
		reason    string
		retrySafe bool
	}{
		"invalid":          {400, `{"errorCode":"400.002.02","errorMessage":"Bad Request - Invalid PartyB"}`, adapters.Failed, "FF01", false},
		"invalid, another": {400, `{"errorCode":"400.003.99","errorMessage":"?"}`, adapters.Unknown, "", false},
		"token, for ever":  {401, `{"errorCode":"401.002.01","errorMessage":"Invalid Access Token"}`, adapters.Unknown, "", true},
		"token, old code":  {404, `{"errorCode":"404.001.03","errorMessage":"Invalid Access Token"}`, adapters.Unknown, "", true},
		"spike arrest":     {500, `{"errorCode":"500.003.02","errorMessage":"Spike Arrest"}`, adapters.Unknown, "", true},
		"quota":            {500, `{"errorCode":"500.003.03","errorMessage":"Quota"}`, adapters.Unknown, "", true},
		"pending":          {500, `{"errorCode":"500.001.1001","errorMessage":"The transaction is being processed"}`, adapters.Accepted, "", false},
		"1001, otherwise":  {500, `{"errorCode":"500.001.1001","errorMessage":"Wrong credentials"}`, adapters.Unknown, "", false},
		"duplicate":        {500, `{"errorCode":"500.002.1001","errorMessage":"Duplicate OriginatorConversationID"}`, adapters.Unknown, "", false},
		"bad gateway":      {502, `<html>`, adapters.Unknown, "", false},
		"redirect":         {302, ``, adapters.Unknown, "", false},
		"not JSON":         {200, `OK`, adapters.Unknown, "", false},
		"no code":          {200, `{"ConversationID":"AG_1","OriginatorConversationID":"P1"}`, adapters.Unknown, "", false},
		"another code":     {200, `{"ConversationID":"AG_1","OriginatorConversationID":"P1","ResponseCode":"1"}`, adapters.Unknown, "", false},
		"another's":        {200, `{"ConversationID":"AG_1","OriginatorConversationID":"P2","ResponseCode":"0"}`, adapters.Unknown, "", false},
		"no conversation":  {200, `{"OriginatorConversationID":"P1","ResponseCode":"0"}`, adapters.Unknown, "", false},
		"accepted":         {200, `{"ConversationID":"AG_1","OriginatorConversationID":"P1","ResponseCode":"0"}`, adapters.Accepted, "", false},
		"accepted, by int": {200, `{"ConversationID":"AG_1","OriginatorConversationID":"P1","ResponseCode":0}`, adapters.Accepted, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "KES", kit.Faults{})
			w.answer(c.status, c.body)
			e := w.rail.Submit(t.Context(), w.payout("P1", 1500))
			assert.Equal(t, c.state, e.State, "%+v", e)
			assert.Equal(t, c.reason, e.Reason)
			assert.Equal(t, c.retrySafe, e.RetrySafe)
			assert.Equal(t, e.State == adapters.Unknown, e.Err != nil)
			if c.state != adapters.Accepted {
				q := w.rail.Query(t.Context(), w.payout("P1", 1500))
				if name != "another's" { // a query's originator id is the rail's
					assert.Equal(t, adapters.Unknown, q.State, "what a question meets is no evidence about the payment")
				}
				assert.False(t, q.RetrySafe)
				assert.Empty(t, q.Reason)
			}
		})
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	for name, change := range map[string]func(*adapters.Operation){
		"cents":          func(op *adapters.Operation) { op.Amount.Minor++ },
		"too little":     func(op *adapters.Operation) { op.Amount.Minor = 900 },
		"too much":       func(op *adapters.Operation) { op.Amount.Minor = 250_001_00 },
		"nothing":        func(op *adapters.Operation) { op.Amount.Minor = 0 },
		"negative":       func(op *adapters.Operation) { op.Amount.Minor = -1000 },
		"other currency": func(op *adapters.Operation) { op.Amount.Currency = fx.MustCurrency("UGX") },
		"no MSISDN":      func(op *adapters.Operation) { op.Beneficiary.Account = "john@upi" },
		"long id":        func(op *adapters.Operation) { op.ID = strings.Repeat("A", 36) },
		"path in id":     func(op *adapters.Operation) { op.ID = "../x" },
		"other kind":     func(op *adapters.Operation) { op.Kind = "gift" },
		"no receipt":     func(op *adapters.Operation) { op.Kind = messaging.KindRefund },
	} {
		op := w.payout("P1", 1500)
		change(&op)
		e := w.rail.Submit(t.Context(), op)
		assert.Equal(t, adapters.Failed, e.State, name)
		assert.NotEmpty(t, e.Reason, name)
	}
	assert.Zero(t, w.count("/mpesa/b2c/v3/paymentrequest"))
}

// The rail's limits differ from the sandbox's, so the sandbox is the one that says no.
func TestSandboxRefuses(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	config := w.config
	config.PayoutMinMinor, config.PayoutMaxMinor = 100, 900_000_00
	w.rail = w.newRail(config)
	for code, units := range map[string]int64{"2": 9, "3": 250_001} {
		require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P"+code, units)).State)
		h := w.next()
		assert.Equal(t, adapters.Failed, h.evidence.State)
		assert.Equal(t, code, h.evidence.Code)
		assert.Equal(t, "AM02", h.evidence.Reason)
	}
	config.InitiatorPassword = "wrong"
	w.rail = w.newRail(config)
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P4", 100)).State)
	assert.Equal(t, "2001", w.next().evidence.Code)
	h := w.ask(w.payout("P4", 100))
	assert.Equal(t, adapters.Unknown, h.evidence.State, "the question failed, not the payment")
	assert.False(t, h.evidence.RetrySafe)

	for name, body := range map[string]string{
		"cents":    `{"OriginatorConversationID":"X","InitiatorName":"operator","SecurityCredential":"","CommandID":"BusinessPayment","Amount":10.5,"PartyA":"600999","PartyB":"254708374149","Remarks":"ok","QueueTimeOutURL":"http://x","ResultURL":"http://x","Occassion":""}`,
		"spelling": `{"OriginatorConversationID":"X","InitiatorName":"operator","SecurityCredential":"","CommandID":"BusinessPayment","Amount":10,"PartyA":"600999","PartyB":"254708374149","Remarks":"ok","QueueTimeOutURL":"http://x","ResultURL":"http://x","Ocassion":""}`,
	} {
		for token, status := range map[string]int{w.bearer(): http.StatusBadRequest, "stolen": http.StatusUnauthorized} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
				w.config.BaseURL+"/mpesa/b2c/v3/paymentrequest", strings.NewReader(body))
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, status, response.StatusCode, name)
		}
	}
}

func (w *world) bearer() string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet,
		w.config.BaseURL+"/oauth/v1/generate?grant_type=client_credentials", nil)
	require.NoError(w.t, err)
	request.SetBasicAuth("key", "secret")
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	_, rest, found := strings.Cut(string(body), `"access_token":"`)
	require.True(w.t, found)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func (w *world) pay(ref, amount string) kit.CustomerPayment {
	w.t.Helper()
	money, err := fx.ParseMoney(amount, w.currency)
	require.NoError(w.t, err)
	payment := kit.CustomerPayment{OrderRef: ref, Payer: "254701234567", PayerName: "Amina", Amount: money}
	require.NoError(w.t, w.sandbox.Pay(w.t.Context(), payment))
	return payment
}

func TestCollectionIsConfirmed(t *testing.T) {
	for currency, amount := range map[string]string{"KES": "10.50", "UGX": "12000"} {
		w := newWorld(t, currency, kit.Faults{})
		require.NoError(t, w.rail.Register(t.Context()))
		payment := w.pay("ORDER1", amount)
		c := w.nextCollection()
		assert.Equal(t, "ORDER1", c.OrderRef)
		assert.Equal(t, payment.Amount, c.Amount)
		assert.Equal(t, adapters.FromCallback, c.Origin)
		assert.Contains(t, c.Payer, "*****")

		pulled, found, err := w.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1", Created: time.Now()})
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, adapters.FromQuery, pulled.Origin)
		pulled.Origin = c.Origin
		assert.Equal(t, c, pulled)

		require.NoError(t, w.sandbox.Pay(t.Context(), payment), "paying for the same order again is the same payment")
		assert.EqualValues(t, 1, w.totals()[kit.KindCollection][kit.Settled].Count)
	}
}

func TestCollectionConfirmedTwice(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DuplicateCallbackPct: 100})
	require.NoError(t, w.rail.Register(t.Context()))
	w.pay("ORDER1", "10")
	first := w.nextCollection()
	assert.Equal(t, first, w.nextCollection())
}

func TestCollectionIsPulled(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{LostCallbackPct: 100})
	require.NoError(t, w.rail.Register(t.Context()))
	created := time.Now()
	order := func(ref string) adapters.Order { return adapters.Order{Ref: ref, Created: created} }
	_, found, err := w.rail.Collection(t.Context(), order("ORDER0"))
	require.NoError(t, err)
	assert.False(t, found)
	for i := range 7 { // more than three pages
		w.pay("ORDER"+strconv.Itoa(i), "10."+strconv.Itoa(i))
	}
	for i := range 7 {
		c, found, err := w.rail.Collection(t.Context(), order("ORDER"+strconv.Itoa(i)))
		require.NoError(t, err)
		require.True(t, found)
		assert.EqualValues(t, 1000+10*i, c.Amount.Minor)
		assert.Equal(t, adapters.FromQuery, c.Origin)
	}
	assert.Empty(t, w.sink.collected)
	w.answer(http.StatusInternalServerError, `{"errorCode":"500.003.02"}`)
	_, found, err = w.rail.Collection(t.Context(), order("ORDER99"))
	require.Error(t, err)
	assert.False(t, found)
}

func TestCollectionKnowsEveryPayment(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	rows := []string{
		`{"transactionId":"R1","billreference":"ORDER1","amount":"10","msisdn":"x"}`,
		`{"transactionId":"R2","billreference":"ORDER1","amount":"20","msisdn":"x"}`,
	}
	seen := 1
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.sandbox.ServeHTTP(rw, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		page := ""
		if strings.Contains(string(body), `"OffSetValue":"0"`) {
			page = strings.Join(rows[:seen], ",")
		}
		_, _ = io.WriteString(rw, `{"ResponseCode":"1000","Response":[[`+page+`]]}`)
	})
	w.intercept.Store(&handler)
	created := time.Now()
	ask := func(receipt string) (string, bool) {
		c, found, err := w.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1", Created: created, AskFor: receipt})
		require.NoError(t, err)
		return c.RailRef, found
	}
	first, found := ask("")
	assert.True(t, found)
	assert.Equal(t, "R1", first)
	_, found = ask("R2")
	assert.False(t, found, "another payment is no answer")
	seen = 2
	for receipt, want := range map[string]string{"R2": "R2", "R1": "R1", "": "R1"} {
		got, found := ask(receipt)
		assert.True(t, found)
		assert.Equal(t, want, got)
	}
	_, found = ask("R3")
	assert.False(t, found)
}

func TestPullsAreShared(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	config := w.config
	config.PullEvery = time.Hour
	w.rail = w.newRail(config)
	for i := range 50 {
		_, found, err := w.rail.Collection(t.Context(), adapters.Order{Ref: "NO" + strconv.Itoa(i), Created: time.Now()})
		require.NoError(t, err)
		require.False(t, found)
	}
	assert.EqualValues(t, 1, w.count("/pulltransactions/v1/query"))
	// An order from before what was pulled is worth a query of its own.
	_, _, err := w.rail.Collection(t.Context(), adapters.Order{Ref: "OLD", Created: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	assert.EqualValues(t, 2, w.count("/pulltransactions/v1/query"))
}

// refund gives back a payment of 10.50, which it makes first.
func (w *world) refund(ref string) adapters.Operation {
	w.t.Helper()
	payment := w.pay(ref, "10.50")
	receipt, found, err := w.sandbox.Ledger.Get(kit.KindCollection, ref)
	require.NoError(w.t, err)
	require.True(w.t, found)
	return adapters.Operation{
		ID: "R" + ref, Kind: messaging.KindRefund, Amount: payment.Amount,
		Beneficiary: messaging.Party{Account: payment.Payer}, CollectionRef: receipt.Ref, CollectionOrder: ref,
	}
}

func TestRefundReverses(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	op := w.refund("ORDER1")
	ack := w.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Accepted, ack.State, "%+v", ack)
	h := w.next()
	assert.Equal(t, op.ID, h.operation)
	assert.Equal(t, ack.RailID, h.railID)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, &op.Amount, h.evidence.Amount)
	assert.NotEqual(t, op.CollectionRef, h.evidence.RailRef)
	op.RailID = ack.RailID
	status := w.ask(op)
	assert.Equal(t, adapters.Settled, status.evidence.State)
	assert.Equal(t, ack.RailID, status.railID)
	assert.Equal(t, h.evidence.RailRef, status.evidence.RailRef)
}

func TestRefundTwiceMovesMoneyOnce(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	op := w.refund("ORDER1")
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
	first := w.next()
	again := w.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Accepted, again.State)
	second := w.next()
	assert.Equal(t, adapters.Settled, second.evidence.State)
	assert.Equal(t, "R000001", second.evidence.Code)
	assert.Equal(t, first.evidence.RailRef, second.evidence.RailRef)
	op.RailID = again.RailID
	status := w.ask(op)
	assert.Equal(t, adapters.Settled, status.evidence.State)
	assert.Equal(t, again.RailID, status.railID)
	assert.Equal(t, kit.Total{Count: 1, Minor: 1050}, w.totals()[kit.KindRefund][kit.Settled])
}

func TestRefundOfNothing(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	op := w.refund("ORDER1")
	op.CollectionRef = "NOSUCHONE1"
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
	h := w.next()
	assert.Equal(t, adapters.Unknown, h.evidence.State)
	assert.Equal(t, "R000002", h.evidence.Code)
}

func TestRefundDeclined(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{RefundDeclinePct: 100})
	op := w.refund("ORDER1")
	op.RailID = w.rail.Submit(t.Context(), op).RailID
	assert.Equal(t, adapters.Failed, w.next().evidence.State)
	assert.Equal(t, adapters.Failed, w.ask(op).evidence.State)
}

func TestRefundWithoutAnswer(t *testing.T) {
	for _, faults := range []kit.Faults{{TimeoutPct: 100}, {ErrorPct: 100}} {
		w := newWorld(t, "KES", faults)
		for i := range 4 {
			op := w.refund("ORDER" + strconv.Itoa(i))
			e := w.rail.Submit(t.Context(), op)
			require.Equal(t, adapters.Unknown, e.State)
			require.False(t, e.RetrySafe)
			if _, accepted, err := w.sandbox.Ledger.Get(kit.KindRefund, op.CollectionRef); err == nil && accepted {
				told := w.next()
				status := w.ask(op) // by the receipt that the callback named
				assert.Equal(t, adapters.Settled, status.evidence.State)
				assert.Equal(t, told.evidence.RailRef, status.evidence.RailRef)
				continue
			}
			q := w.rail.Query(t.Context(), op)
			require.True(t, q.RetrySafe, "a receipt is reversed once")
			require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), op).State)
			assert.Equal(t, adapters.Settled, w.next().evidence.State)
		}
		assert.Equal(t, kit.Total{Count: 4, Minor: 4 * 1050}, w.totals()[kit.KindRefund][kit.Settled])
	}
}

// A sandbox that died between acceptance and decision decides when it comes back, and sends nothing.
func TestSandboxRestart(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{DelayPct: 100, DelayMS: 600_000})
	op := w.payout("P1", 1500)
	op.RailID = w.rail.Submit(t.Context(), op).RailID
	w.next() // it waited too long
	w.pay("ORDER1", "10")
	h := w.ask(op)
	assert.Equal(t, adapters.Unknown, h.evidence.State)
	assert.Equal(t, "Pending", h.evidence.Code)
	require.NoError(t, w.sandbox.Close())
	var err error
	w.sandbox, err = sandbox.New(w.sandboxed)
	require.NoError(t, err)
	assert.Equal(t, adapters.Settled, w.ask(op).evidence.State)
	_, found, err := w.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1", Created: time.Now()})
	require.NoError(t, err)
	assert.True(t, found)
}

func (w *world) callback(path, body string) int {
	w.t.Helper()
	status, _ := w.post(path, body)
	return status
}

func (w *world) post(path, body string) (int, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.callbacks.URL+path, strings.NewReader(body))
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	return response.StatusCode, string(answer)
}

func TestCallbacks(t *testing.T) {
	const (
		success  = `{"Result":{"ResultType":0,"ResultCode":0,"ResultDesc":"ok","OriginatorConversationID":"P1","ConversationID":"AG_1","TransactionID":"R1","ResultParameters":{"ResultParameter":[{"Key":"TransactionAmount","Value":10}]}}}`
		timeout  = `{"Result":{"ResultType":1,"ResultCode":"1","ResultDesc":"The service request timed out.","OriginatorConversationID":"P1","ConversationID":"AG_1"}}`
		status   = `{"Result":{"ResultType":0,"ResultCode":0,"ResultDesc":"ok","OriginatorConversationID":"Q","ConversationID":"QC","ResultParameters":{"ResultParameter":[{"Key":"OriginatorConversationID","Value":"P1"},{"Key":"ConversationID","Value":"AG_1"},{"Key":"TransactionStatus","Value":"Declined"}]}}}`
		payment  = `{"TransID":"R1","TransAmount":"10","BusinessShortCode":600999,"BillRefNumber":"O1","MSISDN":"x"}`
		elsewere = `{"TransID":"R1","TransAmount":"10","BusinessShortCode":600000,"BillRefNumber":"O1","MSISDN":"x"}`
	)
	w := newWorld(t, "KES", kit.Faults{})
	result, late := w.rail.SignedPath("/result", "P1"), w.rail.SignedPath("/timeout", "P1")
	asked := w.rail.SignedPath("/status", "payout", "P1", "acknowledged")
	for name, c := range map[string]struct {
		path, body string
		status     int
		state      adapters.State // "" where nothing may reach the sink
	}{
		"result":                {result, success, 200, adapters.Settled},
		"result of another":     {w.rail.SignedPath("/result", "P2"), success, 400, ""},
		"result, unasked":       {prefix + "/result/P1/AAAAAAAAAAAAAAAAAAAAAA", success, 404, ""},
		"result, no MAC":        {prefix + "/result", success, 404, ""},
		"timeout":               {late, timeout, 200, adapters.Unknown},
		"timeout of another":    {w.rail.SignedPath("/timeout", "P2"), timeout, 400, ""},
		"success at timeout":    {late, success, 200, adapters.Unknown},
		"reversal":              {w.rail.SignedPath("/reversal", "P1"), success, 200, adapters.Settled},
		"reversal, unasked":     {prefix + "/reversal/P1/AAAAAAAAAAAAAAAAAAAAAA", success, 404, ""},
		"reversal timeout":      {w.rail.SignedPath("/reversal-timeout", "P1"), success, 200, adapters.Unknown},
		"status":                {asked, status, 200, adapters.Failed},
		"status, unasked":       {prefix + "/status/payout/P1/acknowledged/AAAAAAAAAAAAAAAAAAAAAA", status, 404, ""},
		"status, no MAC":        {prefix + "/status/payout/P1/acknowledged", status, 404, ""},
		"status, other seen":    {strings.Replace(asked, "/acknowledged/", "/unacknowledged/", 1), status, 404, ""},
		"status, other id":      {strings.Replace(asked, "/P1/", "/P2/", 1), status, 404, ""},
		"status, other kind":    {strings.Replace(asked, "/payout/", "/refund/", 1), status, 404, ""},
		"status of another":     {w.rail.SignedPath("/status", "payout", "P2", "acknowledged"), status, 400, ""},
		"status of no kind":     {w.rail.SignedPath("/status", "gift", "P1", "acknowledged"), status, 400, ""},
		"status timeout":        {prefix + "/status-timeout", timeout, 200, ""},
		"guessed path":          {strings.Replace(result, prefix, "/cb-0123456789abcdefghijkm", 1), success, 404, ""},
		"no path":               {strings.TrimPrefix(result, prefix), success, 404, ""},
		"malformed":             {result, `{"Result":`, 400, ""},
		"no code":               {result, strings.Replace(success, `"ResultCode":0,`, ``, 1), 400, ""},
		"oversized":             {result, strings.Repeat(" ", 65<<10) + success, 413, ""},
		"id that is no id":      {w.rail.SignedPath("/result", "P-1"), strings.Replace(success, `"P1"`, `"P-1"`, 1), 400, ""},
		"payment":               {prefix + "/c2b/confirmation", payment, 200, ""},
		"payment elsewhere":     {prefix + "/c2b/confirmation", elsewere, 400, ""},
		"validation":            {prefix + "/c2b/validation", payment, 200, ""},
		"malformed, validation": {prefix + "/c2b/validation", `{`, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.status, w.callback(c.path, c.body))
			if c.state == "" {
				assert.Empty(t, w.sink.evidence)
			} else {
				h := w.next()
				assert.Equal(t, []string{"P1", "AG_1"}, []string{h.operation, h.railID})
				assert.Equal(t, c.state, h.evidence.State)
			}
			if name == "payment" {
				assert.Equal(t, "O1", w.nextCollection().OrderRef)
			}
			assert.Empty(t, w.sink.collected)
		})
	}
	t.Run("a final status names what ended", func(t *testing.T) {
		const (
			originator = `{"Key":"OriginatorConversationID","Value":"P1"},`
			railID     = `{"Key":"ConversationID","Value":"AG_1"},`
		)
		unseen := w.rail.SignedPath("/status", "payout", "P1", "unacknowledged")
		reversal := w.rail.SignedPath("/status", "refund", "P1", "acknowledged")
		for body, want := range map[string][3]adapters.State{ // the states by asked, unseen and reversal
			status:                                 {adapters.Failed, adapters.Failed, adapters.Failed},
			strings.Replace(status, railID, "", 1): {adapters.Unknown, adapters.Failed, adapters.Failed},
			strings.Replace(status, originator, "", 1):                                   {adapters.Unknown, adapters.Unknown, adapters.Failed},
			strings.NewReplacer(originator, "", "Declined", "Completed").Replace(status): {adapters.Unknown, adapters.Unknown, adapters.Unknown},
		} {
			for i, path := range []string{asked, unseen, reversal} {
				assert.Equal(t, 200, w.callback(path, body))
				e := w.next().evidence
				assert.Equal(t, want[i], e.State, "%s %s", path, body)
				assert.Equal(t, e.State == adapters.Unknown, e.Reason == "")
				assert.False(t, e.RetrySafe)
			}
		}
	})
	t.Run("the sink refuses", func(t *testing.T) {
		w.sink.refuse.Store(true)
		defer w.sink.refuse.Store(false)
		assert.Equal(t, 503, w.callback(result, success), "the rail must not think that it arrived")
		assert.Equal(t, 503, w.callback(prefix+"/c2b/confirmation", payment))
	})
	t.Run("a foreign source", func(t *testing.T) {
		config := w.config
		config.Sources = mpesa.PublishedSources()
		w.rail = w.newRail(config)
		assert.Equal(t, 404, w.callback(result, success))
		assert.Equal(t, 404, w.callback(prefix+"/c2b/validation", payment))
		config.Sources = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		w.rail = w.newRail(config)
		assert.Equal(t, 200, w.callback(result, success))
		w.next()
	})
	t.Run("another account's secret", func(t *testing.T) {
		config := w.config
		config.ConsumerSecret = "another"
		w.rail = w.newRail(config)
		assert.Equal(t, 404, w.callback(result, success))
	})
}

func TestPublishedSources(t *testing.T) {
	sources := mpesa.PublishedSources()
	assert.Len(t, sources, 14)
	assert.Contains(t, sources, netip.MustParsePrefix("196.201.214.200/32"))
	assert.Contains(t, sources, netip.MustParsePrefix("196.201.212.138/32"))
}

func TestCapabilities(t *testing.T) {
	for currency, unit := range map[string]int64{"KES": 100, "UGX": 1} {
		c := newWorld(t, currency, kit.Faults{}).rail.Capabilities()
		assert.Equal(t, unit, c.PayoutIncrementMinor)
		assert.Equal(t, 10*unit, c.PayoutMinMinor)
		assert.Equal(t, 250_000*unit, c.PayoutMaxMinor)
		assert.Equal(t, 60*time.Second, c.Timers.FirstQuery)
		assert.Equal(t, time.Second, c.Timers.SubmitTimeout)
	}
}

func TestConfigRefused(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	for field, change := range map[string]func(*mpesa.Config){
		"BaseURL":           func(c *mpesa.Config) { c.BaseURL = "ftp://x" },
		"CallbackBaseURL":   func(c *mpesa.Config) { c.CallbackBaseURL = "" },
		"CallbackPrefix":    func(c *mpesa.Config) { c.CallbackPrefix = "/guess" },
		"ConsumerKey":       func(c *mpesa.Config) { c.ConsumerSecret = "" },
		"Shortcode":         func(c *mpesa.Config) { c.Shortcode = "6x" },
		"Initiator":         func(c *mpesa.Config) { c.Initiator = "" },
		"PublicKey":         func(c *mpesa.Config) { c.PublicKey = &short.PublicKey },
		"Currency":          func(c *mpesa.Config) { c.Currency = fx.Currency{} },
		"PayoutMinMinor":    func(c *mpesa.Config) { c.PayoutMinMinor = -1 },
		"ConfirmAboveMinor": func(c *mpesa.Config) { c.ConfirmAboveMinor = -1 },
		"Timers":            func(c *mpesa.Config) { c.Timers.QueryEvery, c.Timers.QueryEveryMax = time.Hour, time.Minute },
		"PullEvery":         func(c *mpesa.Config) { c.PullOverlap = -1 },
		"CommandID":         func(c *mpesa.Config) { c.CommandID = "Gift" },
		"WithoutValidation": func(c *mpesa.Config) { c.WithoutValidation = "completed" },
		"AccountHold":       func(c *mpesa.Config) { c.AccountHold = -1 },
	} {
		config := w.config
		change(&config)
		_, err := mpesa.New(config, w.sink)
		var fault *mpesa.ConfigError
		require.ErrorAs(t, err, &fault, field)
		assert.Equal(t, field, fault.Field)
	}
}

// A wrong password sends back what the rail had acknowledged by then, and nothing after it.
func TestRefusedAccountIsHeld(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	config := w.config
	config.InitiatorPassword, config.AccountHold = "rotated", time.Hour
	w.rail = w.newRail(config)
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P1", 100)).State)
	assert.Equal(t, adapters.Failed, w.next().evidence.State)
	sent := w.count("/mpesa/b2c/v3/paymentrequest")
	for _, op := range []adapters.Operation{w.payout("P2", 100), w.refund("ORDER1")} {
		e := w.rail.Submit(t.Context(), op)
		assert.Equal(t, adapters.Unknown, e.State)
		assert.True(t, e.RetrySafe)
		var held *mpesa.AccountError
		require.ErrorAs(t, e.Err, &held)
		assert.Equal(t, "2001", held.Code)
	}
	assert.Equal(t, sent, w.count("/mpesa/b2c/v3/paymentrequest"))
	assert.Zero(t, w.count("/mpesa/reversal/v1/request"))

	config.AccountHold = time.Nanosecond
	w.rail = w.newRail(config)
	w.ask(w.payout("P1", 100)) // a question that is refused holds payouts too
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P3", 100)).State, "one is sent to try")
	w.next()
}

func TestCommandAndResponseType(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	config := w.config
	config.CommandID, config.WithoutValidation = "SalaryPayment", "Cancelled"
	bodies := make(chan string, 8)
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		bodies <- string(body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		w.sandbox.ServeHTTP(rw, r)
	})
	w.intercept.Store(&handler)
	w.rail = w.newRail(config)
	require.Equal(t, adapters.Accepted, w.rail.Submit(t.Context(), w.payout("P1", 100)).State)
	assert.Empty(t, <-bodies, "the token's")
	assert.Contains(t, <-bodies, `"CommandID":"SalaryPayment"`)
	w.next()
	require.NoError(t, w.rail.Register(t.Context()))
	assert.Contains(t, <-bodies, `"ResponseType":"Cancelled"`)
}

// A rail that is slow to answer is asked once, whatever prompts the next question.
func TestQueriesDoNotPileUp(t *testing.T) {
	const path = "/mpesa/transactionstatus/v1/query"
	w := newWorld(t, "KES", kit.Faults{})
	w.answer(200, `{"ConversationID":"AG_9","OriginatorConversationID":"Q9","ResponseCode":"0"}`)
	op := w.payout("P1", 100)
	for range 5 {
		assert.Equal(t, adapters.Accepted, w.rail.Query(t.Context(), op).State)
	}
	assert.EqualValues(t, 1, w.count(path))
	const status = `{"Result":{"ResultType":0,"ResultCode":0,"ResultDesc":"ok","OriginatorConversationID":"Q","ConversationID":"QC","ResultParameters":{"ResultParameter":[{"Key":"TransactionStatus","Value":"Pending"}]}}}`
	assert.Equal(t, 200, w.callback(w.rail.SignedPath("/status", "payout", "P1", "unacknowledged"), status))
	w.next()
	assert.Equal(t, adapters.Accepted, w.rail.Query(t.Context(), op).State)
	assert.EqualValues(t, 2, w.count(path), "after the answer the next question goes out")
	w.answer(500, `{"errorCode":"500.003.02"}`)
	other := w.payout("P2", 100)
	for range 2 {
		assert.Equal(t, adapters.Unknown, w.rail.Query(t.Context(), other).State)
	}
	assert.EqualValues(t, 4, w.count(path), "what was not taken is no question")
}
