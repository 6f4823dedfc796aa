package gsma_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gsma"
	"github.com/ayni-switch/ayni/adapters/gsma/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Behind a certificate that is past its end nothing is sent, and nothing fails.
func TestExpiredCertificate(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	opened, text, err := sandbox.Open(adapters.SandboxOptions{
		Config: kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: ghs, Seed: 1},
		Dir:    t.TempDir(), URL: "https://" + listener.Addr().String(), CallbackURL: r.adapter, Timers: impatient,
	})
	require.NoError(t, err)
	server, ok := opened.(*sandbox.Server)
	require.True(t, ok)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	api := &http.Server{Handler: server, ReadHeaderTimeout: patient}
	go func() { _ = api.Serve(tls.NewListener(listener, server.TLS())) }()
	t.Cleanup(func() { assert.NoError(t, api.Close()) })
	settings, err := adapters.ParseSettings(text)
	require.NoError(t, err)
	rail, err := gsma.Plug().New(settings, r.sink)
	require.NoError(t, err)

	require.NoError(t, server.SetFaults(kit.Faults{ExpiredCertificate: true}))
	e := rail.Submit(t.Context(), payout(10))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe, "nobody was spoken to")
	require.ErrorContains(t, e.Err, "expired")
	e = rail.Query(t.Context(), payout(10))
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe)

	require.NoError(t, server.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Accepted, rail.Submit(t.Context(), payout(10)).State)

	require.NoError(t, server.SetFaults(kit.Faults{ExpiredCertificate: true}))
	n := 2
	for ; n < 10 && rail.Submit(t.Context(), payout(10*n)).State == adapters.Accepted; n++ {
	}
	assert.Less(t, n, 10, "who is in does not stay")
	require.NoError(t, server.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Accepted, rail.Submit(t.Context(), payout(10*n)).State)
}
