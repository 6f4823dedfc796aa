package upi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
)

var adapter = sync.OnceValue(func() identity {
	signer, certificate, err := sandbox.NewIdentity("test adapter", time.Now())
	if err != nil {
		panic(err)
	}
	return identity{signer, certificate}
})

// wholeWay has both sides sign.
func wholeWay(c *upi.Config, s *sandbox.Config) {
	c.Signer, c.MerchantName, s.AdapterCertificate = adapter().signer, "Ayni", adapter().certificate
}

// recorder passes on what comes, and keeps it.
type recorder struct {
	next http.Handler
	seen chan recorded
}

type recorded struct {
	path string
	body []byte
}

func record(next http.Handler) *recorder {
	return &recorder{next: next, seen: make(chan recorded, 1024)}
}

func (p *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		p.seen <- recorded{r.URL.Path, body}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.next.ServeHTTP(w, r)
}

// response waits for the answer of that name, whose signature must be the adapter's.
func (p *recorder) response(t *testing.T, path, message string) (upi.Response, []byte) {
	t.Helper()
	for limit := time.After(patient); ; {
		select {
		case got := <-p.seen:
			if got.path != path {
				continue
			}
			response, err := upi.ParseResponse(got.body, message, upi.NewVerifier(adapter().certificate))
			require.NoError(t, err)
			return response, got.body
		case <-limit:
			require.Fail(t, "no "+message)
		}
	}
}

// A customer's payment goes the whole way, and what is told twice is one payment.
func TestWholeWay(t *testing.T) {
	for name, faults := range map[string]kit.Faults{"in order": {}, "confirmed before it is paid": {ReorderPct: 100}} {
		r := newRig(t, faults, wholeWay)
		heard := record(r.sandbox)
		r.api.set(heard)
		require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
		first, second := r.sink.next(t).collection, r.sink.next(t).collection
		assert.Equal(t, first, second, name)
		assert.Equal(t, payment().Amount, first.Amount)
		assert.Equal(t, "R1", first.OrderRef)

		seen := map[string]upi.Response{}
		for limit := time.After(patient); len(seen) < 3; {
			select {
			case got := <-heard.seen:
				message := map[string]string{
					upi.PathPaid: upi.MessagePaid, upi.PathConfirmed: upi.MessageConfirmed, upi.PathAuthorised: upi.MessageAuthorised,
				}[got.path]
				response, err := upi.ParseResponse(got.body, message, upi.NewVerifier(adapter().certificate))
				require.NoError(t, err)
				seen[message] = response
			case <-limit:
				require.Fail(t, "not the whole way", "%s: %v", name, seen)
			}
		}
		assert.Equal(t, "Ayni", seen[upi.MessageAuthorised].PayeeName)
		assert.Equal(t, first.RailRef, seen[upi.MessagePaid].CustRef)
		assert.Equal(t, "2500.75", seen[upi.MessagePaid].Payee.Settled)
		assert.Equal(t, upi.StatusSuccess, seen[upi.MessageConfirmed].Result)

		c, found, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now(), AskFor: first.RailRef})
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, first.RailRef, c.RailRef)
		_, found, err = r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now(), AskFor: "000000000000"})
		require.NoError(t, err)
		assert.False(t, found, "another payment is another payment")
	}
}

// A sandbox that knows the adapter's certificate takes nothing unsigned.
func TestUnsignedQuestion(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, s *sandbox.Config) {
		wholeWay(c, s)
		c.Signer = nil
	})
	_, _, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
	assert.ErrorContains(t, err, "400")
}

// A message that comes again is answered with the same bytes, also by the next process.
func TestSameAnswerForEver(t *testing.T) {
	r := newRig(t, kit.Faults{}, wholeWay)
	heard := record(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	r.api.set(heard)
	body, err := request("R1").Marshal(r.signer)
	require.NoError(t, err)
	status, _ := r.post(prefix+upi.PathPay, "", body)
	require.Equal(t, http.StatusOK, status)
	answer, first := heard.response(t, upi.PathPaid, upi.MessagePaid)
	assert.Equal(t, "BNKmsg", answer.ReqMsgID)
	assert.Equal(t, "BNKtxn", answer.TxnID)

	again, err := upi.New(r.cfg, r.sink)
	require.NoError(t, err)
	next := httptest.NewServer(again.Handler())
	defer next.Close()
	response, err := http.Post(next.URL+prefix+upi.PathPay, "application/xml", bytes.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	_, second := heard.response(t, upi.PathPaid, upi.MessagePaid)
	assert.Equal(t, string(first), string(second))
}

// remembering is a sink that wants to know of payments that are taken back.
type remembering struct {
	*sink
	reversed chan adapters.Collection
}

func (s remembering) Reversed(_ context.Context, c adapters.Collection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.reversed <- c
	}
	return s.err
}

// ear is the rig's adapter with a sink that remembers, on a server of its own.
func (r *rig) ear() remembering {
	r.t.Helper()
	s := remembering{r.sink, make(chan adapters.Collection, 16)}
	rail, err := upi.New(r.cfg, s)
	require.NoError(r.t, err)
	server := httptest.NewServer(rail.Handler())
	r.t.Cleanup(server.Close)
	r.adapter = server
	return s
}

func TestReversal(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	s := r.ear()
	undo := request("R1")
	undo.Type, undo.CustRef, undo.OriginalRRN, undo.OriginalTxnID = upi.TypeReversal, "999999999999", "123456789012", "BNKtxn"
	body, err := undo.Marshal(r.signer)
	require.NoError(t, err)
	status, _ := r.post(prefix+upi.PathPay, "", body)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, adapters.Collection{
		OrderRef: "R1", RailRef: "123456789012", Amount: undo.Amount, Payer: "ravi@okbank", Origin: adapters.FromCallback,
	}, <-s.reversed)

	r.sink.fail(errors.New("disk full"))
	status, _ = r.post(prefix+upi.PathPay, "", body)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	r.sink.fail(nil)

	undo.PayeeVPA = "eve@sponsor"
	body, err = undo.Marshal(r.signer)
	require.NoError(t, err)
	status, _ = r.post(prefix+upi.PathPay, "", body)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Empty(t, s.reversed)
	r.silent()
}

func confirmation(result, code string, legs ...string) upi.Confirmation {
	leg := func(vpa, code string) upi.Leg {
		return upi.Leg{VPA: vpa, Code: code, Settled: "50.00", Currency: "INR"}
	}
	return upi.Confirmation{
		Head: upi.Head{OrgID: "159001", MsgID: "BNKc", Time: time.Now()}, TxnID: "BNKct", RefID: "R1", CustRef: "123456789012",
		OriginalTxnID: "BNKtxn", Verdict: upi.Verdict{
			Result: result, ErrCode: code, Payer: leg("ravi@okbank", legs[0]), Payee: leg("ayni@sponsor", legs[1]),
		},
	}
}

// A confirmation is a payment's first word where its ReqPay was lost, and its last where it failed after all.
func TestConfirmation(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	s := r.ear()
	send := func(c upi.Confirmation, signer *upi.Signer) int {
		body, err := c.Marshal(signer)
		require.NoError(t, err)
		status, _ := r.post(prefix+upi.PathConfirmation, "", body)
		return status
	}
	want := adapters.Collection{
		OrderRef: "R1", RailRef: "123456789012", Amount: fx.Money{Minor: 5000, Currency: inr}, Payer: "ravi@okbank", Origin: adapters.FromCallback,
	}
	assert.Equal(t, http.StatusOK, send(confirmation(upi.StatusSuccess, "", "00", "00"), r.signer))
	assert.Equal(t, want, r.sink.next(t).collection)
	assert.Equal(t, http.StatusOK, send(confirmation(upi.StatusFailure, "U30", "U30", "U30"), r.signer))
	assert.Equal(t, want, <-s.reversed)

	for name, c := range map[string]upi.Confirmation{
		"deemed":        confirmation(upi.StatusDeemed, upi.CodeDeemed, "00", upi.CodeDeemed),
		"one side":      confirmation(upi.StatusSuccess, "", "00", "01"),
		"an unknown no": confirmation(upi.StatusFailure, "X9", "X9", "X9"),
		"a timeout":     confirmation(upi.StatusFailure, upi.CodeTimeout, "UP", "UP"),
	} {
		assert.Equal(t, http.StatusOK, send(c, r.signer), name)
	}
	stranger := confirmation(upi.StatusSuccess, "", "00", "00")
	stranger.Payee.VPA = "eve@sponsor"
	assert.Equal(t, http.StatusBadRequest, send(stranger, r.signer))
	vague := confirmation(upi.StatusSuccess, "", "00", "00")
	vague.Payee.Settled = ""
	assert.Equal(t, http.StatusBadRequest, send(vague, r.signer))
	assert.Equal(t, http.StatusUnauthorized, send(confirmation(upi.StatusSuccess, "", "00", "00"), nil))
	assert.Empty(t, s.reversed)
	r.silent()
}

func TestAuthorisation(t *testing.T) {
	r := newRig(t, kit.Faults{}, wholeWay)
	heard := record(r.sandbox)
	r.api.set(heard)
	for payee, result := range map[string]string{"ayni@sponsor": upi.StatusSuccess, "eve@sponsor": upi.StatusFailure} {
		who := request("R1")
		who.Message, who.Type, who.CustRef, who.PayeeVPA = upi.MessageAuthorisation, "PAY", "", payee
		body, err := who.Marshal(r.signer)
		require.NoError(t, err)
		status, _ := r.post(prefix+upi.PathAuthorisation, "", body)
		assert.Equal(t, http.StatusOK, status)
		answer, _ := heard.response(t, upi.PathAuthorised, upi.MessageAuthorised)
		assert.Equal(t, result, answer.Result, payee)
	}
	r.silent()
}

// An answer counts for the question that was asked, once, and only with the PSP's signature.
func TestAnswersToQuestions(t *testing.T) {
	stale, _, err := sandbox.NewIdentity("stale", time.Now().Add(-3*365*24*time.Hour))
	require.NoError(t, err)
	leg := func(vpa string) upi.Leg { return upi.Leg{VPA: vpa, Code: "00", Settled: "50.00", Currency: "INR"} }
	good := func(q upi.CheckRequest) upi.Response {
		return upi.Response{
			Message: upi.MessageChecked, Head: upi.Head{OrgID: "159001", MsgID: "BNKa", Time: time.Now()}, TxnID: q.TxnID, Type: "ChkTxn",
			RefID: q.RefID, CustRef: "123456789012", ReqMsgID: q.Head.MsgID,
			Verdict: upi.Verdict{Result: upi.StatusSuccess, Payer: leg("ravi@okbank"), Payee: leg("ayni@sponsor")},
		}
	}
	for name, c := range map[string]struct {
		change   func(*upi.Response)
		ack      func(*upi.Ack)
		signer   *upi.Signer
		statuses []int // of the answer, each time that it comes
		found    bool
		fault    string
	}{
		"twice":               {signer: psp().signer, statuses: []int{200, 400}, found: true},
		"to another question": {signer: psp().signer, change: func(c *upi.Response) { c.ReqMsgID = "BNKother" }, statuses: []int{400}, fault: "deadline"},
		"about another order": {signer: psp().signer, change: func(c *upi.Response) { c.RefID = "R2" }, statuses: []int{200}, fault: "another question"},
		"unsigned":            {statuses: []int{401}, fault: "deadline"},
		"signed by another":   {signer: adapter().signer, statuses: []int{401}, fault: "deadline"},
		"signed long ago":     {signer: stale, statuses: []int{401}, fault: "deadline"},
		"not there yet":       {signer: psp().signer, change: func(c *upi.Response) { c.Result, c.ErrCode = upi.StatusFailure, "U48" }, statuses: []int{200}},
		"deemed":              {signer: psp().signer, change: func(c *upi.Response) { c.Result, c.Payee.Code = upi.StatusDeemed, "RB" }, statuses: []int{200}},
		"refused question":    {ack: func(a *upi.Ack) { a.Err = "BUSY" }, fault: "refused"},
		"another's Ack":       {ack: func(a *upi.Ack) { a.ReqMsgID = "BNKother" }, fault: "another message"},
		"another Ack":         {ack: func(a *upi.Ack) { a.API = "ReqPay" }, fault: "another message"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Faults{}, func(cfg *upi.Config, _ *sandbox.Config) { cfg.CheckTimeout = time.Second })
			statuses := make(chan int, 2)
			r.api.set(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				body, err := io.ReadAll(request.Body)
				assert.NoError(t, err)
				q, err := upi.ParseCheckRequest(body, nil)
				assert.NoError(t, err)
				response := good(q)
				if c.change != nil {
					c.change(&response)
				}
				message, err := response.Marshal(c.signer)
				assert.NoError(t, err)
				for range c.statuses {
					status, _ := r.post(prefix+upi.PathChecked, "", message)
					statuses <- status
				}
				ack := upi.Ack{API: upi.MessageCheck, ReqMsgID: q.Head.MsgID, Time: time.Now()}
				if c.ack != nil {
					c.ack(&ack)
				}
				body, err = ack.Marshal()
				assert.NoError(t, err)
				_, _ = w.Write(body)
			}))
			_, found, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
			assert.Equal(t, c.found, found)
			if c.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.fault)
			}
			for _, want := range c.statuses {
				assert.Equal(t, want, <-statuses)
			}
		})
	}
}

// Who stands elsewhere finds nothing behind the right path, whatever a header says.
func TestForeignSource(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, _ *sandbox.Config) {
		c.Sources = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	})
	body, err := request("R1").Marshal(r.signer)
	require.NoError(t, err)
	for _, path := range []string{upi.PathWebhook, upi.PathPay, upi.PathChecked, upi.PathConfirmation, upi.PathAuthorisation} {
		q, err := http.NewRequest(http.MethodPost, r.adapter.URL+prefix+path, bytes.NewReader(body))
		require.NoError(t, err)
		q.Header.Set("X-Forwarded-For", "203.0.113.7")
		response, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
	r.silent()
}
