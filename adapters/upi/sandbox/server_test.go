package sandbox_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/adapters/upi/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

var inr = fx.MustCurrency("INR")

func config(t *testing.T) sandbox.Config {
	t.Helper()
	return sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: inr, Seed: 7},
		CallbackURL: "http://127.0.0.1:1/nobody", MerchantID: "AYNI", APIKey: "key", WebhookSecret: "secret",
		MerchantVPA: "ayni@sponsor", OrgID: "159001", BankCode: "BNK", PayoutMaxMinor: 10_000_000,
	}
}

func start(t *testing.T) (*sandbox.Server, *httptest.Server) {
	t.Helper()
	s, err := sandbox.New(config(t))
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, s.Close())
	})
	return s, server
}

func post(t *testing.T, url, key string, request any) (int, upi.Answer) {
	t.Helper()
	body, err := json.Marshal(request)
	require.NoError(t, err)
	q, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	require.NoError(t, err)
	q.Header.Set(upi.HeaderMerchant, "AYNI")
	q.Header.Set(upi.HeaderAPIKey, key)
	response, err := http.DefaultClient.Do(q)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var a upi.Answer
	if response.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(raw, &a))
	}
	return response.StatusCode, a
}

func payout() upi.PayoutRequest {
	return upi.PayoutRequest{
		MerchantRequestID: "T1P", Amount: "10.00", Currency: "INR", MerchantVPA: "ayni@sponsor",
		CustomerVPA: "asha@okbank", InitiationMode: upi.ModeDefault,
	}
}

func TestRefusals(t *testing.T) {
	s, server := start(t)
	status, _ := post(t, server.URL+upi.PathPayout, "wrong", payout())
	assert.Equal(t, http.StatusUnauthorized, status)
	inward := upi.Institution{Type: "MTO", Route: "RDA", Name: "Ayni", PurposeCode: "P1301"}
	for name, change := range map[string]func(*upi.PayoutRequest){
		"id":                func(q *upi.PayoutRequest) { q.MerchantRequestID = "T-1" },
		"no decimals":       func(q *upi.PayoutRequest) { q.Amount = "10" },
		"zero":              func(q *upi.PayoutRequest) { q.Amount = "0.00" },
		"currency":          func(q *upi.PayoutRequest) { q.Currency = "KES" },
		"payer":             func(q *upi.PayoutRequest) { q.MerchantVPA = "eve@sponsor" },
		"payee":             func(q *upi.PayoutRequest) { q.CustomerVPA = "254700000000" },
		"no institution":    func(q *upi.PayoutRequest) { q.InitiationMode = upi.ModeInward },
		"no originator":     func(q *upi.PayoutRequest) { q.InitiationMode, q.Institution = upi.ModeInward, &inward },
		"needs no mode 12 ": func(q *upi.PayoutRequest) { q.Institution = &inward },
	} {
		q := payout()
		change(&q)
		_, a := post(t, server.URL+upi.PathPayout, "key", q)
		assert.Equal(t, upi.APIInvalid, a.ResponseCode, name)
	}
	_, a := post(t, server.URL+upi.PathRefund, "key", upi.RefundRequest{
		MerchantRequestID: "T1R", OriginalReferenceID: "123456789012", OriginalRefID: "R1", Amount: "1.00", Currency: "INR",
	})
	assert.Equal(t, upi.APIInvalid, a.ResponseCode, "nothing was paid")
	totals, err := s.Totals()
	require.NoError(t, err)
	assert.Empty(t, totals)
}

func TestAboveTheLimit(t *testing.T) {
	s, server := start(t)
	q := payout()
	q.Amount = "100000.01"
	_, a := post(t, server.URL+upi.PathPayout, "key", q)
	require.NotNil(t, a.Payload)
	assert.Equal(t, upi.StatusFailure, a.Payload.ResponseStatus)
	assert.Equal(t, "Z8", a.Payload.ResponseCode)
	totals, err := s.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, 1, totals[kit.KindPayout][kit.Declined].Count)
}

// IMPS pays more to an account than the network pays to a VPA, and no more than its own limit.
func TestLimitsByAddress(t *testing.T) {
	c := config(t)
	c.PayoutMaxMinor = 50_000_000
	s, err := sandbox.New(c)
	require.NoError(t, err)
	server := httptest.NewServer(s)
	defer server.Close()
	defer func() { require.NoError(t, s.Close()) }()
	for i, op := range []struct{ vpa, amount, code string }{
		{"asha@okbank", "100000.00", upi.CodePending},
		{"asha@okbank", "100000.01", "Z8"},
		{"12345678901@HDFC0001234.ifsc.npci", "500000.00", upi.CodePending},
		{"12345678901@HDFC0001234.ifsc.npci", "500000.01", "Z8"},
	} {
		q := payout()
		q.MerchantRequestID, q.CustomerVPA, q.Amount = fmt.Sprintf("T%dP", i), op.vpa, op.amount
		_, a := post(t, server.URL+upi.PathPayout, "key", q)
		require.NotNil(t, a.Payload)
		assert.Equal(t, op.code, a.Payload.ResponseCode, "%s to %s", op.amount, op.vpa)
	}
}

// The same seed gives the same receipts, whoever runs it and in whichever order.
func TestSameSeedSameReceipts(t *testing.T) {
	refs := []string{"R1", "R2", "R3"}
	receipts := func(order []string) map[string]string {
		s, _ := start(t)
		for _, ref := range order {
			p := kit.CustomerPayment{OrderRef: ref, Payer: "ravi@okbank", Amount: fx.Money{Minor: 100, Currency: inr}}
			require.NoError(t, s.Pay(t.Context(), p))
			p.Amount.Minor++
			var conflict *kit.ConflictError
			require.ErrorAs(t, s.Pay(t.Context(), p), &conflict)
		}
		found := map[string]string{}
		require.NoError(t, s.Ledger.Each(kit.KindCollection, func(op kit.Operation) bool {
			found[op.ID] = op.Ref
			return true
		}))
		return found
	}
	first := receipts(refs)
	assert.Len(t, first, 3)
	assert.Equal(t, first, receipts([]string{"R3", "R1", "R2"}))
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*sandbox.Config){
		"callback": func(c *sandbox.Config) { c.CallbackURL = "nowhere" },
		"merchant": func(c *sandbox.Config) { c.MerchantID = "" },
		"bank":     func(c *sandbox.Config) { c.BankCode = "BANK" },
		"limit":    func(c *sandbox.Config) { c.PayoutMaxMinor = 0 },
		"currency": func(c *sandbox.Config) { c.Currency = fx.Currency{} },
	} {
		c := config(t)
		change(&c)
		_, err := sandbox.New(c)
		assert.Error(t, err, name)
	}
}
