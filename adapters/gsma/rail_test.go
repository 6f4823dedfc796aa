package gsma_test

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
	"github.com/ayni-switch/ayni/adapters/gsma"
	"github.com/ayni-switch/ayni/adapters/gsma/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const (
	prefix  = "/kY3vQ8sT1uW6xZ0aB4cD7eF"
	patient = 20 * time.Second // only a broken test waits so long
)

var ghs = fx.MustCurrency("GHS")

// heard is one call of the sink.
type heard struct {
	operation, railID string
	evidence          adapters.Evidence
	collection        adapters.Collection
}

// sink hands on what it is told. While refuse is set it takes nothing.
type sink struct {
	calls  chan heard
	refuse atomic.Bool
}

func (s *sink) take(h heard) error {
	if s.refuse.Load() {
		return errors.New("the sink takes nothing")
	}
	s.calls <- h
	return nil
}

func (s *sink) Evidence(_ context.Context, operation, railID string, e adapters.Evidence) error {
	return s.take(heard{operation: operation, railID: railID, evidence: e})
}

func (s *sink) Collected(_ context.Context, c adapters.Collection) error {
	return s.take(heard{collection: c})
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
	rail      *gsma.Rail
	sandbox   *sandbox.Server
	api       *late
	callbacks *late
	adapter   string // URL of the callbacks
	url       string // of the API's server
	cfg       gsma.Config
	box       sandbox.Config
	requests  atomic.Int64
	tokens    atomic.Int64
	payments  atomic.Int64 // requests for money
}

func newRig(t *testing.T, faults kit.Faults, change func(*gsma.Config, *sandbox.Config)) *rig {
	t.Helper()
	r := &rig{t: t, sink: &sink{calls: make(chan heard, 4096)}, api: &late{}, callbacks: &late{}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.requests.Add(1)
		switch {
		case req.URL.Path == sandbox.PathToken:
			r.tokens.Add(1)
		case req.Method == http.MethodPost:
			r.payments.Add(1)
		}
		r.api.ServeHTTP(w, req)
	}))
	t.Cleanup(api.Close)
	adapter := httptest.NewServer(r.callbacks)
	t.Cleanup(adapter.Close)
	r.adapter, r.url = adapter.URL, api.URL
	r.cfg = gsma.Config{
		BaseURL: api.URL + sandbox.BasePath, ClientID: "ayni", APIKey: adapters.NewSecret("key"),
		Username: "user", Password: adapters.NewSecret("password"), TokenURL: api.URL + sandbox.PathToken,
		CallbackBaseURL: adapter.URL, CallbackPrefix: adapters.NewSecret(prefix),
		Account: gsma.Identifier{Key: "accountid", Value: "2000"}, Currency: ghs, PayoutMaxMinor: 5_000_000,
		Timers: adapters.Timers{SubmitTimeout: patient}, PullEvery: time.Nanosecond, PullOverlap: time.Second,
	}
	r.box = sandbox.Config{
		Config: kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: ghs, Seed: 7, Faults: faults},
		APIKey: "key", ClientID: "ayni", Username: "user", Password: "password",
		AccountKey: "accountid", AccountValue: "2000", NoticeURL: adapter.URL + prefix + "/collection",
		PayoutMaxMinor: 5_000_000, PageSize: 2,
	}
	if change != nil {
		change(&r.cfg, &r.box)
	}
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.sandbox.Close()) })
	r.api.set(r.sandbox)
	r.rail, err = gsma.New(r.cfg, r.sink)
	require.NoError(t, err)
	r.callbacks.set(r.rail.Handler())
	return r
}

// answers has the paths that hold a text answered so, and the rest by the sandbox.
func (r *rig) answers(path string, status int, header http.Header, body string) {
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.Contains(req.URL.Path, path) {
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
	case h := <-r.sink.calls:
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
		ID: fmt.Sprintf("T%dP", n), Kind: messaging.KindPayout, Amount: fx.Money{Minor: int64(1000 + n), Currency: ghs},
		Beneficiary: messaging.Party{Name: "Kwame", Account: fmt.Sprintf("2332440%05d", n)},
		Originator:  messaging.Party{Name: "Wanjikũ", Account: "254708374149"}, Reference: "School fees, May",
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

func (r *rig) ledger(kind, id string) (kit.Operation, bool) {
	r.t.Helper()
	entry, found, err := r.sandbox.Ledger.Get(kind, id)
	require.NoError(r.t, err)
	return entry, found
}

// pay has a customer pay for an order, and returns the order.
func (r *rig) pay(ref string, minor int64) adapters.Order {
	r.t.Helper()
	order := adapters.Order{
		Ref: ref, Payer: messaging.Party{Name: "Ama", Account: "233244000001"},
		Source: fx.Money{Minor: minor, Currency: ghs}, Created: time.Now(),
	}
	require.NoError(r.t, r.sandbox.Pay(r.t.Context(), kit.CustomerPayment{OrderRef: ref, Payer: order.Payer.Account, Amount: order.Source}))
	return order
}

// refund is what gives an order's payment back.
func (r *rig) refund(order adapters.Order) adapters.Operation {
	r.t.Helper()
	entry, found := r.ledger(kit.KindCollection, order.Ref)
	require.True(r.t, found)
	return adapters.Operation{
		ID: order.Ref + "L", Kind: messaging.KindRefund, Amount: order.Source, Beneficiary: order.Payer,
		CollectionRef: entry.Ref, CollectionOrder: order.Ref,
	}
}

func TestPayoutSettles(t *testing.T) {
	for name, change := range map[string]func(*gsma.Config, *sandbox.Config){
		"with a token": nil,
		"with a key alone": func(c *gsma.Config, b *sandbox.Config) {
			c.Username, c.Password, c.TokenURL, b.Username = "", adapters.Secret{}, "", ""
		},
		"from another country": func(c *gsma.Config, b *sandbox.Config) {
			c.PayoutType, c.OriginCountry, b.PayoutType = gsma.TypeInternational, "KE", "inttransfer"
		},
		"numbers without a plus": func(c *gsma.Config, _ *sandbox.Config) { c.PlainNumbers = true },
		"wallets":                func(c *gsma.Config, _ *sandbox.Config) { c.PartyKey = "walletid" },
	} {
		r := newRig(t, kit.Faults{}, change)
		op := payout(1)
		e := r.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Accepted, e.State, "%s: %+v", name, e)
		entry, found := r.ledger(kit.KindPayout, op.ID)
		require.True(t, found, name)
		require.Equal(t, entry.RailID, e.RailID, name)
		h := r.next()
		assert.Equal(t, op.ID, h.operation, name)
		assert.Empty(t, h.railID, "no callback names the serverCorrelationId, so it is confirmed")
		assert.Equal(t, adapters.Settled, h.evidence.State, name)
		assert.Equal(t, op.Amount, *h.evidence.Amount, name)
		assert.Equal(t, op.Beneficiary.Account, h.evidence.Account, name)
		for _, railID := range []string{e.RailID, ""} { // by its state, and where the acceptance was lost
			op.RailID = railID
			asked := r.rail.Query(t.Context(), op)
			assert.Equal(t, adapters.Settled, asked.State, "%s: %+v", name, asked)
			assert.Equal(t, adapters.FromQuery, asked.Origin, name)
			assert.Equal(t, h.evidence.RailRef, asked.RailRef, name)
			assert.Equal(t, op.Amount, *asked.Amount, name)
			assert.NotEmpty(t, asked.RailID, name)
		}
	}
}

func TestPayoutDeclined(t *testing.T) {
	r := newRig(t, kit.Faults{DeclinePct: 100}, nil)
	for n := range 8 {
		op := payout(n)
		e := r.rail.Submit(t.Context(), op)
		require.Equal(t, adapters.Accepted, e.State)
		h := r.next()
		assert.Equal(t, adapters.Failed, h.evidence.State, "%+v", h.evidence)
		entry, _ := r.ledger(kit.KindPayout, op.ID)
		assert.Equal(t, entry.Code, h.evidence.Code)
		assert.Contains(t, []string{"AC01", "AM02", "NARR"}, h.evidence.Reason)
		for _, railID := range []string{e.RailID, ""} {
			op.RailID = railID
			asked := r.rail.Query(t.Context(), op)
			assert.Equal(t, adapters.Failed, asked.State, "%+v", asked)
			assert.Equal(t, entry.Code, asked.Code)
		}
	}
}

func TestPayoutWithoutAnswer(t *testing.T) {
	r := newRig(t, kit.Faults{TimeoutPct: 100}, func(c *gsma.Config, _ *sandbox.Config) { c.Timers.SubmitTimeout = time.Second })
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
			assert.Equal(t, "duplicateRequest", again.Code)
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
	e := r.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Accepted, e.State)
	op.RailID = e.RailID
	e = r.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State, "a 404 after a 202 is no failure")
	require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Settled, r.ask(op).State)
}

func TestCallbackOvertakesAcceptance(t *testing.T) {
	r := newRig(t, kit.Faults{ReorderPct: 100}, nil)
	answered := make(chan adapters.Evidence, 1)
	go func() { answered <- r.rail.Submit(t.Context(), payout(1)) }()
	assert.Equal(t, adapters.Settled, r.next().evidence.State)
	assert.Equal(t, adapters.Accepted, (<-answered).State)
}

func TestAnswersToASubmission(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	failure := func(category, code string) string {
		return `{"errorCategory":"` + category + `","errorCode":"` + code + `","errordescription":"why"}`
	}
	done := `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"10.01","currency":"GHS"}`
	for name, c := range map[string]struct {
		status    int
		body      string
		state     adapters.State
		retrySafe bool
		reason    string
	}{
		"accepted":                    {202, `{"serverCorrelationId":"a-1","status":"pending","notificationMethod":"callback"}`, adapters.Accepted, false, ""},
		"completed, and no amount":    {202, `{"serverCorrelationId":"a-1","status":"completed","objectReference":"TX1"}`, adapters.Accepted, false, ""},
		"failed at once":              {202, `{"serverCorrelationId":"a-1","status":"failed","error":` + failure("businessRule", "insufficientFunds") + `}`, adapters.Failed, false, "AM04"},
		"an unlisted state":           {202, `{"serverCorrelationId":"a-1","status":"parked"}`, adapters.Unknown, false, ""},
		"accepted without an id":      {202, `{"status":"pending"}`, adapters.Unknown, false, ""},
		"an id that leads elsewhere":  {202, `{"serverCorrelationId":"../x","status":"pending"}`, adapters.Unknown, false, ""},
		"accepted, and nothing":       {202, ``, adapters.Unknown, false, ""},
		"done at once":                {201, done, adapters.Settled, false, ""},
		"done, in another currency":   {201, strings.Replace(done, "GHS", "USD", 1), adapters.Unknown, false, ""},
		"a success that is none":      {200, done, adapters.Unknown, false, ""},
		"declined":                    {400, failure("businessRule", "dailyValueLimitExceeded"), adapters.Failed, false, "AM02"},
		"malformed":                   {400, failure("validation", "formatError"), adapters.Failed, false, "FF01"},
		"no such account":             {404, failure("identification", "identifierError"), adapters.Failed, false, "AC01"},
		"not from there":              {400, failure("businessRule", "countryofOriginNotPermitted"), adapters.Failed, false, "RR04"},
		"a duplicate":                 {400, failure("businessRule", "duplicateRequest"), adapters.Unknown, false, ""},
		"an unlisted code":            {400, failure("businessRule", "GenericError"), adapters.Unknown, false, ""},
		"no page there":               {404, `not found`, adapters.Unknown, false, ""},
		"somebody's 400":              {400, `<html>`, adapters.Unknown, false, ""},
		"a code twice":                {400, `{"errorCategory":"validation","errorCode":"formatError","ErrorCode":"x"}`, adapters.Unknown, false, ""},
		"listed, under a 422":         {422, failure("businessRule", "insufficientFunds"), adapters.Unknown, false, ""},
		"not authorised":              {401, failure("authorisation", "clientAuthorisationError"), adapters.Unknown, true, ""},
		"not allowed":                 {403, failure("authorisation", "servicingPartyAuthorisationError"), adapters.Unknown, true, ""},
		"too fast":                    {400, failure("businessRule", "rateLimitError"), adapters.Unknown, true, ""},
		"too fast, says the gate":     {429, ``, adapters.Unknown, true, ""},
		"not in service":              {503, failure("serviceUnavailable", "genericError"), adapters.Unknown, true, ""},
		"somebody's 503":              {503, ``, adapters.Unknown, false, ""},
		"a server error, listed":      {500, failure("businessRule", "insufficientFunds"), adapters.Unknown, false, ""},
		"out of service, under a 500": {500, failure("serviceUnavailable", "genericError"), adapters.Unknown, false, ""},
		"an internal error as a 400":  {400, failure("internal", "genericError"), adapters.Unknown, false, ""},
		"elsewhere":                   {307, ``, adapters.Unknown, false, ""},
	} {
		r.answers("/transactions/type/", c.status, http.Header{"Location": {r.adapter}}, c.body)
		e := r.rail.Submit(t.Context(), payout(1))
		assert.Equal(t, c.state, e.State, "%s: %+v", name, e)
		assert.Equal(t, c.retrySafe, e.RetrySafe, name)
		assert.Equal(t, c.reason, e.Reason, name)
		assert.Equal(t, adapters.FromResponse, e.Origin, name)
	}
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.Empty(t, totals)
}

func TestAnswersToAQuestion(t *testing.T) {
	op := payout(1)
	op.RailID = "a-1"
	state := func(status, more string) string {
		return `{"serverCorrelationId":"a-1","status":"` + status + `"` + more + `}`
	}
	paid := `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"10.010","currency":"GHS",` +
		`"requestingOrganisationTransactionReference":"T1P","creditParty":[{"key":"walletid","value":"w"},{"key":"msisdn","value":"+233 244 000001"}]}`
	none := `{"errorCategory":"identification","errorCode":"identifierError"}`
	for name, c := range map[string]struct {
		stateStatus int
		state       string
		transaction string
		want        adapters.State
		retrySafe   bool
		reason      string
	}{
		"paid":                         {200, state("completed", `,"objectReference":"TX1"`), paid, adapters.Settled, false, ""},
		"pending":                      {200, state("pending", ""), "", adapters.Accepted, false, ""},
		"completed, of nothing":        {200, state("completed", ""), paid, adapters.Accepted, false, ""},
		"completed, and not there":     {200, state("completed", `,"objectReference":"TX2"`), "", adapters.Unknown, false, ""},
		"completed, out of the way":    {200, state("completed", `,"objectReference":"../../x"`), paid, adapters.Unknown, false, ""},
		"failed":                       {200, state("failed", `,"error":{"errorCategory":"businessRule","errorCode":"maxBalanceExceeded"}`), "", adapters.Failed, false, "AM02"},
		"failed for no reason":         {200, state("failed", ""), "", adapters.Failed, false, "NARR"},
		"failed, unlisted":             {200, state("failed", `,"error":{"errorCategory":"x","errorCode":"y"}`), "", adapters.Failed, false, "NARR"},
		"failed as a duplicate":        {200, state("failed", `,"error":{"errorCategory":"businessRule","errorCode":"duplicateRequest"}`), "", adapters.Unknown, false, ""},
		"an unlisted state":            {200, state("done", ""), "", adapters.Unknown, false, ""},
		"another case":                 {200, state("Completed", ""), "", adapters.Unknown, false, ""},
		"two states":                   {200, state("pending", `,"Status":"failed"`), "", adapters.Unknown, false, ""},
		"another request's":            {200, strings.Replace(state("failed", ""), "a-1", "a-2", 1), "", adapters.Unknown, false, ""},
		"not there, nor the other way": {404, none, "", adapters.Unknown, true, ""},
		"no page there":                {404, "gone", "", adapters.Unknown, false, ""},
		"garbage":                      {200, "\x00", "", adapters.Unknown, false, ""},
		"down":                         {503, "", "", adapters.Unknown, false, ""},
		"another amount's currency":    {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "GHS", "USD", 1), adapters.Unknown, false, ""},
		"another transaction":          {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "TX1", "TX9", 1), adapters.Unknown, false, ""},
		"another operation's":          {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "T1P", "T2P", 1), adapters.Unknown, false, ""},
		"another type":                 {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "disbursement", "reversal", 1), adapters.Unknown, false, ""},
		"completed, yet pending":       {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "completed", "pending", 1), adapters.Accepted, false, ""},
		"completed, yet otherwise":     {200, state("completed", `,"objectReference":"TX1"`), strings.Replace(paid, "completed", "reversed", 1), adapters.Unknown, false, ""},
	} {
		r := newRig(t, kit.Faults{}, nil)
		r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			switch {
			case strings.Contains(req.URL.Path, "/requeststates/"):
				w.WriteHeader(c.stateStatus)
				_, _ = io.WriteString(w, c.state)
			case strings.Contains(req.URL.Path, "/transactions/") && c.transaction != "":
				_, _ = io.WriteString(w, c.transaction)
			default:
				r.sandbox.ServeHTTP(w, req)
			}
		}))
		e := r.rail.Query(t.Context(), op)
		assert.Equal(t, c.want, e.State, "%s: %+v", name, e)
		assert.Equal(t, c.retrySafe, e.RetrySafe, name)
		assert.Equal(t, c.reason, e.Reason, name)
		if e.State == adapters.Settled {
			assert.Equal(t, op.Amount, *e.Amount, name)
			assert.Equal(t, op.Beneficiary.Account, e.Account, name)
		}
	}
}

// A link is taken for what it names, and not followed.
func TestLinks(t *testing.T) {
	op := payout(1)
	paid := `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"10.01","currency":"GHS"}`
	for link, want := range map[string]adapters.State{
		"/transactions/TX1":                             adapters.Settled,
		"https://elsewhere.example/x/transactions/TX1/": adapters.Settled,
		"/requeststates/a-1":                            adapters.Accepted,
		"/quotations/TX1":                               adapters.Unknown,
		"/transactions/..":                              adapters.Unknown,
		"TX1":                                           adapters.Unknown,
		"":                                              adapters.Unknown,
	} {
		r := newRig(t, kit.Faults{}, nil)
		r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			switch strings.TrimPrefix(req.URL.Path, sandbox.BasePath) {
			case "/responses/" + iso20022.UETR(op.ID):
				_, _ = io.WriteString(w, `{"link":"`+link+`"}`)
			case "/transactions/TX1":
				_, _ = io.WriteString(w, paid)
			case "/requeststates/a-1":
				_, _ = io.WriteString(w, `{"serverCorrelationId":"a-1","status":"pending"}`)
			default:
				r.sandbox.ServeHTTP(w, req)
			}
		}))
		e := r.rail.Query(t.Context(), op)
		assert.Equal(t, want, e.State, "%s: %+v", link, e)
		assert.False(t, e.RetrySafe, link)
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for name, c := range map[string]struct {
		change func(*adapters.Operation)
		reason string
	}{
		"no such kind":        {func(o *adapters.Operation) { o.Kind = messaging.KindReserve }, "FF01"},
		"no id":               {func(o *adapters.Operation) { o.ID = "a/b" }, "FF01"},
		"another currency":    {func(o *adapters.Operation) { o.Amount.Currency = fx.MustCurrency("KES") }, "AM03"},
		"nothing":             {func(o *adapters.Operation) { o.Amount.Minor = 0 }, "AM03"},
		"too much":            {func(o *adapters.Operation) { o.Amount.Minor = 5_000_001 }, "AM02"},
		"no number":           {func(o *adapters.Operation) { o.Beneficiary.Account = "ama@bank" }, "AC03"},
		"a refund of nothing": {func(o *adapters.Operation) { o.Kind, o.CollectionRef = messaging.KindRefund, ".." }, "FF01"},
	} {
		op := payout(1)
		c.change(&op)
		e := r.rail.Submit(t.Context(), op)
		assert.Equal(t, adapters.Failed, e.State, name)
		assert.Equal(t, c.reason, e.Reason, name)
	}
	assert.Zero(t, r.payments.Load())
}

func TestTokenIsReusedAndReplaced(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for n := range 3 {
		require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(n)).State)
	}
	assert.EqualValues(t, 1, r.tokens.Load())
	r.sandbox.RevokeTokens()
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(9)).State)
	assert.EqualValues(t, 2, r.tokens.Load())
}

func TestCredentials(t *testing.T) {
	for name, change := range map[string]func(*gsma.Config){
		"another key":      func(c *gsma.Config) { c.APIKey = adapters.NewSecret("another-key") },
		"another client":   func(c *gsma.Config) { c.ClientID = "somebody" },
		"another password": func(c *gsma.Config) { c.Password = adapters.NewSecret("another-password") },
		"no token":         func(c *gsma.Config) { c.TokenURL = "" },
	} {
		r := newRig(t, kit.Faults{}, func(c *gsma.Config, _ *sandbox.Config) { change(c) })
		e := r.rail.Submit(t.Context(), payout(1))
		assert.Equal(t, adapters.Unknown, e.State, name)
		assert.True(t, e.RetrySafe, name)
		require.Error(t, e.Err, name)
		assert.NotContains(t, e.Err.Error(), "another-", name)
		assert.False(t, r.rail.Query(t.Context(), payout(1)).RetrySafe, "%s: who is not let in knows nothing", name)
	}
}

// A request from another time is kept away before it is read.
func TestClockSkew(t *testing.T) {
	for _, skew := range []int64{600_000, -600_000} {
		r := newRig(t, kit.Faults{ClockSkewMS: skew}, nil)
		e := r.rail.Submit(t.Context(), payout(1))
		assert.Equal(t, adapters.Unknown, e.State)
		assert.True(t, e.RetrySafe)
		assert.Equal(t, "clientAuthorisationError", e.Code)
		require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
		assert.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	}
}

func TestPollingOnly(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *gsma.Config, b *sandbox.Config) {
		c.CallbackBaseURL, c.CallbackPrefix, b.NoticeURL = "", adapters.Secret{}, ""
	})
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Settled, r.ask(payout(1)).State)
	assert.Empty(t, r.sink.calls)
	assert.Empty(t, r.rail.NoticeURL())
}

func TestCollectionIsToldAndPulled(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	order := r.pay("O1", 4250)
	h := r.next()
	assert.Equal(t, adapters.FromCallback, h.collection.Origin)
	pulled, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, adapters.FromQuery, pulled.Origin)
	named := order
	named.AskFor = pulled.RailRef
	asked, found, err := r.rail.Collection(t.Context(), named)
	require.NoError(t, err)
	require.True(t, found)
	for _, c := range []adapters.Collection{h.collection, pulled, asked} {
		c.Origin = ""
		assert.Equal(t, adapters.Collection{OrderRef: "O1", RailRef: pulled.RailRef, Amount: order.Source, Payer: "233244000001"}, c)
	}
	for _, other := range []string{"TXNONE", "../x", ""} {
		foreign := adapters.Order{Ref: "O2", Source: order.Source, Created: time.Now(), AskFor: other}
		_, found, err := r.rail.Collection(t.Context(), foreign)
		require.NoError(t, err)
		assert.False(t, found, other)
	}
	stolen := named
	stolen.Ref = "O2"
	_, found, err = r.rail.Collection(t.Context(), stolen)
	require.NoError(t, err)
	assert.False(t, found, "a payment for another order")
}

// Pages are read to the end, and what has been seen is not asked for again.
func TestCollectionsArePulledInPages(t *testing.T) {
	r := newRig(t, kit.Faults{LostCallbackPct: 100}, func(c *gsma.Config, _ *sandbox.Config) { c.PullEvery = time.Hour })
	var orders []adapters.Order
	for n := range 7 {
		orders = append(orders, r.pay(fmt.Sprintf("O%d", n), int64(100+n)))
	}
	before := r.requests.Load()
	for _, order := range orders {
		c, found, err := r.rail.Collection(t.Context(), order)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, order.Source, c.Amount)
	}
	assert.EqualValues(t, 6, r.requests.Load()-before, "a token, four pages and an empty one")
	r.answers("/accounts/", 200, nil, `{}`)
	_, _, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "O9", Created: time.Now().Add(-time.Hour)})
	require.Error(t, err)
}

func TestPayoutOnly(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *gsma.Config, _ *sandbox.Config) { c.PayoutOnly = true })
	order := r.pay("O1", 100)
	_, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	assert.False(t, found)
	assert.Equal(t, adapters.Failed, r.rail.Prompt(t.Context(), order).State)
	assert.Empty(t, r.sink.calls)
}

func TestPrompt(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	order := adapters.Order{
		Ref: "O1", Payer: messaging.Party{Name: "Ama", Account: "233244000001"}, Source: fx.Money{Minor: 4250, Currency: ghs},
		Created: time.Now(), Reference: "Fees",
	}
	p := r.rail.Prompt(t.Context(), order)
	require.Equal(t, adapters.Accepted, p.State, "%+v", p)
	require.NotEmpty(t, p.RailID)
	h := r.next()
	assert.Equal(t, "O1", h.collection.OrderRef)
	assert.Equal(t, order.Source, h.collection.Amount)
	assert.Equal(t, adapters.FromCallback, h.collection.Origin)
	again := r.rail.Prompt(t.Context(), order)
	assert.Equal(t, adapters.Accepted, again.State, "the rail has it already")
	assert.Equal(t, "duplicateRequest", again.Code)
	c, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, h.collection.RailRef, c.RailRef)
	order.Payer.Account = "ama"
	assert.Equal(t, adapters.Failed, r.rail.Prompt(t.Context(), order).State)
}

// Who does not want to pay now may still pay: nothing is told.
func TestPromptDeclined(t *testing.T) {
	answers := make(chan int, 1)
	r := newRig(t, kit.Faults{DeclinePct: 100}, nil)
	r.callbacks.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		recorder := httptest.NewRecorder()
		r.rail.Handler().ServeHTTP(recorder, req)
		w.WriteHeader(recorder.Code)
		answers <- recorder.Code
	}))
	order := adapters.Order{Ref: "O1", Payer: messaging.Party{Account: "233244000001"}, Source: fx.Money{Minor: 4250, Currency: ghs}, Created: time.Now()}
	require.Equal(t, adapters.Accepted, r.rail.Prompt(t.Context(), order).State)
	select {
	case code := <-answers:
		assert.Equal(t, http.StatusNoContent, code)
	case <-time.After(patient):
		require.Fail(t, "no callback came")
	}
	assert.Empty(t, r.sink.calls)
}

func TestRefundReverses(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	op := r.refund(r.pay("O1", 4250))
	r.next()
	e := r.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Accepted, e.State, "%+v", e)
	h := r.next()
	assert.Equal(t, adapters.Settled, h.evidence.State, "%+v", h.evidence)
	assert.Equal(t, op.Amount, *h.evidence.Amount)
	assert.Empty(t, h.evidence.Account)
	for _, railID := range []string{e.RailID, ""} {
		op.RailID = railID
		assert.Equal(t, adapters.Settled, r.rail.Query(t.Context(), op).State)
	}
	again := r.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, again.State)
	assert.Equal(t, "duplicateRequest", again.Code)
	op.ID = "OTHER"
	other := r.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Failed, other.State, "a transaction is reversed once")
	assert.Equal(t, "incorrectState", other.Code)
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.Equal(t, kit.Total{Count: 1, Minor: 4250}, totals[kit.KindRefund][kit.Settled])
}

func TestRefundRefused(t *testing.T) {
	r := newRig(t, kit.Faults{RefundDeclinePct: 100}, nil)
	op := r.refund(r.pay("O1", 4250))
	r.next()
	greater := op
	greater.Amount.Minor++
	assert.Equal(t, adapters.Failed, r.rail.Submit(t.Context(), greater).State, "more than was paid")
	foreign := op
	foreign.CollectionRef = "TXNONE"
	assert.Equal(t, adapters.Failed, r.rail.Submit(t.Context(), foreign).State)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), op).State)
	assert.Equal(t, adapters.Failed, r.next().evidence.State)
	assert.Equal(t, adapters.Failed, r.ask(op).State)
}

func TestCallbacks(t *testing.T) {
	r := newRig(t, kit.Faults{LostCallbackPct: 100}, nil)
	path := make(chan string, 1)
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if url := req.Header.Get("X-Callback-URL"); url != "" {
			path <- url
		}
		r.sandbox.ServeHTTP(w, req)
	}))
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	url := <-path
	send := func(method, url, body, hash string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		require.NoError(t, err)
		if hash != "" {
			request.Header.Set("X-Content-Hash", hash)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	paid := `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"10.01","currency":"GHS"}`
	failed := `{"errorCategory":"businessRule","errorCode":"insufficientFunds"}`
	for name, c := range map[string]struct {
		method, url, body string
		status            int
	}{
		"paid":                {http.MethodPut, url, paid, 204},
		"by POST":             {http.MethodPost, url, paid, 204},
		"failed":              {http.MethodPut, url, failed, 204},
		"an unlisted error":   {http.MethodPut, url, strings.Replace(failed, "insufficientFunds", "x", 1), 204},
		"by GET":              {http.MethodGet, url, paid, 405},
		"a forged path":       {http.MethodPut, url[:len(url)-4] + "AAAA", paid, 404},
		"another operation":   {http.MethodPut, strings.Replace(url, "T1P", "T2P", 1), paid, 404},
		"as a reversal":       {http.MethodPut, strings.Replace(url, "/payout/", "/reversal/", 1), paid, 404},
		"no prefix":           {http.MethodPut, strings.Replace(url, prefix, "/x", 1), paid, 404},
		"another type":        {http.MethodPut, url, strings.Replace(paid, "disbursement", "reversal", 1), 400},
		"another operation's": {http.MethodPut, url, strings.Replace(paid, `"type"`, `"requestingOrganisationTransactionReference":"T2P","type"`, 1), 400},
		"a name twice":        {http.MethodPut, url, strings.Replace(paid, `"type"`, `"type":"x","type"`, 1), 400},
		"a name in two cases": {http.MethodPut, url, strings.Replace(failed, `"errorCode"`, `"ErrorCode":"x","errorCode"`, 1), 400},
		"in another case":     {http.MethodPut, url, strings.Replace(paid, `"transactionStatus"`, `"TransactionStatus"`, 1), 400},
		"of an update":        {http.MethodPut, url, `{"result":"success"}`, 400},
		"half an error":       {http.MethodPut, url, `{"errorCode":"insufficientFunds"}`, 400},
		"too large":           {http.MethodPut, url, paid + strings.Repeat(" ", 70_000), 413},
		"garbage":             {http.MethodPut, url, "\xff", 400},
	} {
		assert.Equal(t, c.status, send(c.method, c.url, c.body, ""), name)
	}
	assert.Equal(t, 400, send(http.MethodPut, url, paid, strings.Repeat("0", 64)), "the digest of another body")
	states := map[adapters.State]int{}
	for len(r.sink.calls) > 0 {
		states[r.next().evidence.State]++
	}
	assert.Equal(t, map[adapters.State]int{adapters.Settled: 2, adapters.Failed: 1, adapters.Unknown: 1}, states)
	r.sink.refuse.Store(true)
	assert.Equal(t, 503, send(http.MethodPut, url, paid, ""), "it may come again")

	notice := r.rail.NoticeURL()
	assert.Equal(t, 503, send(http.MethodPut, notice, strings.Replace(paid, "disbursement", "merchantpay", 1), ""))
	assert.Equal(t, 400, send(http.MethodPut, notice, paid, ""))
	assert.Equal(t, 400, send(http.MethodPut, notice, strings.NewReplacer("disbursement", "merchantpay", "completed", "pending").Replace(paid), ""))
}

func TestCallbackFromElsewhere(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *gsma.Config, _ *sandbox.Config) {
		c.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Settled, r.ask(payout(1)).State)
	assert.Empty(t, r.sink.calls)
}

func TestBalanceAndHeartbeat(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(_ *gsma.Config, b *sandbox.Config) { b.FloatMinor = 500 })
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	r.next()
	balances, err := r.rail.Balances(t.Context())
	require.NoError(t, err)
	minus := fx.Money{Minor: -501, Currency: ghs}
	assert.Equal(t, []adapters.Balance{{Account: "2000", Available: minus, Current: minus}}, balances)
	for _, bad := range []string{"", `{"availableBalance":"x"}`, `{"availableBalance":"1","currency":"KES"}`, `{}`, `{"currentBalance":[]}`} {
		r.answers("/balance", 200, nil, bad)
		_, err = r.rail.Balances(t.Context())
		require.Error(t, err, bad)
	}
	service, err := r.rail.Heartbeat(t.Context())
	require.NoError(t, err)
	assert.Equal(t, gsma.Available, service)
	for _, bad := range []string{"", `{}`, `{"serviceStatus":"asleep"}`} {
		r.answers("/heartbeat", 200, nil, bad)
		_, err = r.rail.Heartbeat(t.Context())
		require.Error(t, err, bad)
	}
}

func TestSandboxRefuses(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	var header http.Header
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			header = req.Header.Clone()
		}
		r.sandbox.ServeHTTP(w, req)
	}))
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	header.Del("X-Content-Hash")
	good := `{"amount":"5.5","currency":"GHS","debitParty":[{"key":"accountid","value":"2000"}],"creditParty":[{"key":"msisdn","value":"+233244000009"}]}`
	for name, c := range map[string]struct {
		kind, header, value, body string
		status                    int
		code                      string
	}{
		"good":                  {"disbursement", "", "", good, 202, ""},
		"another key":           {"disbursement", "X-API-Key", "x", good, 401, "clientAuthorisationError"},
		"another token":         {"disbursement", "Authorization", "Bearer x", good, 401, "clientAuthorisationError"},
		"another time":          {"disbursement", "X-Date", "2001-01-01T00:00:00Z", good, 401, "clientAuthorisationError"},
		"another body's digest": {"disbursement", "X-Content-Hash", "00", good, 400, "formatError"},
		"no UUID":               {"disbursement", "X-CorrelationID", "x", good, 400, "formatError"},
		"another type":          {"withdrawal", "", "", good, 400, "transactionTypeError"},
		"a zero at the end":     {"disbursement", "", "", strings.Replace(good, "5.5", "5.50", 1), 400, "formatError"},
		"another currency":      {"disbursement", "", "", strings.Replace(good, "GHS", "USD", 1), 400, "currencyNotSupported"},
		"no amount":             {"disbursement", "", "", strings.Replace(good, `"amount":"5.5",`, "", 1), 400, "mandatoryValueNotSupplied"},
		"another account":       {"disbursement", "", "", strings.Replace(good, "2000", "2001", 1), 404, "identifierError"},
		"no number":             {"disbursement", "", "", strings.Replace(good, "+233244000009", "ama", 1), 404, "identifierError"},
		"a misspelt name":       {"disbursement", "", "", strings.Replace(good, "creditParty", "creditparty", 1), 400, "formatError"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, sandbox.BasePath+"/transactions/type/"+c.kind, strings.NewReader(c.body))
		request.Header = header.Clone()
		request.Header.Set("X-CorrelationID", iso20022.UETR(name))
		if c.header != "" {
			request.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		r.sandbox.ServeHTTP(w, request)
		assert.Equal(t, c.status, w.Code, name)
		assert.Contains(t, w.Body.String(), c.code, name)
	}
}

// The same reference under another X-CorrelationID is another payout, and the books show both.
func TestSandboxPaysTwiceWhoAsksTwice(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-CorrelationID") != "" && r.payments.Load() == 2 {
			req.Header.Set("X-CorrelationID", iso20022.UETR("another"))
		}
		r.sandbox.ServeHTTP(w, req)
	}))
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, 2, totals[kit.KindPayout][kit.Settled].Count+totals[kit.KindPayout][kit.Accepted].Count)
}

func TestSandboxRestart(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 600_000}, nil)
	require.Equal(t, adapters.Accepted, r.rail.Submit(t.Context(), payout(1)).State)
	assert.Equal(t, adapters.Accepted, r.rail.Query(t.Context(), payout(1)).State)
	order := r.pay("O1", 100)
	require.NoError(t, r.sandbox.Close())
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)
	assert.Equal(t, adapters.Settled, r.rail.Query(t.Context(), payout(1)).State)
	_, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	assert.True(t, found)
}

func TestConnectionRefused(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *gsma.Config, _ *sandbox.Config) { c.BaseURL = "http://127.0.0.1:1" })
	e := r.rail.Submit(t.Context(), payout(1))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe)
}

func TestConfigRefused(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for fault, change := range map[string]func(*gsma.Config){
		"BaseURL":              func(c *gsma.Config) { c.BaseURL = "ftp://x" },
		"ClientID":             func(c *gsma.Config) { c.ClientID = "a b" },
		"APIKey":               func(c *gsma.Config) { c.APIKey = adapters.NewSecret("a b") },
		"Username":             func(c *gsma.Config) { c.Password = adapters.Secret{} },
		"TokenURL":             func(c *gsma.Config) { c.TokenURL = "x" },
		"Authorities":          func(c *gsma.Config) { c.Authorities = filepath.Join(t.TempDir(), "none") },
		"CallbackBaseURL":      func(c *gsma.Config) { c.CallbackBaseURL = "adapter.example" },
		"CallbackPrefix":       func(c *gsma.Config) { c.CallbackPrefix = adapters.NewSecret("/short") },
		"Account":              func(c *gsma.Config) { c.Account.Value = "" },
		"PartyKey":             func(c *gsma.Config) { c.PartyKey = "MSISDN" },
		"PayoutType":           func(c *gsma.Config) { c.PayoutType = "gift" },
		"OriginCountry":        func(c *gsma.Config) { c.PayoutType = gsma.TypeInternational },
		"Currency":             func(c *gsma.Config) { c.Currency = fx.Currency{} },
		"PayoutIncrementMinor": func(c *gsma.Config) { c.PayoutIncrementMinor = -1 },
		"PayoutMinMinor":       func(c *gsma.Config) { c.PayoutMaxMinor = 0 },
		"ConfirmAboveMinor":    func(c *gsma.Config) { c.ConfirmAboveMinor = -1 },
		"CallsPerSecond":       func(c *gsma.Config) { c.CallsPerSecond = -1 },
		"Timers":               func(c *gsma.Config) { c.Timers.QueryEvery = time.Hour },
		"PullEvery":            func(c *gsma.Config) { c.PullEvery = -1 },
	} {
		cfg := r.cfg
		change(&cfg)
		_, err := gsma.New(cfg, r.sink)
		var wrong *gsma.ConfigError
		require.ErrorAs(t, err, &wrong, fault)
		assert.Equal(t, fault, wrong.Field)
	}
	assert.Equal(t, "gsma", r.rail.Capabilities().Rail)
}
