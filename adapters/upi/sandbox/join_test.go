package sandbox_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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

const patient = 20 * time.Second // only a broken test waits so long

type sink struct {
	evidence    chan adapters.Evidence
	collections chan adapters.Collection
}

func (s sink) Evidence(_ context.Context, _, _ string, e adapters.Evidence) error {
	s.evidence <- e
	return nil
}

func (s sink) Collected(_ context.Context, c adapters.Collection) error {
	s.collections <- c
	return nil
}

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patient):
		require.Fail(t, "nothing came")
		panic("unreachable")
	}
}

// The settings that come with a sandbox join an adapter to it, now and at the next start, and its settlement file says
// what its books say.
func TestJoin(t *testing.T) {
	var api, callbacks atomic.Pointer[http.Handler]
	late := func(p *atomic.Pointer[http.Handler]) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.Load()).ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		return server
	}
	options := adapters.SandboxOptions{
		Config: kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: inr, Seed: 7},
		Dir:    filepath.Join(t.TempDir(), "keys"), URL: late(&api).URL, CallbackURL: late(&callbacks).URL + "/rail",
	}
	heard := sink{make(chan adapters.Evidence, 16), make(chan adapters.Collection, 16)}
	var before []byte
	for _, run := range []string{"1", "2"} {
		server, text, err := sandbox.Open(options)
		require.NoError(t, err)
		if before == nil {
			before = text
		}
		assert.Equal(t, string(before), string(text))
		settings, err := adapters.ParseSettings(text)
		require.NoError(t, err)
		rail, err := upi.Plug().New(settings, heard)
		require.NoError(t, err)
		assert.Equal(t, upi.ProductionTimers, rail.Capabilities().Timers)
		var handler http.Handler = server
		api.Store(&handler)
		below := http.StripPrefix("/rail", rail.Handler())
		callbacks.Store(&below)

		amount := fx.Money{Minor: 30_000_000, Currency: inr}
		e := rail.Submit(t.Context(), adapters.Operation{
			ID: "T" + run + "P", Kind: messaging.KindPayout, Amount: amount,
			Beneficiary: messaging.Party{Name: "Asha Rao", Account: "12345678901@HDFC0001234.ifsc.npci"},
			Originator:  messaging.Party{Name: "Wanjiku Mwangi", Account: "254700000001", Address: "Nairobi"},
		})
		require.Equal(t, adapters.Accepted, e.State, "%+v", e)
		assert.Equal(t, adapters.Settled, next(t, heard.evidence).State)
		paid := kit.CustomerPayment{OrderRef: "R" + run, Payer: "ravi@okbank", Amount: fx.Money{Minor: 100, Currency: inr}}
		require.NoError(t, server.Pay(t.Context(), paid))
		byPayment := next(t, heard.collections)
		assert.Equal(t, byPayment, next(t, heard.collections), "its confirmation says the same")

		lines := map[string]adapters.StatementLine{}
		today := time.Now().In(upi.IndianTime)
		for _, day := range []time.Time{today.AddDate(0, 0, -1), today} { // a test may run at midnight
			file := settlementFile(t, options.URL, day)
			require.NoError(t, upi.Plug().Statement(bytes.NewReader(file), settings, func(l adapters.StatementLine) error {
				assert.NotContains(t, lines, l.Ref)
				lines[l.Ref] = l
				return nil
			}))
		}
		require.NoError(t, server.Operations(func(op kit.Operation) error {
			l := lines[op.Ref]
			assert.Equal(t, op.ID, l.Order)
			assert.Equal(t, op.Minor, l.Amount.Minor)
			assert.Equal(t, map[string]adapters.Direction{kit.KindPayout: adapters.Out, kit.KindCollection: adapters.In}[op.Kind], l.Direction)
			assert.Equal(t, op.CreatedMS/1000, l.At.Unix())
			delete(lines, op.Ref)
			return nil
		}))
		assert.Empty(t, lines)
		require.NoError(t, server.Close())
		assert.NotContains(t, string(text), "PRIVATE KEY")
	}
}

func settlementFile(t *testing.T, url string, day time.Time) []byte {
	t.Helper()
	response, err := http.Get(url + "/admin/statement?day=" + day.Format(time.DateOnly))
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(body), upi.StandardColumns.At))
	return body
}

func TestJoinNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := sandbox.Open(adapters.SandboxOptions{Dir: file})
	assert.Error(t, err)
}
