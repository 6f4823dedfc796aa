package gcash_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

func walletSigner(tb testing.TB, client, version string) *gcash.Signer {
	tb.Helper()
	_, wallets := keys()
	s, err := gcash.NewRSASigner(client, version, wallets.private)
	require.NoError(tb, err)
	return s
}

func bankSigner(tb testing.TB, secret string) *gcash.Signer {
	tb.Helper()
	s, err := gcash.NewHMACSigner("ayni-ph", "3", secret)
	require.NoError(tb, err)
	return s
}

// notification is the wallet's word of a payment of 100 centavos.
func notification(tb testing.TB, order string) []byte {
	tb.Helper()
	body, err := json.Marshal(gcash.PaymentNotification{
		PartnerID: "P1", PaymentRequestID: order, PaymentID: "PYMT-" + order,
		PaymentAmount: gcash.Amount{Currency: "PHP", Value: "100"}, PaymentStatus: gcash.StatusSuccess,
	})
	require.NoError(tb, err)
	return body
}

func report(tb testing.TB, operation string) []byte {
	tb.Helper()
	message, err := iso20022.StatusReport{
		MsgID: "S1", Created: time.Now(), OriginalMsgID: operation, OriginalMessage: iso20022.MessageCreditTransfer,
		ID: iso20022.PaymentID{TxID: operation, UETR: iso20022.UETR(operation)}, Status: iso20022.AcceptedSettled, ClearingRef: "IPAY1",
	}.Marshal()
	require.NoError(tb, err)
	return message
}

// post sends a signed callback to the rail.
func post(tb testing.TB, b *bench, path string, body []byte, signer *gcash.Signer, at time.Time) (int, string) {
	tb.Helper()
	request := callback(tb, b, path, body, signer, at)
	return send(tb, request)
}

func callback(tb testing.TB, b *bench, path string, body []byte, signer *gcash.Signer, at time.Time) *http.Request {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, b.config.CallbackBaseURL+path, bytes.NewReader(body))
	require.NoError(tb, err)
	require.NoError(tb, signer.Request(request.Header, http.MethodPost, path, body, at))
	return request
}

func send(tb testing.TB, request *http.Request) (int, string) {
	tb.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(tb, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(tb, err)
	return response.StatusCode, string(answer)
}

func TestNotificationSignatures(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	path := prefix + gcash.PathNotifyPayment
	body := notification(t, "ORDER1")
	good := walletSigner(t, "wallet", "2")
	fresh := func() *http.Request { return callback(t, b, path, body, good, time.Now()) }
	for name, c := range map[string]struct {
		request func() *http.Request
		fault   gcash.SignatureFault
	}{
		"tampered body": {func() *http.Request {
			r := fresh()
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte(`"100"`), []byte(`"900"`), 1))), int64(len(body))
			return r
		}, gcash.SignatureMismatch},
		"tampered time": {func() *http.Request {
			r := fresh()
			r.Header.Set("Request-Time", time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
			return r
		}, gcash.SignatureMismatch},
		"signed for another path": {func() *http.Request {
			r := fresh()
			require.NoError(t, good.Request(r.Header, http.MethodPost, prefix+gcash.PathStatusReport, body, time.Now()))
			return r
		}, gcash.SignatureMismatch},
		"signed for another method": {func() *http.Request {
			r := fresh()
			require.NoError(t, good.Request(r.Header, http.MethodPut, path, body, time.Now()))
			return r
		}, gcash.SignatureMismatch},
		"clock behind":       {func() *http.Request { return callback(t, b, path, body, good, time.Now().Add(-6*time.Minute)) }, gcash.SignatureSkew},
		"clock ahead":        {func() *http.Request { return callback(t, b, path, body, good, time.Now().Add(6*time.Minute)) }, gcash.SignatureSkew},
		"another version":    {func() *http.Request { return callback(t, b, path, body, walletSigner(t, "wallet", "1"), time.Now()) }, gcash.SignatureVersion},
		"another client":     {func() *http.Request { return callback(t, b, path, body, walletSigner(t, "eve", "2"), time.Now()) }, gcash.SignatureClient},
		"the bank's secret":  {func() *http.Request { return callback(t, b, path, body, sameNameHMAC(t), time.Now()) }, gcash.SignatureAlgorithm},
		"no signature":       {func() *http.Request { r := fresh(); r.Header.Del("Signature"); return r }, gcash.SignatureMissing},
		"no time":            {func() *http.Request { r := fresh(); r.Header.Del("Request-Time"); return r }, gcash.SignatureMissing},
		"truncated":          {func() *http.Request { r := fresh(); cut(r, 40); return r }, gcash.SignatureMismatch},
		"a part twice":       {func() *http.Request { r := fresh(); swapHeader(r, "keyVersion=2", "algorithm=RSA256"); return r }, gcash.SignatureMissing},
		"an unknown part":    {func() *http.Request { r := fresh(); swapHeader(r, "keyVersion=2", "kid=2"); return r }, gcash.SignatureMissing},
		"not base64":         {func() *http.Request { r := fresh(); swapHeader(r, "signature=", "signature=*"); return r }, gcash.SignatureMissing},
		"algorithm is empty": {func() *http.Request { r := fresh(); swapHeader(r, "algorithm=RSA256", "algorithm="); return r }, gcash.SignatureMissing},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := send(t, c.request())
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.Contains(t, answer, string(c.fault))
			assert.Empty(t, b.sink.heard)
		})
	}
	status, _ := send(t, fresh())
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ORDER1", b.sink.next(t).collection.OrderRef)
}

func sameNameHMAC(t *testing.T) *gcash.Signer {
	t.Helper()
	s, err := gcash.NewHMACSigner("wallet", "2", secret)
	require.NoError(t, err)
	return s
}

// cut takes n base64 characters away, which is a whole number of bytes.
func cut(r *http.Request, n int) {
	header := r.Header.Get("Signature")
	name, value, _ := strings.Cut(header, ",signature=")
	plain, _ := url.QueryUnescape(value)
	r.Header.Set("Signature", name+",signature="+url.QueryEscape(plain[n:]))
}

func swapHeader(r *http.Request, old, by string) {
	r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), old, by, 1))
}

func TestAcknowledgementIsSigned(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	ours, _ := keys()
	verifier, err := gcash.NewRSAVerifier("ayni", "1", ours.public, time.Minute)
	require.NoError(t, err)
	path := prefix + gcash.PathNotifyPayment
	for _, order := range []string{"ORDER1", "ORDER2"} { // the second meets the cached signature
		response, err := http.DefaultClient.Do(callback(t, b, path, notification(t, order), walletSigner(t, "wallet", "2"), time.Now()))
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.NoError(t, verifier.Response(response.Header, http.MethodPost, path, body, time.Now()))
		var ack gcash.ResultOnly
		require.NoError(t, json.Unmarshal(body, &ack))
		assert.Equal(t, gcash.ResultSuccess, ack.Result.ResultStatus)
	}
}

func TestMalformedCallbacks(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	wallet, bank := walletSigner(t, "wallet", "2"), bankSigner(t, secret)
	good := string(notification(t, "ORDER1"))
	for name, body := range map[string]string{
		"not JSON":         "PYMT",
		"duplicate name":   strings.Replace(good, `"paymentId"`, `"paymentId":"x","paymentId"`, 1),
		"other case":       strings.Replace(good, `"paymentId"`, `"PaymentID"`, 1),
		"both cases":       strings.Replace(good, `"paymentId"`, `"paymentID":"x","paymentId"`, 1),
		"optional, other":  strings.Replace(good, `"paymentId"`, `"CustomerID":"x","paymentId"`, 1),
		"inside, other":    strings.Replace(good, `"currency"`, `"Value":"900","currency"`, 1),
		"unread, both":     strings.Replace(good, `"paymentId"`, `"extendInfo":"x","ExtendInfo":"y","paymentId"`, 1),
		"nested deeply":    strings.Replace(good, `"paymentId"`, `"extendInfo":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`,"paymentId"`, 1),
		"amount a number":  strings.Replace(good, `"100"`, `100`, 1),
		"decimal amount":   strings.Replace(good, `"100"`, `"1.00"`, 1),
		"exponent":         strings.Replace(good, `"100"`, `"1e2"`, 1),
		"negative":         strings.Replace(good, `"100"`, `"-100"`, 1),
		"signed":           strings.Replace(good, `"100"`, `"+100"`, 1),
		"zero":             strings.Replace(good, `"100"`, `"0"`, 1),
		"overflow":         strings.Replace(good, `"100"`, `"9223372036854775808"`, 1),
		"empty amount":     strings.Replace(good, `"100"`, `""`, 1),
		"unknown currency": strings.Replace(good, `"PHP"`, `"php"`, 1),
		"unknown status":   strings.Replace(good, `"SUCCESS"`, `"MAYBE"`, 1),
		"no order":         strings.Replace(good, `"ORDER1"`, `""`, 1),
		"another partner":  strings.Replace(good, `"P1"`, `"P2"`, 1),
		"invalid UTF-8":    strings.Replace(good, `"ORDER1"`, "\"\xff\"", 1),
		"long id":          strings.Replace(good, `"ORDER1"`, `"`+strings.Repeat("x", 65)+`"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, good, body)
			status, answer := post(t, b, prefix+gcash.PathNotifyPayment, []byte(body), wallet, time.Now())
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, answer, `"PARAM_ILLEGAL"`)
			assert.Empty(t, b.sink.heard)
		})
	}
	message := string(report(t, "T1P"))
	for name, body := range map[string]string{
		"not XML":           "{}",
		"another operation": strings.Replace(message, "<OrgnlTxId>T1P<", "<OrgnlTxId>T2P<", 1),
		"another UETR":      strings.Replace(message, iso20022.UETR("T1P"), iso20022.UETR("T2P"), 1),
		"another message":   strings.Replace(message, "<OrgnlMsgId>T1P<", "<OrgnlMsgId>T2P<", 1),
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, message, body)
			status, _ := post(t, b, prefix+gcash.PathStatusReport, []byte(body), bank, time.Now())
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Empty(t, b.sink.heard)
		})
	}
	status, _ := post(t, b, prefix+gcash.PathStatusReport, bytes.Repeat([]byte(" "), gcash.MaxBodyBytes+1), bank, time.Now())
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	status, _ = post(t, b, "/cb_another_prefix_of_the_same_form"+gcash.PathStatusReport, []byte(message), bank, time.Now())
	assert.Equal(t, http.StatusNotFound, status)
	status, _ = post(t, b, prefix+gcash.PathStatusReport, []byte(message), bankSigner(t, "quite another secret"), time.Now())
	assert.Equal(t, http.StatusUnauthorized, status)
}

func TestReportOnTheWholeMessage(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	body := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt><GrpHdr><MsgId>S1</MsgId><CreDtTm>2026-03-02T04:05:06Z</CreDtTm></GrpHdr>` +
		`<OrgnlGrpInfAndSts><OrgnlMsgId>T1P</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts></FIToFIPmtStsRpt></Document>`
	status, _ := post(t, b, prefix+gcash.PathStatusReport, []byte(body), bankSigner(t, secret), time.Now())
	assert.Equal(t, http.StatusOK, status)
	h := b.sink.next(t)
	assert.Equal(t, "T1P", h.operation)
	assert.Equal(t, adapters.Failed, h.evidence.State)
	assert.Equal(t, "FF01", h.evidence.Reason)
}

// BenchmarkNotify measures one notification end to end: the wallet's signature, HTTP, our verification,
// the sink, and the signed acknowledgement.
func BenchmarkNotify(b *testing.B) {
	bed := newBench(b, kit.Faults{}, nil)
	signer := walletSigner(b, "wallet", "2")
	body := notification(b, "ORDER1")
	for b.Loop() {
		status, _ := post(b, bed, prefix+gcash.PathNotifyPayment, body, signer, time.Now())
		if status != http.StatusOK {
			b.Fatal(status)
		}
		<-bed.sink.heard
	}
}

// BenchmarkPayout measures payouts end to end, 64 at a time, the sandbox's side included: pacs.008, its
// answer and the callback.
func BenchmarkPayout(b *testing.B) {
	bed := newBench(b, kit.Faults{}, func(_ *gcash.Config, s *sandbox.Config) { s.Workers = 16 })
	var count atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			bed.rail.Submit(b.Context(), payout("T"+strconv.FormatInt(count.Add(1), 10)))
			<-bed.sink.heard
		}
	})
}
