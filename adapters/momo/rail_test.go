package momo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/momo"
	"github.com/ayni-switch/ayni/adapters/momo/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const (
	prefix  = "/kY3vQ8sT1uW6xZ0aB4cD7eF"
	patient = 20 * time.Second // only a broken test waits so long
)

var ugx = fx.MustCurrency("UGX")

// heard is one call of the sink.
type heard struct {
	operation, railID string
	evidence          adapters.Evidence
}

// sink hands on what it is told. While refuse is set it takes nothing.
type sink struct {
	evidence chan heard
	refuse   atomic.Bool
}

func (s *sink) Evidence(_ context.Context, operation, railID string, e adapters.Evidence) error {
	if s.refuse.Load() {
		return errors.New("the sink takes nothing")
	}
	s.evidence <- heard{operation, railID, e}
	return nil
}

func (s *sink) Collected(context.Context, adapters.Collection) error {
	return errors.New("this rail collects nothing")
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
	t         *testing.T
	sink      *sink
	rail      *momo.Rail
	sandbox   *sandbox.Server
	api       *late
	callbacks *late
	adapter   string // URL of the callbacks
	cfg       momo.Config
	box       sandbox.Config
	paths     sync.Map // path → *atomic.Int64, of requests to the API
	requests  atomic.Int64
}

func newRig(t *testing.T, faults kit.Faults, change func(*momo.Config, *sandbox.Config)) *rig {
	t.Helper()
	r := &rig{t: t, sink: &sink{evidence: make(chan heard, 4096)}, api: &late{}, callbacks: &late{}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		count, _ := r.paths.LoadOrStore(req.URL.Path, new(atomic.Int64))
		count.(*atomic.Int64).Add(1)
		r.requests.Add(1)
		r.api.ServeHTTP(w, req)
	}))
	t.Cleanup(api.Close)
	adapter := httptest.NewServer(r.callbacks)
	t.Cleanup(adapter.Close)
	r.adapter = adapter.URL
	r.cfg = momo.Config{
		BaseURL: api.URL, Environment: "mtnuganda", Product: momo.Disbursement,
		SubscriptionKey: adapters.NewSecret("disbursement-key"), APIUser: "user", APIKey: adapters.NewSecret("password"),
		CallbackBaseURL: adapter.URL, CallbackPrefix: adapters.NewSecret(prefix),
		Currency: ugx, PayoutMaxMinor: 5_000_000, Timers: adapters.Timers{SubmitTimeout: patient},
	}
	r.box = sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: ugx, Seed: 7, Faults: faults},
		Environment: "mtnuganda", CallbackHost: "127.0.0.1", PayoutMaxMinor: 5_000_000,
		Products: map[string]sandbox.Credentials{
			"disbursement": {SubscriptionKey: "disbursement-key", APIUser: "user", APIKey: "password"},
			"remittance":   {SubscriptionKey: "remittance-key", APIUser: "remitter", APIKey: "pass"},
		},
	}
	if change != nil {
		change(&r.cfg, &r.box)
	}
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.sandbox.Close()) })
	r.api.set(r.sandbox)
	r.rail, err = momo.New(r.cfg, r.sink)
	require.NoError(t, err)
	r.callbacks.set(r.rail.Handler())
	return r
}

func (r *rig) count(path string) int64 {
	count, ok := r.paths.Load(path)
	if !ok {
		return 0
	}
	return count.(*atomic.Int64).Load()
}

// answers has every transfer and every question about one answered so.
func (r *rig) answers(status int, header http.Header, body string) {
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "/token/") {
			r.sandbox.ServeHTTP(w, req)
			return
		}
		for name := range header {
			w.Header().Set(name, header.Get(name))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

func (r *rig) next() heard {
	r.t.Helper()
	select {
	case h := <-r.sink.evidence:
		return h
	case <-time.After(patient):
		require.FailNow(r.t, "no callback came")
		return heard{}
	}
}

// ask asks until the operation has ended.
func (r *rig) ask(op adapters.Operation) adapters.Evidence {
	r.t.Helper()
	for end := time.Now().Add(patient); time.Now().Before(end); {
		if e := r.rail.Query(r.t.Context(), op); e.State == adapters.Settled || e.State == adapters.Failed {
			return e
		}
	}
	require.FailNow(r.t, "it does not end")
	return adapters.Evidence{}
}

func payout(n int) adapters.Operation {
	return adapters.Operation{
		ID: fmt.Sprintf("T%dP", n), Kind: messaging.KindPayout, Amount: fx.Money{Minor: int64(1000 + n), Currency: ugx},
		Beneficiary: messaging.Party{Name: "Akello", Account: fmt.Sprintf("2567720%05d", n)},
		Originator:  messaging.Party{Name: "Ng'ang'a", Account: "254708374149"}, Reference: "School fees, May",
	}
}

// fated finds a payout that the dice have in store a certain fate for.
func (r *rig) fated(has func(kit.Fate) bool) adapters.Operation {
	r.t.Helper()
	for n := range 10_000 {
		if op := payout(n); has(r.sandbox.Fate(kit.KindPayout, op.Beneficiary.Account)) {
			return op
		}
	}
	require.FailNow(r.t, "the dice have no such fate")
	return adapters.Operation{}
}

func (r *rig) ledger(op adapters.Operation) (kit.Operation, bool) {
	r.t.Helper()
	entry, found, err := r.sandbox.Ledger.Get(kit.KindPayout, op.ID)
	require.NoError(r.t, err)
	return entry, found
}

func TestPayoutSettles(t *testing.T) {
	for _, product := range []momo.Product{momo.Disbursement, momo.Remittance} {
		r := newRig(t, kit.Faults{}, func(c *momo.Config, _ *sandbox.Config) {
			if c.Product = product; product == momo.Remittance {
				c.SubscriptionKey, c.APIUser, c.APIKey = adapters.NewSecret("remittance-key"), "remitter", adapters.NewSecret("pass")
			}
		})
		op := payout(1)
		e := r.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Accepted, e.State, "%+v", e)
		require.Equal(t, iso20022.UETR(op.ID), e.RailID)
		h := r.next()
		assert.Equal(t, op.ID, h.operation)
		assert.Equal(t, e.RailID, h.railID, "the callback is matched on both ids")
		assert.Equal(t, adapters.Settled, h.evidence.State)
		assert.Equal(t, adapters.FromCallback, h.evidence.Origin)
		assert.Equal(t, op.Amount, *h.evidence.Amount)
		assert.Equal(t, op.Beneficiary.Account, h.evidence.Account)
		asked := r.rail.Query(t.Context(), op)
		assert.Equal(t, adapters.Settled, asked.State, "%+v", asked)
		assert.Equal(t, adapters.FromQuery, asked.Origin)
		assert.Equal(t, h.evidence.RailRef, asked.RailRef)
		entry, found := r.ledger(op)
		require.True(t, found)
		assert.Equal(t, entry.Ref, asked.RailRef)
	}
}

// The reason is an object on one product and a bare text on the other.
func TestPayoutDeclined(t *testing.T) {
	for _, product := range []momo.Product{momo.Disbursement, momo.Remittance} {
		r := newRig(t, kit.Faults{DeclinePct: 100}, func(c *momo.Config, _ *sandbox.Config) {
			if c.Product = product; product == momo.Remittance {
				c.SubscriptionKey, c.APIUser, c.APIKey = adapters.NewSecret("remittance-key"), "remitter", adapters.NewSecret("pass")
			}
		})
		for n := range 8 {
			op := payout(n)
			require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), op).State)
			h := r.next()
			assert.Equal(t, adapters.Failed, h.evidence.State, "%+v", h.evidence)
			entry, _ := r.ledger(op)
			assert.Equal(t, entry.Code, h.evidence.Code)
			assert.Contains(t, []string{"AC03", "AC06", "AM04", "AM02"}, h.evidence.Reason)
			assert.Equal(t, product == momo.Disbursement, h.evidence.Text != "")
		}
	}
}

func TestPayoutWithoutAnswer(t *testing.T) {
	r := newRig(t, kit.Faults{TimeoutPct: 100}, func(c *momo.Config, _ *sandbox.Config) { c.Timers.SubmitTimeout = time.Second })
	for _, accepted := range []bool{false, true} {
		op := r.fated(func(f kit.Fate) bool { return f.TimeoutAccepted == accepted })
		e := r.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Unknown, e.State)
		assert.False(t, e.RetrySafe, "it may be on its way")
		require.Error(t, e.Err)
		if accepted {
			assert.Equal(t, adapters.Settled, r.ask(op).State)
			again := r.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, again.State, "a duplicate says nothing of the first")
			assert.Equal(t, "RESOURCE_ALREADY_EXIST", again.Code)
			assert.False(t, again.RetrySafe)
			continue
		}
		asked := r.rail.Query(t.Context(), op)
		assert.Equal(t, adapters.Unknown, asked.State)
		assert.True(t, asked.RetrySafe, "the rail has nothing under this id")
		assert.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), op).State)
	}
}

func TestPayoutVisibleLate(t *testing.T) {
	r := newRig(t, kit.Faults{LateVisiblePct: 100, LateVisibleMS: 600_000}, nil)
	op := payout(1)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), op).State)
	e := r.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State, "a 404 after a 202 is no failure")
	assert.Empty(t, e.RailID)
	require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Settled, r.ask(op).State)
}

func TestCallbackOvertakesAcceptance(t *testing.T) {
	r := newRig(t, kit.Faults{ReorderPct: 100}, nil)
	answered := make(chan adapters.Evidence, 1)
	go func() { answered <- r.rail.Submit(t.Context(), payout(1)) }()
	h := r.next()
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, (<-answered).RailID, h.railID)
}

func TestAnswersToASubmission(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for name, c := range map[string]struct {
		status    int
		body      string
		state     adapters.State
		retrySafe bool
		reason    string
	}{
		"accepted":                       {202, "", adapters.Accepted, false, ""},
		"accepted, and something said":   {202, `{"status":"FAILED"}`, adapters.Accepted, false, ""},
		"done at once":                   {200, `{"status":"SUCCESSFUL"}`, adapters.Unknown, false, ""},
		"a duplicate":                    {409, `{"code":"RESOURCE_ALREADY_EXIST","message":"Duplicated reference id."}`, adapters.Unknown, false, ""},
		"a duplicate without a body":     {409, "", adapters.Unknown, false, ""},
		"what is asked is wrong":         {400, `{"code":"BAD_REQUEST","message":"note"}`, adapters.Failed, false, "FF01"},
		"an account in another currency": {400, `{"code":"INVALID_CURRENCY"}`, adapters.Unknown, false, ""},
		"somebody's 400":                 {400, "<html>", adapters.Unknown, false, ""},
		"a 400 with an unlisted code":    {400, `{"code":"WHO_KNOWS"}`, adapters.Unknown, false, ""},
		"a 400 with its code twice":      {400, `{"code":"BAD_REQUEST","Code":"BAD_REQUEST"}`, adapters.Unknown, false, ""},
		"the token, twice":               {401, `{"statusCode":401}`, adapters.Unknown, true, ""},
		"this address may not":           {403, `{"code":"FORBIDDEN"}`, adapters.Unknown, true, ""},
		"too fast":                       {429, `{"statusCode":429}`, adapters.Unknown, true, ""},
		"nowhere":                        {404, `{"code":"RESOURCE_NOT_FOUND"}`, adapters.Unknown, false, ""},
		"another host for callbacks":     {500, `{"code":"INVALID_CALLBACK_URL_HOST","message":"Callback URL with different host name"}`, adapters.Unknown, false, ""},
		"a server error of a known code": {500, `{"code":"PAYEE_NOT_FOUND"}`, adapters.Unknown, false, ""},
		"down":                           {503, "", adapters.Unknown, false, ""},
		"elsewhere":                      {307, "", adapters.Unknown, false, ""},
		"too much":                       {202, strings.Repeat(" ", 70_000), adapters.Unknown, false, ""},
	} {
		r.answers(c.status, http.Header{"Location": {r.adapter}}, c.body)
		e := r.rail.Submit(t.Context(), payout(1))
		assert.Equal(t, c.state, e.State, name)
		assert.Equal(t, c.retrySafe, e.RetrySafe, name)
		assert.Equal(t, c.reason, e.Reason, name)
		assert.Equal(t, adapters.FromResponse, e.Origin, name)
		assert.Equal(t, c.state == adapters.Accepted, e.RailID != "", name)
	}
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.Empty(t, totals)
}

func TestAnswersToAQuestion(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	op := payout(1)
	whole := func(status, more string) string {
		return `{"financialTransactionId":"363 440","externalId":"T1P","amount":"1001.00","currency":"UGX",` +
			`"payee":{"partyIdType":"MSISDN","partyId":"+256772000001"},"status":"` + status + `"` + more + `}`
	}
	for name, c := range map[string]struct {
		status    int
		body      string
		state     adapters.State
		retrySafe bool
		reason    string
	}{
		"paid":                       {200, whole("SUCCESSFUL", ""), adapters.Settled, false, ""},
		"amount as a number":         {200, `{"financialTransactionId":7,"amount":1001,"currency":"UGX","status":"SUCCESSFUL"}`, adapters.Settled, false, ""},
		"on its way":                 {200, whole("PENDING", ""), adapters.Accepted, false, ""},
		"made":                       {200, whole("CREATED", ""), adapters.Accepted, false, ""},
		"failed for a listed reason": {200, whole("FAILED", `,"reason":{"code":"NOT_ENOUGH_FUNDS","message":"x"}`), adapters.Failed, false, "AM04"},
		"failed, a bare reason":      {200, whole("FAILED", `,"reason":"PAYEE_NOT_FOUND"`), adapters.Failed, false, "AC03"},
		"failed, not listed":         {200, whole("FAILED", `,"reason":"MOON"`), adapters.Failed, false, "NARR"},
		"failed, no reason":          {200, whole("FAILED", `,"reason":null`), adapters.Failed, false, "NARR"},
		"failed as a duplicate":      {200, whole("FAILED", `,"reason":"RESOURCE_ALREADY_EXIST"`), adapters.Unknown, false, ""},
		"paid for a reason":          {200, whole("SUCCESSFUL", `,"reason":"NOT_ENOUGH_FUNDS"`), adapters.Unknown, false, ""},
		"paid nothing":               {200, `{"financialTransactionId":"1","externalId":"T1P","status":"SUCCESSFUL"}`, adapters.Unknown, false, ""},
		"paid in another currency":   {200, `{"financialTransactionId":"1","amount":"1001","currency":"EUR","status":"SUCCESSFUL"}`, adapters.Unknown, false, ""},
		"paid without a receipt":     {200, `{"externalId":"T1P","amount":"1001","currency":"UGX","status":"SUCCESSFUL"}`, adapters.Unknown, false, ""},
		"an unlisted state":          {200, whole("REVERSED", ""), adapters.Unknown, false, ""},
		"another case":               {200, whole("Successful", ""), adapters.Unknown, false, ""},
		"no state":                   {200, `{"externalId":"T1P"}`, adapters.Unknown, false, ""},
		"two states":                 {200, whole("PENDING", `,"Status":"SUCCESSFUL"`), adapters.Unknown, false, ""},
		"somebody else's":            {200, strings.Replace(whole("SUCCESSFUL", ""), "T1P", "T2P", 1), adapters.Unknown, false, ""},
		"garbage":                    {200, "\x00", adapters.Unknown, false, ""},
		"nothing":                    {200, "", adapters.Unknown, false, ""},
		"none":                       {404, `{"code":"RESOURCE_NOT_FOUND"}`, adapters.Unknown, true, ""},
		"no such page":               {404, "not found", adapters.Unknown, false, ""},
		"too fast":                   {429, "", adapters.Unknown, false, ""},
		"down":                       {503, "", adapters.Unknown, false, ""},
	} {
		r.answers(c.status, nil, c.body)
		e := r.rail.Query(t.Context(), op)
		assert.Equal(t, c.state, e.State, "%s: %+v", name, e)
		assert.Equal(t, c.retrySafe, e.RetrySafe, name)
		assert.Equal(t, c.reason, e.Reason, name)
		assert.Equal(t, adapters.FromQuery, e.Origin, name)
		if e.State == adapters.Settled {
			assert.Equal(t, op.Amount, *e.Amount, name)
		}
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for name, c := range map[string]struct {
		change func(*adapters.Operation)
		reason string
	}{
		"a refund":         {func(o *adapters.Operation) { o.Kind = messaging.KindRefund }, "AG03"},
		"no id":            {func(o *adapters.Operation) { o.ID = "a/b" }, "FF01"},
		"another currency": {func(o *adapters.Operation) { o.Amount.Currency = fx.MustCurrency("KES") }, "AM03"},
		"nothing":          {func(o *adapters.Operation) { o.Amount.Minor = 0 }, "AM03"},
		"too much":         {func(o *adapters.Operation) { o.Amount.Minor = 5_000_001 }, "AM02"},
		"no number":        {func(o *adapters.Operation) { o.Beneficiary.Account = "akello@mtn" }, "AC03"},
	} {
		op := payout(1)
		c.change(&op)
		e := r.rail.Submit(t.Context(), op)
		assert.Equal(t, adapters.Failed, e.State, name)
		assert.Equal(t, c.reason, e.Reason, name)
	}
	assert.Zero(t, r.count("/disbursement/v1_0/transfer"))
}

func TestTokenIsReusedAndReplaced(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for n := range 3 {
		require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(n)).State)
	}
	assert.EqualValues(t, 1, r.count("/disbursement/token/"))
	r.sandbox.RevokeTokens()
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(9)).State)
	assert.EqualValues(t, 2, r.count("/disbursement/token/"))
}

func TestCredentialsOfTheOtherProduct(t *testing.T) {
	for name, change := range map[string]func(*momo.Config){
		"key":  func(c *momo.Config) { c.SubscriptionKey = adapters.NewSecret("remittance-key") },
		"user": func(c *momo.Config) { c.APIUser, c.APIKey = "remitter", adapters.NewSecret("pass") },
	} {
		r := newRig(t, kit.Faults{}, func(c *momo.Config, _ *sandbox.Config) { change(c) })
		e := r.rail.Submit(t.Context(), payout(1))
		assert.Equal(t, adapters.Unknown, e.State, name)
		assert.True(t, e.RetrySafe, name)
		require.Error(t, e.Err, name)
		assert.NotContains(t, e.Err.Error(), "remittance-key", name)
		_, found := r.ledger(payout(1))
		assert.False(t, found, name)
	}
}

// What one product took is not shown to the other, whose token is no good either.
func TestProductsAreApart(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	r.next()
	other := r.cfg
	other.Product, other.SubscriptionKey = momo.Remittance, adapters.NewSecret("remittance-key")
	other.APIUser, other.APIKey = "remitter", adapters.NewSecret("pass")
	remittance, err := momo.New(other, r.sink)
	require.NoError(t, err)
	e := remittance.Query(t.Context(), payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
}

func TestCallbackHostMismatch(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(_ *momo.Config, b *sandbox.Config) { b.CallbackHost = "adapter.example" })
	e := r.rail.Submit(t.Context(), payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe, "a 500 proves nothing")
	assert.Equal(t, "INVALID_CALLBACK_URL_HOST", e.Code)
	assert.True(t, r.rail.Query(t.Context(), payout(1)).RetrySafe, "and the question does")
}

func TestPollingOnly(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *momo.Config, b *sandbox.Config) {
		c.CallbackBaseURL, c.CallbackPrefix, b.CallbackHost = "", adapters.Secret{}, ""
	})
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Settled, r.ask(payout(1)).State)
	assert.Empty(t, r.sink.evidence)
}

func TestCallbacks(t *testing.T) {
	r := newRig(t, kit.Faults{LostCallbackPct: 100}, nil)
	path := make(chan string, 1)
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if url := req.Header.Get("X-Callback-Url"); url != "" {
			path <- url
		}
		r.sandbox.ServeHTTP(w, req)
	}))
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	url := <-path
	send := func(method, url, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	body := `{"financialTransactionId":"1","externalId":"T1P","amount":"1001","currency":"UGX","status":"SUCCESSFUL"}`
	for name, c := range map[string]struct {
		method, url, body string
		status            int
	}{
		"by PUT":              {http.MethodPut, url, body, 200},
		"by POST":             {http.MethodPost, url, body, 200},
		"by GET":              {http.MethodGet, url, body, 405},
		"a forged path":       {http.MethodPut, url[:len(url)-4] + "AAAA", body, 404},
		"another operation":   {http.MethodPut, strings.Replace(url, "T1P", "T2P", 1), body, 404},
		"no prefix":           {http.MethodPut, strings.Replace(url, prefix, "/x", 1), body, 404},
		"another externalId":  {http.MethodPut, url, strings.Replace(body, "T1P", "T2P", 1), 400},
		"no externalId":       {http.MethodPut, url, strings.Replace(body, `"externalId":"T1P",`, "", 1), 400},
		"a name twice":        {http.MethodPut, url, strings.Replace(body, `"status"`, `"status":"FAILED","status"`, 1), 400},
		"a name in two cases": {http.MethodPut, url, strings.Replace(body, `"status"`, `"Status":"FAILED","status"`, 1), 400},
		"in another case":     {http.MethodPut, url, strings.Replace(body, `"status"`, `"Status"`, 1), 400},
		"two values":          {http.MethodPut, url, body + body, 400},
		"too large":           {http.MethodPut, url, body + strings.Repeat(" ", 70_000), 413},
		"garbage":             {http.MethodPut, url, "\xff", 400},
	} {
		assert.Equal(t, c.status, send(c.method, c.url, c.body), name)
	}
	require.Len(t, r.sink.evidence, 2)
	h := r.next()
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, iso20022.UETR("T1P"), h.railID)
	r.sink.refuse.Store(true)
	assert.Equal(t, 503, send(http.MethodPut, url, body), "it may come again")
}

func TestCallbackFromElsewhere(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *momo.Config, _ *sandbox.Config) {
		c.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Settled, r.ask(payout(1)).State)
	assert.Empty(t, r.sink.evidence)
}

func TestBalance(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(_ *momo.Config, b *sandbox.Config) { b.FloatMinor = 500 })
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	r.next()
	balances, err := r.rail.Balances(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []adapters.Balance{{Account: "disbursement", Available: fx.Money{Minor: -501, Currency: ugx}}}, balances)
	for _, bad := range []string{"", `{"availableBalance":"x","currency":"UGX"}`, `{"availableBalance":"1","currency":"KES"}`, `{"availableBalance":"1"}`} {
		r.answers(200, nil, bad)
		_, err = r.rail.Balances(t.Context())
		require.Error(t, err, bad)
	}
}

func TestSandboxRefuses(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State) // for its token
	var bearer string
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		bearer = req.Header.Get("Authorization")
		r.sandbox.ServeHTTP(w, req)
	}))
	r.rail.Query(t.Context(), payout(1))
	good := `{"amount":"5","currency":"UGX","externalId":"x","payee":{"partyIdType":"MSISDN","partyId":"256772000000"},"payerMessage":"a","payeeNote":"b"}`
	for name, c := range map[string]struct {
		header, value, body string
		status              int
	}{
		"no UUID of version 4": {"X-Reference-Id", "5b0b7d2e-0d6f-11ee-be56-0242ac120002", good, 400},
		"an empty callback":    {"X-Callback-Url", "", good, 400},
		"another environment":  {"X-Target-Environment", "mtnghana", good, 500},
		"another currency":     {"", "", strings.Replace(good, "UGX", "EUR", 1), 500},
		"an apostrophe":        {"", "", strings.Replace(good, `"a"`, `"it's"`, 1), 400},
		"a misspelt name":      {"", "", strings.Replace(good, "payeeNote", "payeenote", 1), 400},
		"decimals":             {"", "", strings.Replace(good, `"5"`, `"5.01"`, 1), 400},
		"no key":               {"Ocp-Apim-Subscription-Key", "", good, 401},
		"good":                 {"", "", good, 202},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/disbursement/v1_0/transfer", strings.NewReader(c.body))
		for header, value := range map[string]string{
			"Authorization": bearer, "Ocp-Apim-Subscription-Key": "disbursement-key",
			"X-Target-Environment": "mtnuganda", "X-Reference-Id": iso20022.UETR(name),
		} {
			request.Header.Set(header, value)
		}
		if c.header != "" {
			request.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		r.sandbox.ServeHTTP(w, request)
		assert.Equal(t, c.status, w.Code, name)
	}
}

// The same externalId under another X-Reference-Id is another transfer, and the books show both.
func TestSandboxPaysTwiceWhoAsksTwice(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	var bearer string
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		bearer = req.Header.Get("Authorization")
		r.sandbox.ServeHTTP(w, req)
	}))
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	body := `{"amount":"1001","currency":"UGX","externalId":"T1P","payee":{"partyIdType":"MSISDN","partyId":"256772000001"},"payerMessage":"a","payeeNote":"b"}`
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/disbursement/v1_0/transfer", strings.NewReader(body))
	for header, value := range map[string]string{
		"Authorization": bearer, "Ocp-Apim-Subscription-Key": "disbursement-key",
		"X-Target-Environment": "mtnuganda", "X-Reference-Id": iso20022.UETR("another"),
	} {
		request.Header.Set(header, value)
	}
	w := httptest.NewRecorder()
	r.sandbox.ServeHTTP(w, request)
	assert.Equal(t, http.StatusAccepted, w.Code)
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, 2, totals[kit.KindPayout][kit.Settled].Count+totals[kit.KindPayout][kit.Accepted].Count)
}

func TestSandboxRestart(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 600_000}, nil)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Accepted, r.rail.Query(t.Context(), payout(1)).State)
	require.NoError(t, r.sandbox.Close())
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)
	assert.Equal(t, adapters.Settled, r.rail.Query(t.Context(), payout(1)).State)
	require.Error(t, r.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: "O1"}))
}

func TestConnectionRefused(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *momo.Config, _ *sandbox.Config) { c.BaseURL = "http://127.0.0.1:1" })
	e := r.rail.Submit(t.Context(), payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
	_, found, err := r.rail.Collection(t.Context(), adapters.Order{})
	require.NoError(t, err)
	assert.False(t, found)
}

func TestConfigRefused(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for field, change := range map[string]func(*momo.Config){
		"BaseURL":              func(c *momo.Config) { c.BaseURL = "ftp://x" },
		"Environment":          func(c *momo.Config) { c.Environment = "MTN Uganda" },
		"Product":              func(c *momo.Config) { c.Product = "collection" },
		"SubscriptionKey":      func(c *momo.Config) { c.SubscriptionKey = adapters.NewSecret("a b") },
		"APIUser":              func(c *momo.Config) { c.APIUser = "a:b" },
		"APIKey":               func(c *momo.Config) { c.APIKey = adapters.Secret{} },
		"Authorities":          func(c *momo.Config) { c.Authorities = filepath.Join(t.TempDir(), "none") },
		"CallbackBaseURL":      func(c *momo.Config) { c.CallbackBaseURL = "adapter.example" },
		"CallbackPrefix":       func(c *momo.Config) { c.CallbackPrefix = adapters.NewSecret("/short") },
		"Currency":             func(c *momo.Config) { c.Currency = fx.Currency{} },
		"PayoutIncrementMinor": func(c *momo.Config) { c.PayoutIncrementMinor = -1 },
		"PayoutMinMinor":       func(c *momo.Config) { c.PayoutMaxMinor = 0 },
		"ConfirmAboveMinor":    func(c *momo.Config) { c.ConfirmAboveMinor = -1 },
		"CallsPerSecond":       func(c *momo.Config) { c.CallsPerSecond = -1 },
		"Timers":               func(c *momo.Config) { c.Timers.QueryEvery = time.Hour },
	} {
		cfg := r.cfg
		change(&cfg)
		_, err := momo.New(cfg, r.sink)
		var fault *momo.ConfigError
		require.ErrorAs(t, err, &fault, field)
		assert.Equal(t, field, fault.Field)
	}
	assert.Equal(t, "momo", r.rail.Capabilities().Rail)
	assert.EqualValues(t, 2_500_000, r.rail.Capabilities().ConfirmAboveMinor)
}
