package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

const secret = "a shared secret of some length"

func newServer(t *testing.T) (*sandbox.Server, string, *gcash.Signer) {
	t.Helper()
	private, public, err := gcash.NewKeyPair(gcash.MinRSABits)
	require.NoError(t, err)
	s, err := sandbox.New(sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: fx.MustCurrency("KWD"), Seed: 1},
		CallbackURL: "http://127.0.0.1:1/nobody", PayoutMaxMinor: 1_000_000, CreditorBIC: "GXCHPHM2XXX",
		Wallet: sandbox.WalletConfig{
			PartnerID: "P1", ClientID: "ayni", KeyVersion: "1", ClientKeyPEM: public,
			WalletClientID: "wallet", WalletKeyVersion: "1", PrivateKeyPEM: private,
		},
		Bank: gcash.BankConfig{ClientID: "ayni", KeyVersion: "1", Secret: secret},
	})
	require.NoError(t, err)
	api := httptest.NewServer(s)
	t.Cleanup(func() {
		api.Close()
		assert.NoError(t, s.Close())
	})
	wallet, err := gcash.NewRSASigner("ayni", "1", private)
	require.NoError(t, err)
	return s, api.URL, wallet
}

func post(t *testing.T, url, path string, signer *gcash.Signer, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, bytes.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, signer.Request(request.Header, http.MethodPost, path, body, time.Now()))
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(answer)
}

func TestRefusesMalformedRequests(t *testing.T) {
	s, url, wallet := newServer(t)
	bank, err := gcash.NewHMACSigner("ayni", "1", secret)
	require.NoError(t, err)
	for _, path := range []string{gcash.PathCreditTransfer, gcash.PathStatusRequest} {
		status, _ := post(t, url, path, bank, []byte("<Document/>"))
		assert.Equal(t, http.StatusBadRequest, status)
		status, _ = post(t, url, path, bank, []byte(strings.Repeat(" ", gcash.MaxBodyBytes+1)))
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		status, _ = post(t, url, path, wallet, []byte("<Document/>"))
		assert.Equal(t, http.StatusUnauthorized, status, "the wallet's key opens nothing at the bank")
	}
	for _, path := range []string{gcash.PathInquiryPayment, gcash.PathRefund, gcash.PathInquiryRefund} {
		for _, body := range []string{"", "{}", `{"partnerId":"P2"}`, `{"partnerId":"P1","partnerId":"P1"}`} {
			status, answer := post(t, url, path, wallet, []byte(body))
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, answer, "PARAM_ILLEGAL", path+body)
		}
	}
	totals, err := s.Totals()
	require.NoError(t, err)
	assert.Empty(t, totals)
}

func TestPayIsIdempotent(t *testing.T) {
	s, _, _ := newServer(t)
	payment := kit.CustomerPayment{OrderRef: "O1", Payer: "96550000001", PayerName: "Noor", Amount: fx.Money{Minor: 1_500, Currency: fx.MustCurrency("KWD")}}
	require.NoError(t, s.Pay(t.Context(), payment))
	require.NoError(t, s.Pay(t.Context(), payment))
	var conflict *kit.ConflictError
	payment.Amount.Minor++
	require.ErrorAs(t, s.Pay(t.Context(), payment), &conflict)
	payment.Amount.Currency = fx.MustCurrency("PHP")
	require.ErrorAs(t, s.Pay(t.Context(), payment), &conflict)
	totals, err := s.Totals()
	require.NoError(t, err)
	assert.Equal(t, kit.Totals{kit.KindCollection: {kit.Settled: {Count: 1, Minor: 1_500}}}, totals)
}
