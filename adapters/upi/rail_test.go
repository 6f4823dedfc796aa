package upi_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/adapters/upi/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var inr = fx.MustCurrency("INR")

const (
	prefix  = "/kY3vQ8sT1uW6xZ0aB4cD7eF"
	secret  = "a secret of 16 bytes or more"
	patient = 20 * time.Second // only a broken test waits so long
)

// heard is one call of the sink.
type heard struct {
	operation, railID string
	evidence          adapters.Evidence
	collection        adapters.Collection
}

// sink hands everything to the test.
type sink struct {
	calls chan heard
	mu    sync.Mutex
	err   error
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *sink) take(h heard) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.calls <- h
	}
	return s.err
}

func (s *sink) Evidence(_ context.Context, operation, railID string, e adapters.Evidence) error {
	return s.take(heard{operation: operation, railID: railID, evidence: e})
}

func (s *sink) Collected(_ context.Context, c adapters.Collection) error {
	return s.take(heard{collection: c})
}

func (s *sink) next(t *testing.T) heard {
	t.Helper()
	select {
	case h := <-s.calls:
		return h
	case <-time.After(patient):
		require.Fail(t, "nothing was heard")
		return heard{}
	}
}

// late is a handler that is set after its server started, for each side must know the other's address.
type late struct {
	mu      sync.RWMutex
	handler http.Handler
}

func (l *late) set(h http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handler = h
}

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.RLock()
	h := l.handler
	l.mu.RUnlock()
	h.ServeHTTP(w, r)
}

// rig is a rail, its sandbox, and real HTTP between them, both ways.
type rig struct {
	t       *testing.T
	sink    *sink
	rail    *upi.Rail
	sandbox *sandbox.Server
	api     *late
	adapter *httptest.Server
	cfg     upi.Config
	box     sandbox.Config
	signer  *upi.Signer
}

type identity struct {
	signer      *upi.Signer
	certificate *x509.Certificate
}

var psp = sync.OnceValue(func() identity {
	signer, certificate, err := sandbox.NewIdentity("test PSP", time.Now())
	if err != nil {
		panic(err)
	}
	return identity{signer, certificate}
})

func newRig(t *testing.T, faults kit.Faults, change func(*upi.Config, *sandbox.Config)) *rig {
	t.Helper()
	r := &rig{t: t, sink: &sink{calls: make(chan heard, 4096)}, api: &late{}, signer: psp().signer}
	callbacks := &late{}
	apiServer := httptest.NewServer(r.api)
	r.adapter = httptest.NewServer(callbacks)
	r.cfg = upi.Config{
		BaseURL: apiServer.URL, CallbackPrefix: prefix, MerchantID: "AYNI", APIKey: "key", WebhookSecret: secret,
		MerchantVPA: "ayni@sponsor", OrgID: "159001", BankCode: "BNK", CollectionCertificate: psp().certificate,
		Currency: inr, Timers: adapters.Timers{SubmitTimeout: patient},
		Inward: upi.Institution{Type: "MTO", Route: "MTSS", Name: "Ayni", PurposeCode: "P1301"},
	}
	r.box = sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: inr, Seed: 7, Faults: faults},
		CallbackURL: r.adapter.URL + prefix, MerchantID: "AYNI", APIKey: "key", WebhookSecret: secret,
		MerchantVPA: "ayni@sponsor", OrgID: "159001", BankCode: "BNK", Signer: r.signer, PayoutMaxMinor: 10_000_000,
	}
	if change != nil {
		change(&r.cfg, &r.box)
	}
	var err error
	r.rail, err = upi.New(r.cfg, r.sink)
	require.NoError(t, err)
	callbacks.set(r.rail.Handler())
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)
	t.Cleanup(func() {
		r.close()
		r.adapter.Close()
		apiServer.Close()
	})
	return r
}

// close stops the sandbox, once: whatever it has not called back by then never comes.
func (r *rig) close() {
	if r.sandbox != nil {
		require.NoError(r.t, r.sandbox.Close())
		r.sandbox = nil
	}
}

func (r *rig) silent() {
	r.t.Helper()
	r.close()
	assert.Empty(r.t, r.sink.calls)
}

func (r *rig) submit(op adapters.Operation) adapters.Evidence {
	return r.rail.Submit(context.Background(), op)
}

func (r *rig) query(op adapters.Operation) adapters.Evidence {
	return r.rail.Query(context.Background(), op)
}

// final asks until the PSP has decided: every question is a round trip, so this does not spin.
func (r *rig) final(op adapters.Operation) adapters.Evidence {
	r.t.Helper()
	deadline := time.Now().Add(patient)
	for {
		e := r.query(op)
		if e.State != adapters.Accepted && e.Code != upi.CodeDeemed {
			return e
		}
		require.True(r.t, time.Now().Before(deadline), "not decided")
	}
}

func payout(n int) adapters.Operation {
	return adapters.Operation{
		ID: fmt.Sprintf("T%dP", n), Kind: messaging.KindPayout, Amount: fx.Money{Minor: 100_000 + int64(n), Currency: inr},
		Beneficiary: messaging.Party{Name: "Asha Rao", Account: fmt.Sprintf("asha.%d@okbank", n)},
		Originator:  messaging.Party{Name: "Wanjiku Mwangi", Account: "254700000001", Address: "Nairobi"},
		Reference:   "rent",
	}
}

func TestPayout(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	op := payout(1)
	accepted := r.submit(op)
	require.Equal(t, adapters.Accepted, accepted.State, "%+v", accepted)
	require.NotEmpty(t, accepted.RailID)
	require.Equal(t, upi.CodePending, accepted.Code)
	op.RailID = accepted.RailID

	h := r.sink.next(t)
	assert.Equal(t, op.ID, h.operation)
	assert.Equal(t, op.RailID, h.railID)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, adapters.FromCallback, h.evidence.Origin)
	assert.Equal(t, op.Amount, *h.evidence.Amount)
	assert.Equal(t, op.Beneficiary.Account, h.evidence.Account)
	assert.Len(t, h.evidence.RailRef, 12)

	e := r.query(op)
	assert.Equal(t, adapters.Settled, e.State)
	assert.Equal(t, adapters.FromQuery, e.Origin)
	assert.Equal(t, h.evidence.RailRef, e.RailRef)

	again := r.submit(op) // the same id, for ever
	assert.Equal(t, adapters.Unknown, again.State)
	assert.False(t, again.RetrySafe)
	assert.Equal(t, upi.APIDuplicate, again.Code)

	account := payout(2)
	account.Beneficiary.Account = "12345678901@HDFC0001234.ifsc.npci"
	require.Equal(t, adapters.Accepted, r.submit(account).State)
	assert.Equal(t, account.Beneficiary.Account, r.sink.next(t).evidence.Account)
	r.silent()
}

func TestUnheardOf(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	op := payout(1)
	e := r.query(op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	require.NoError(t, e.Err)
	op.RailID = "BNK1" // the PSP took it, so it cannot have forgotten it
	e = r.query(op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe)
}

func TestDecline(t *testing.T) {
	r := newRig(t, kit.Faults{DeclinePct: 100}, nil)
	codes := map[string]bool{}
	const payouts = 60
	for n := range payouts {
		require.Equal(t, adapters.Accepted, r.submit(payout(n)).State)
	}
	for range payouts {
		h := r.sink.next(t)
		var n int
		_, err := fmt.Sscanf(h.operation, "T%dP", &n)
		require.NoError(t, err)
		truth := r.query(payout(n))
		require.Equal(t, adapters.Failed, truth.State)
		require.Regexp(t, `^[A-Z0-9]{4}$`, truth.Reason)
		require.Equal(t, h.evidence.Code, truth.Code)
		if h.evidence.Code == upi.CodeTimeout {
			require.Equal(t, adapters.Unknown, h.evidence.State)
		} else {
			require.Equal(t, adapters.Failed, h.evidence.State)
			require.Equal(t, truth.Reason, h.evidence.Reason)
		}
		codes[truth.Code] = true
	}
	assert.Greater(t, len(codes), 6)
	r.silent()
}

func TestDeemedUntilDecided(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 60_000}, nil)
	op := payout(1)
	for _, e := range []adapters.Evidence{r.submit(op), r.query(op)} {
		assert.Equal(t, adapters.Unknown, e.State)
		assert.False(t, e.RetrySafe)
		assert.Equal(t, upi.CodeDeemed, e.Code)
	}
	r.silent()

	// The next run decides it, and promises no webhook.
	r.box.Faults = kit.Faults{}
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)
	assert.Equal(t, adapters.Settled, r.final(op).State)
	r.silent()
}

func TestDelay(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 20}, nil)
	require.Equal(t, upi.CodeDeemed, r.submit(payout(1)).Code)
	assert.Equal(t, adapters.Settled, r.sink.next(t).evidence.State)
}

func TestLostCallback(t *testing.T) {
	r := newRig(t, kit.Faults{LostCallbackPct: 100}, func(c *upi.Config, _ *sandbox.Config) {
		c.CheckTimeout = time.Second
	})
	op := payout(1)
	require.Equal(t, adapters.Accepted, r.submit(op).State)
	assert.Equal(t, adapters.Settled, r.final(op).State)
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	order := adapters.Order{Ref: "R1", Created: time.Now()}
	_, _, err := r.rail.Collection(t.Context(), order)
	require.ErrorIs(t, err, context.DeadlineExceeded, "the first answer is lost, too, and a silence is no answer")
	c, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, adapters.FromQuery, c.Origin)
	r.silent()
}

func TestDuplicateCallback(t *testing.T) {
	r := newRig(t, kit.Faults{DuplicateCallbackPct: 100}, nil)
	require.Equal(t, adapters.Accepted, r.submit(payout(1)).State)
	first := r.sink.next(t)
	assert.Equal(t, first, r.sink.next(t))
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	first = r.sink.next(t)
	assert.Equal(t, first, r.sink.next(t))
	r.silent()
}

func TestServerError(t *testing.T) {
	r := newRig(t, kit.Faults{ErrorPct: 100}, nil)
	op := payout(1)
	e := r.submit(op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe, "a 500 is no word about what happened behind it")
	require.Error(t, e.Err)
	require.True(t, r.query(op).RetrySafe)
	require.Equal(t, adapters.Accepted, r.submit(op).State)
	assert.Equal(t, adapters.Settled, r.sink.next(t).evidence.State)
}

// A silence tells nothing: one half of these payouts are made.
func TestTimeout(t *testing.T) {
	r := newRig(t, kit.Faults{TimeoutPct: 100}, func(c *upi.Config, _ *sandbox.Config) {
		c.Timers.SubmitTimeout = time.Second
	})
	const payouts = 12
	var group sync.WaitGroup
	evidence := make([]adapters.Evidence, payouts)
	for n := range payouts {
		group.Go(func() { evidence[n] = r.submit(payout(n)) })
	}
	group.Wait()
	made, lost := 0, 0
	for n, e := range evidence {
		require.Equal(t, adapters.Unknown, e.State)
		require.False(t, e.RetrySafe)
		require.ErrorIs(t, e.Err, context.DeadlineExceeded)
		truth := r.final(payout(n))
		if truth.RetrySafe {
			lost++
			require.Equal(t, adapters.Unknown, truth.State)
			require.Equal(t, adapters.Accepted, r.submit(payout(n)).State)
			truth = r.final(payout(n))
		} else {
			made++
		}
		require.Equal(t, adapters.Settled, truth.State)
	}
	assert.Positive(t, made)
	assert.Positive(t, lost)
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, payouts, totals[kit.KindPayout][kit.Settled].Count)
}

func TestContradiction(t *testing.T) {
	for _, declines := range []int{0, 100} {
		r := newRig(t, kit.Faults{ContradictPct: 100, DeclinePct: declines}, nil)
		want := map[int]adapters.State{0: adapters.Settled, 100: adapters.Failed}[declines]
		for n := range 8 {
			op := payout(n)
			require.Equal(t, adapters.Accepted, r.submit(op).State)
			first, second := r.sink.next(t).evidence, r.sink.next(t).evidence
			assert.NotEqual(t, first.State, second.State)
			assert.Equal(t, want, r.query(op).State, "a query tells the truth")
		}
		r.silent()
	}
}

// The contrary of a payment is a reversal, which is refused: it brings no money.
func TestContradictedPayment(t *testing.T) {
	r := newRig(t, kit.Faults{ContradictPct: 100}, nil)
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	assert.Equal(t, "R1", r.sink.next(t).collection.OrderRef)
	r.silent()
}

// payment is a customer's, for the order R1.
func payment() kit.CustomerPayment {
	return kit.CustomerPayment{OrderRef: "R1", Payer: "ravi@okbank", PayerName: "Ravi & Śīlā", Amount: fx.Money{Minor: 250_075, Currency: inr}}
}

func TestCollection(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	order := adapters.Order{Ref: "R1", Created: time.Now()}
	_, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.False(t, found)

	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()), "the same again is the same")
	h := r.sink.next(t)
	assert.Equal(t, adapters.Collection{
		OrderRef: "R1", RailRef: h.collection.RailRef, Amount: payment().Amount, Payer: "ravi@okbank", Origin: adapters.FromCallback,
	}, h.collection)
	asked, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	h.collection.Origin = adapters.FromQuery
	assert.Equal(t, h.collection, asked)
	r.silent()
}

func TestRefund(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	paid := r.sink.next(t).collection
	op := adapters.Operation{
		ID: "T9R", Kind: messaging.KindRefund, Amount: paid.Amount, CollectionRef: paid.RailRef, CollectionOrder: "R1",
		Beneficiary: messaging.Party{Name: "Ravi", Account: "ravi@okbank"},
	}
	require.Equal(t, adapters.Accepted, r.submit(op).State)
	h := r.sink.next(t)
	assert.Equal(t, "T9R", h.operation)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, paid.Amount, *h.evidence.Amount)
	assert.Equal(t, adapters.Settled, r.query(op).State)

	twice := op
	twice.ID = "T9Rx"
	assert.Equal(t, adapters.Unknown, r.submit(twice).State, "one payment goes back once")
	wrong := op
	wrong.ID, wrong.CollectionOrder = "T8R", "R2"
	assert.Equal(t, adapters.Unknown, r.submit(wrong).State)
	r.silent()
}

func TestNobodyThere(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, _ *sandbox.Config) {
		gone := httptest.NewServer(http.NotFoundHandler())
		c.BaseURL = gone.URL
		gone.Close()
	})
	e := r.submit(payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	e = r.query(payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe, "a question that reached nobody says nothing about the payout")
	_, _, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1"})
	assert.Error(t, err)
}

func TestWrongKey(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, _ *sandbox.Config) { c.APIKey = "wrong" })
	e := r.submit(payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	assert.False(t, r.query(payout(1)).RetrySafe)
}

// post sends a callback as anybody could, and returns the status and the body's beginning.
func (r *rig) post(path, signature string, body []byte) (int, string) {
	r.t.Helper()
	request, err := http.NewRequest(http.MethodPost, r.adapter.URL+path, bytes.NewReader(body))
	require.NoError(r.t, err)
	request.Header.Set(upi.HeaderSignature, signature)
	response, err := http.DefaultClient.Do(request)
	require.NoError(r.t, err)
	defer func() { assert.NoError(r.t, response.Body.Close()) }()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	require.NoError(r.t, err)
	return response.StatusCode, text.String()
}

func TestForgedWebhooks(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	body := []byte(`{"type":"` + upi.TypePayout + `","merchantId":"AYNI","merchantRequestId":"T1P","amount":"1.00","currency":"INR",` +
		`"customerVpa":"a.b@bank","gatewayTransactionId":"BNK1","gatewayReferenceId":"123456789012","gatewayResponseStatus":"SUCCESS","gatewayResponseCode":"00"}`)
	good := upi.WebhookSignature(secret, body)
	for name, c := range map[string]struct {
		path, signature string
		body            []byte
		status          int
	}{
		"another path":      {"/x" + upi.PathWebhook, good, body, http.StatusNotFound},
		"no signature":      {prefix + upi.PathWebhook, "", body, http.StatusUnauthorized},
		"another secret":    {prefix + upi.PathWebhook, upi.WebhookSignature("another", body), body, http.StatusUnauthorized},
		"half a signature":  {prefix + upi.PathWebhook, good[:32], body, http.StatusUnauthorized},
		"another body":      {prefix + upi.PathWebhook, good, append([]byte(" "), body...), http.StatusUnauthorized},
		"too long":          {prefix + upi.PathWebhook, good, bytes.Repeat([]byte("x"), upi.MaxJSONBytes+1), http.StatusRequestEntityTooLarge},
		"signed nonsense":   {prefix + upi.PathWebhook, upi.WebhookSignature(secret, []byte("{}")), []byte("{}"), http.StatusBadRequest},
		"another merchant":  signedOther(body, "AYNI", "EVIL"),
		"an unknown type":   signedOther(body, upi.TypePayout, "SOMETHING"),
		"no operation's id": signedOther(body, "T1P", "T-1"),
	} {
		status, _ := r.post(c.path, c.signature, c.body)
		assert.Equal(t, c.status, status, name)
	}
	assert.Empty(t, r.sink.calls)

	r.sink.fail(&adapters.UnknownOperationError{Operation: "T1P"})
	status, _ := r.post(prefix+upi.PathWebhook, good, body)
	assert.Equal(t, http.StatusNotFound, status)
	r.sink.fail(errors.New("disk full"))
	status, _ = r.post(prefix+upi.PathWebhook, good, body)
	assert.Equal(t, http.StatusServiceUnavailable, status, "what is not durable was not received")
	r.sink.fail(nil)
	status, _ = r.post(prefix+upi.PathWebhook, good, body)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "T1P", r.sink.next(t).operation)
}

func signedOther(body []byte, from, to string) (c struct {
	path, signature string
	body            []byte
	status          int
}) {
	c.body = bytes.Replace(body, []byte(from), []byte(to), 1)
	c.path, c.signature, c.status = prefix+upi.PathWebhook, upi.WebhookSignature(secret, c.body), http.StatusBadRequest
	return c
}

func request(ref string) upi.PayRequest {
	return upi.PayRequest{
		Message: upi.MessagePay, Head: upi.Head{OrgID: "159001", MsgID: "BNKmsg", Time: time.Now()},
		TxnID: "BNKtxn", CustRef: "123456789012", RefID: ref, Type: upi.TypeCredit, Mode: upi.ModeDefault,
		PayerVPA: "ravi@okbank", PayeeVPA: "ayni@sponsor", Amount: fx.Money{Minor: 5000, Currency: inr},
	}
}

func TestPayments(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	send := func(p upi.PayRequest, signer *upi.Signer) (int, string) {
		body, err := p.Marshal(signer)
		require.NoError(t, err)
		return r.post(prefix+upi.PathPay, "", body)
	}
	status, answer := send(request("R1"), r.signer)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, answer, `reqMsgId="BNKmsg" err=""`)
	assert.Equal(t, "R1", r.sink.next(t).collection.OrderRef)

	own := request("whatever the app wrote")
	own.PayeeVPA = upi.OrderVPA("ayni@sponsor", "R2")
	status, _ = send(own, r.signer)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "R2", r.sink.next(t).collection.OrderRef)

	status, _ = send(request(""), r.signer) // money without an order is money all the same
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, r.sink.next(t).collection.OrderRef)

	other, _, err := sandbox.NewIdentity("somebody", time.Now())
	require.NoError(t, err)
	for name, signer := range map[string]*upi.Signer{"unsigned": nil, "another's": other} {
		status, _ := send(request("R1"), signer)
		assert.Equal(t, http.StatusUnauthorized, status, name)
	}
	for name, change := range map[string]func(*upi.PayRequest){
		"NOT_A_CREDIT":  func(p *upi.PayRequest) { p.Type = "PAY" },
		"UNKNOWN_PAYEE": func(p *upi.PayRequest) { p.PayeeVPA = "eve@sponsor" },
		"MALFORMED":     func(p *upi.PayRequest) { p.CustRef = "1" },
	} {
		p := request("R1")
		change(&p)
		status, answer := send(p, r.signer)
		assert.Equal(t, http.StatusBadRequest, status, name)
		assert.Contains(t, answer, `err="`+name+`"`)
	}
	status, _ = r.post(prefix+upi.PathPay, "", []byte(strings.Repeat("<a>", 30_000)))
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.Empty(t, r.sink.calls)

	r.sink.fail(errors.New("disk full"))
	status, answer = send(request("R1"), r.signer)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, answer, `err="SEND_AGAIN"`)
}

// A PSP that signs nothing is asked before its word counts.
func TestUnsignedPayments(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, s *sandbox.Config) {
		c.CollectionCertificate, c.AllowUnsigned = nil, true
		s.Signer = nil
	})
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	c := r.sink.next(t).collection
	assert.Equal(t, adapters.FromQuery, c.Origin)
	assert.Equal(t, payment().Amount, c.Amount)

	for _, ref := range []string{"R2", ""} { // nobody paid for these
		forged, err := request(ref).Marshal(nil)
		require.NoError(t, err)
		status, answer := r.post(prefix+upi.PathPay, "", forged)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, answer, `err="NOT_CONFIRMED"`)
	}
	more := request("R1")
	more.Amount.Minor = 9_999_999
	forged, err := more.Marshal(nil)
	require.NoError(t, err)
	status, _ := r.post(prefix+upi.PathPay, "", forged)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, payment().Amount, r.sink.next(t).collection.Amount, "what the PSP says, not what was written")
	r.silent()
}

func TestConfig(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	c := r.rail.Capabilities()
	assert.Equal(t, int64(50_000_000), c.PayoutMaxMinor, "INR 500,000")
	want := upi.ProductionTimers
	want.SubmitTimeout = patient
	assert.Equal(t, want, c.Timers)
	assert.Equal(t, 3, want.QueriesMost)
	own := r.cfg
	own.Timers.FirstQuery = time.Second
	rail, err := upi.New(own, r.sink)
	require.NoError(t, err)
	assert.Zero(t, rail.Capabilities().Timers.QueriesMost, "whoever asks at another pace says how often")
	for field, change := range map[string]func(*upi.Config){
		"BaseURL":               func(c *upi.Config) { c.BaseURL = "ftp://x" },
		"CallbackPrefix":        func(c *upi.Config) { c.CallbackPrefix = "/guess" },
		"MerchantID":            func(c *upi.Config) { c.MerchantID = "" },
		"APIKey":                func(c *upi.Config) { c.APIKey = "" },
		"WebhookSecret":         func(c *upi.Config) { c.WebhookSecret = "short" },
		"MerchantVPA":           func(c *upi.Config) { c.MerchantVPA = "ayni" },
		"OrgID":                 func(c *upi.Config) { c.OrgID = "" },
		"BankCode":              func(c *upi.Config) { c.BankCode = "BANK" },
		"CollectionCertificate": func(c *upi.Config) { c.CollectionCertificate = nil },
		"AllowUnsigned":         func(c *upi.Config) { c.AllowUnsigned = true },
		"Inward":                func(c *upi.Config) { c.Inward.Route = "" },
		"Currency":              func(c *upi.Config) { c.Currency = fx.MustCurrency("UGX") },
		"PayoutMinMinor":        func(c *upi.Config) { c.PayoutMinMinor = 50_000_001 },
		"CallsPerSecond":        func(c *upi.Config) { c.CallsPerSecond = -1 },
		"CheckTimeout":          func(c *upi.Config) { c.CheckTimeout = -1 },
		"MerchantName":          func(c *upi.Config) { c.MerchantName = strings.Repeat("a", 500) },
		"ConfirmAboveMinor":     func(c *upi.Config) { c.ConfirmAboveMinor = -1 },
		"Timers":                func(c *upi.Config) { c.Timers.QueryEvery = 5 * time.Hour },
	} {
		cfg := r.cfg
		change(&cfg)
		_, err := upi.New(cfg, r.sink)
		var wrong *upi.ConfigError
		if assert.ErrorAs(t, err, &wrong, field) {
			assert.Equal(t, field, wrong.Field)
		}
	}
}
