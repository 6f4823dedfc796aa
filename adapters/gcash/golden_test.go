package gcash

import (
	"context"
	"encoding/base64"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type deafSink struct{}

func (deafSink) Evidence(context.Context, string, string, adapters.Evidence) error { return nil }
func (deafSink) Collected(context.Context, adapters.Collection) error              { return nil }

// captured is what a peer received.
type captured struct {
	path   string
	header http.Header
	body   []byte
}

// capturing makes a rail at noon whose peers keep the one request and answer 500.
func capturing(t *testing.T) (*Rail, chan captured, string) {
	t.Helper()
	requests := make(chan captured, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		requests <- captured{r.URL.EscapedPath(), r.Header.Clone(), body}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	private, public, err := NewKeyPair(MinRSABits)
	require.NoError(t, err)
	r, err := New(Config{
		Currency: fx.MustCurrency("PHP"), PayoutMaxMinor: 5_000_000,
		CallbackBaseURL: "https://ayni.example", CallbackPrefix: "/0123456789abcdefghijkl",
		Wallet: WalletConfig{
			BaseURL: server.URL, PartnerID: "P1", ClientID: "ayni", KeyVersion: "1", PrivateKeyPEM: private,
			WalletClientID: "wallet", WalletKeyVersion: "2", WalletKeyPEM: public,
		},
		Bank:     BankConfig{BaseURL: server.URL, ClientID: "ayni-ph", KeyVersion: "3", Secret: "a shared secret of some length"},
		Clearing: ClearingConfig{System: "INSTAPAY", DebtorAgent: iso20022.Agent{Other: "ayni-ph"}, SponsorBIC: "BOPIPHMMXXX", CreditorBIC: "GXCHPHM2XXX"},
	}, deafSink{})
	require.NoError(t, err)
	r.now = func() time.Time { return noon }
	return r, requests, public
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func goldenPayout() adapters.Operation {
	return adapters.Operation{
		ID: "T42P", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 5_000_000, Currency: fx.MustCurrency("PHP")},
		Beneficiary: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
		Originator:  messaging.Party{Name: "Amani Otieno", Account: "amani@bank", Address: "Kenyatta Avenue 1, Nairobi"},
		Reference:   "for school", Submitted: noon,
	}
}

func TestGoldenRequests(t *testing.T) {
	r, requests, public := capturing(t)
	refund := adapters.Operation{
		ID: "T42R", Kind: messaging.KindRefund, Amount: fx.Money{Minor: 1050, Currency: fx.MustCurrency("PHP")}, CollectionRef: "PYMT1", Reference: "returned",
	}
	for _, c := range []struct {
		file, path string
		call       func() adapters.Evidence
	}{
		{"pacs.008.xml", PathCreditTransfer, func() adapters.Evidence { return r.Submit(t.Context(), goldenPayout()) }},
		{"pacs.028.xml", PathStatusRequest, func() adapters.Evidence { return r.Query(t.Context(), goldenPayout()) }},
		{"refund.json", PathRefund, func() adapters.Evidence { return r.Submit(t.Context(), refund) }},
		{"inquiryRefund.json", PathInquiryRefund, func() adapters.Evidence { return r.Query(t.Context(), refund) }},
		{"inquiryPayment.json", PathInquiryPayment, func() adapters.Evidence {
			_, _, err := r.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
			require.Error(t, err)
			return adapters.Evidence{State: adapters.Unknown}
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			assert.Equal(t, adapters.Unknown, c.call().State, "a 500 decides nothing")
			request := <-requests
			assert.Equal(t, c.path, request.path)
			golden(t, c.file, request.body)
			if request.header.Get("Content-Type") == "application/json" {
				opensslVerifies(t, public, request)
			}
		})
	}
}

// opensslVerifies checks our signature with a third program.
func opensslVerifies(t *testing.T, public string, request captured) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("NOT CROSS-CHECKED: openssl is not installed")
	}
	parts, ok := parseSignature(request.header.Get(headerSignature))
	require.True(t, ok)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	text := "POST " + request.path + "\nayni.2026-03-02T12:00:00Z." + string(request.body)
	out, err := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-verify", write("key", public),
		"-signature", write("signature", string(parts.signature)), write("text", text)).CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestGoldenSignature pins the HMAC leg: it is deterministic.
func TestGoldenSignature(t *testing.T) {
	s, err := NewHMACSigner("ayni-ph", "3", "a shared secret of some length")
	require.NoError(t, err)
	h := http.Header{}
	require.NoError(t, s.Request(h, http.MethodPost, PathCreditTransfer, []byte("<Document/>"), noon))
	raw, err := json.Marshal(h, json.Deterministic(true))
	require.NoError(t, err)
	golden(t, "signature.json", raw)
}

func TestPayoutIsTheSamePaymentAgain(t *testing.T) {
	r, _, _ := capturing(t)
	first, _, err := r.creditTransfer(goldenPayout())
	require.NoError(t, err)
	r.now = func() time.Time { return noon.Add(time.Hour) }
	again, _, err := r.creditTransfer(goldenPayout())
	require.NoError(t, err)
	assert.Equal(t, string(first), string(again))
}

func TestEvidenceOfRefusedRefunds(t *testing.T) {
	for _, c := range []struct {
		code      string
		state     adapters.State
		retrySafe bool
	}{
		{"REFUND_WINDOW_EXCEED", adapters.Failed, false},
		{"INVALID_SIGNATURE", adapters.Unknown, true},
		{"REPEAT_REQ_INCONSISTENT", adapters.Unknown, false},
		{"SOMETHING_NEW", adapters.Unknown, false},
		{"", adapters.Unknown, false},
	} {
		e := refused(adapters.Evidence{State: adapters.Unknown, Code: c.code})
		assert.Equal(t, c.state, e.State, c.code)
		assert.Equal(t, c.retrySafe, e.RetrySafe, c.code)
	}
}

func FuzzDecodeNotification(f *testing.F) {
	f.Add([]byte(`{"partnerId":"P1","paymentRequestId":"O1","paymentId":"X","paymentAmount":{"currency":"PHP","value":"100"},"paymentStatus":"SUCCESS"}`))
	f.Add([]byte(`{"paymentAmount":{"value":"9223372036854775808"}}`))
	f.Add([]byte(`{"paymentId":"a","paymentId":"b"}`))
	f.Add([]byte(`{"paymentId":"a","PaymentID":"b"}`))
	f.Add([]byte("[\xff]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, c, err := decodeNotification(body)
		if err != nil {
			return
		}
		assert.Positive(t, c.Amount.Minor)
		assert.True(t, validID(c.RailRef) && validID(c.OrderRef))
		raw, err := json.Marshal(n)
		require.NoError(t, err)
		again, same, err := decodeNotification(raw)
		require.NoError(t, err)
		assert.Equal(t, n, again)
		assert.Equal(t, c, same)
	})
}

func FuzzParseSignature(f *testing.F) {
	f.Add("algorithm=RSA256,keyVersion=1,signature=" + base64.StdEncoding.EncodeToString([]byte("x")))
	f.Add("algorithm=RSA256, keyVersion=1, signature=%2B%2F%3D%3D")
	f.Add(",,")
	f.Fuzz(func(t *testing.T, header string) {
		parts, ok := parseSignature(header)
		assert.Equal(t, ok, parts.algorithm != "" && parts.version != "" && len(parts.signature) > 0 && ok)
	})
}

// FuzzAnswers feeds the wallet's and the bank's answers to the code that decides on them: no answer may
// make money out of nothing.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"refundRequestId":"T42P","refundId":"R1","refundAmount":{"currency":"PHP","value":"5"}}`))
	f.Add([]byte(`{"result":{"resultStatus":"F","resultCode":"PROCESS_FAIL"}}`))
	report, err := iso20022.StatusReport{
		MsgID: "S1", Created: noon, OriginalMsgID: "T42P", OriginalMessage: iso20022.MessageCreditTransfer, ID: clearing.PaymentID("T42P"), Status: iso20022.AcceptedSettled,
	}.Marshal()
	require.NoError(f, err)
	f.Add(report)
	f.Fuzz(func(t *testing.T, body []byte) {
		op := goldenPayout()
		if answer, err := decode[RefundResponse](body); err == nil {
			e := ofRefund(op, answer.RefundRequestID, refundAnswered(answer))
			assert.Equal(t, e.State == adapters.Unknown, e.Err != nil)
			if e.State == adapters.Settled {
				assert.Positive(t, e.Amount.Minor)
				assert.Equal(t, op.ID, answer.RefundRequestID)
			}
		}
		e := reported(op, body, adapters.FromQuery)
		if e.State == adapters.Settled && e.Amount != nil {
			assert.Positive(t, e.Amount.Minor)
		}
	})
}
