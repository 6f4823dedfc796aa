package bank_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/adapters/bank/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// certified is a rig whose sides show each other certificates, both ways.
type certified struct {
	*rig
	dir       string // of the files that the sandbox made
	api, back string // where the bank is called, and where it calls
}

func newCertified(t *testing.T) certified {
	t.Helper()
	listen := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		return listener
	}
	api, back := listen(), listen()
	c := certified{
		rig: &rig{t: t, link: newSwitch()}, dir: t.TempDir(), api: "https://" + api.Addr().String(), back: "https://" + back.Addr().String(),
	}
	opened, text, err := sandbox.Open(adapters.SandboxOptions{
		Config: kit.Config{LedgerPath: filepath.Join(c.dir, "ledger"), Currency: euro, Seed: 7},
		Dir:    c.dir, URL: c.api, CallbackURL: c.back, Timers: impatient,
	})
	require.NoError(t, err)
	server, ok := opened.(*sandbox.Server)
	require.True(t, ok)
	c.sandbox = server
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	settings, err := adapters.ParseSettings(text)
	require.NoError(t, err)
	c.rig.dir = filepath.Join(c.dir, "runner")
	c.make = func(sink adapters.Sink) (*bank.Rail, error) {
		rail, err := bank.Plug().New(settings, sink)
		return rail.(*bank.Rail), err
	}
	c.run()
	own, err := adapters.Certificate{Certificate: filepath.Join(c.dir, sandbox.CertificateFile), Key: filepath.Join(c.dir, sandbox.KeyFile)}.Listening()
	require.NoError(t, err)
	for _, side := range []struct {
		listener net.Listener
		config   *tls.Config
		handler  http.Handler
	}{{api, server.TLS(), server}, {back, own, c.rail.Handler()}} {
		served := &http.Server{Handler: side.handler, TLSConfig: side.config, ReadHeaderTimeout: patience}
		go func() { _ = served.ServeTLS(side.listener, "", "") }()
		t.Cleanup(func() { assert.NoError(t, served.Close()) })
	}
	return c
}

// TestCertificatesBothWays: money moves both ways, and nobody else is heard.
func TestCertificatesBothWays(t *testing.T) {
	c := newCertified(t)
	for _, o := range c.instruct(3) {
		assert.Equal(t, messaging.OutcomePaid, o.State)
	}
	_, err := c.runner.PlaceOrders(t.Context(), []adapters.OrderRequest{{
		Ref: "ORDER1", To: "beyond", Fixed: fx.FixedSource, Amount: messaging.NewAmount(euros(500)),
		Payer: messaging.Party{Name: "Ada Example", Account: "DE001"}, Creditor: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
	}})
	require.NoError(t, err)
	require.NoError(t, c.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: "ORDER1", Payer: "DE001", PayerName: "Ada Example", Amount: euros(500)}))
	c.taken("ORDER1")

	stranger := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for url, status := range map[string]int{
		c.api + bank.PathCreditTransfer:                                        http.StatusUnauthorized,
		c.back + secret(t, c.dir, "callback_prefix") + bank.PathCreditTransfer: http.StatusForbidden,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte("<Document/>")))
		require.NoError(t, err)
		request.Header.Set("Content-Type", bank.ContentType)
		request.Header.Set("Authorization", "Bearer "+secret(t, c.dir, map[int]string{http.StatusUnauthorized: "token", http.StatusForbidden: "bank_token"}[status]))
		response, err := stranger.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, status, response.StatusCode, "the token alone is not enough")
	}
}

// TestExpiredCertificate: behind a certificate that is past its end nothing is sent, nothing is taken, and nothing fails.
func TestExpiredCertificate(t *testing.T) {
	c := newCertified(t)
	require.NoError(t, c.sandbox.SetFaults(kit.Faults{ExpiredCertificate: true}))
	e := c.rail.Submit(t.Context(), adapters.Operation{
		ID: "T9P", Kind: messaging.KindPayout, Amount: euros(100), Submitted: time.Now(),
		Originator: messaging.Party{Name: "Maria Santos", Account: "639170000001"}, Beneficiary: messaging.Party{Name: "Ada Example", Account: "DE001"},
	})
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe, "nobody was spoken to")
	require.ErrorContains(t, e.Err, "expired")

	require.NoError(t, c.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: "NOBODY", Payer: "DE001", PayerName: "Ada Example", Amount: euros(500)}))
	assert.Never(t, func() bool {
		delivery, found, err := c.sandbox.Ledger.Get("delivery", "NOBODY")
		return err == nil && found && delivery.State != kit.Accepted
	}, 200*time.Millisecond, 10*time.Millisecond, "not heard")

	require.NoError(t, c.sandbox.SetFaults(kit.Faults{}))
	require.Eventually(t, func() bool {
		delivery, _, err := c.sandbox.Ledger.Get("delivery", "NOBODY")
		return err == nil && delivery.State == kit.Declined
	}, patience, 10*time.Millisecond, "heard, and there is no such order")
}
