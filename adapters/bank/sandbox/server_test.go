package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/adapters/bank/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const patience = 20 * time.Second

// TestPaymentIsSentUntilItIsAnswered: silence and refusals of the moment are no answer, not even across a restart; the
// first answer stays.
func TestPaymentIsSentUntilItIsAnswered(t *testing.T) {
	var heard atomic.Int64
	var answers atomic.Bool
	adapter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		sent, err := iso20022.ParseCreditTransfer(body)
		assert.NoError(t, err)
		assert.Equal(t, "Bearer the bank's own token", r.Header.Get("Authorization"))
		heard.Add(1)
		if !answers.Load() {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		report, err := iso20022.StatusReport{
			MsgID: "S1", Created: time.Now(), OriginalMsgID: sent.MsgID, OriginalMessage: iso20022.MessageCreditTransfer, ID: sent.ID,
			Status: map[string]iso20022.Status{"S1": iso20022.AcceptedInProgress, "S2": iso20022.Rejected}[sent.ID.TxID], Reason: "AC04",
		}.Marshal()
		assert.NoError(t, err)
		_, _ = w.Write(report)
	}))
	t.Cleanup(adapter.Close)
	config := sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: fx.MustCurrency("EUR"), Seed: 1},
		CallbackURL: adapter.URL, BIC: "AYNIXXBKXXX", Agent: iso20022.Agent{Other: "ayni"}, Token: "the adapter's token", BankToken: "the bank's own token",
		PayoutMaxMinor: 100,
	}
	first, err := sandbox.New(config)
	require.NoError(t, err)
	for _, id := range []string{"S1", "S2"} {
		require.NoError(t, first.Pay(t.Context(), kit.CustomerPayment{
			OrderRef: id, Payer: "DE001", PayerName: "Ada Example", Amount: fx.Money{Minor: 100, Currency: fx.MustCurrency("EUR")},
		}))
	}
	require.Eventually(t, func() bool { return heard.Load() >= 6 }, patience, time.Millisecond)
	require.NoError(t, first.Close())
	answers.Store(true)
	second, err := sandbox.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, second.Close()) })
	one := kit.Total{Count: 1, Minor: 100}
	require.Eventually(t, func() bool {
		totals, err := second.Totals()
		require.NoError(t, err)
		return totals["delivery"][kit.Settled] == one && totals["delivery"][kit.Declined] == one && totals[kit.KindRefund][kit.Settled] == one
	}, patience, time.Millisecond)
}

func TestRefusesStrangersAndNonsense(t *testing.T) {
	server, err := sandbox.New(sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: fx.MustCurrency("EUR"), Seed: 1},
		CallbackURL: "http://127.0.0.1:1/nobody", BIC: "AYNIXXBKXXX", Token: "the adapter's token",
	})
	require.NoError(t, err)
	api := httptest.NewServer(server)
	t.Cleanup(func() {
		api.Close()
		assert.NoError(t, server.Close())
	})
	post := func(path, token, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+path, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	for _, path := range []string{bank.PathCreditTransfer, bank.PathPaymentReturn, bank.PathStatusRequest} {
		assert.Equal(t, http.StatusUnauthorized, post(path, "another token", "<Document/>"))
		assert.Equal(t, http.StatusBadRequest, post(path, "the adapter's token", "<Document/>"))
	}
	totals, err := server.Totals()
	require.NoError(t, err)
	assert.Empty(t, totals)
}
