package adapter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
)

// TestCallbacksEndTLSHere: whoever calls sees our certificate, and the rail sees whose certificate that caller has.
func TestCallbacksEndTLSHere(t *testing.T) {
	identity, err := sandbox.NewIdentity("", time.Now())
	require.NoError(t, err)
	own, dir := adapters.Certificate{}, t.TempDir()
	certificate, key := identity.Files()
	own.Certificate, own.Key = filepath.Join(dir, "own.pem"), filepath.Join(dir, "own.key")
	require.NoError(t, os.WriteFile(own.Certificate, certificate, 0o600))
	require.NoError(t, os.WriteFile(own.Key, key, 0o600))
	secure, err := own.Listening()
	require.NoError(t, err)
	gate, err := adapters.Callers{Pins: identity.Pins()}.Open()
	require.NoError(t, err)

	ctx, stop := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	address, err := serve(ctx, group, "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := gate.Admits(r.TLS, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}), secure)
	require.NoError(t, err)
	authorities := x509.NewCertPool()
	require.True(t, authorities.AppendCertsFromPEM(identity.Authority()))
	for want, config := range map[int]*tls.Config{
		http.StatusForbidden: {MinVersion: tls.VersionTLS12, RootCAs: authorities},
		http.StatusOK:        identity.Calling(func() sandbox.Faults { return sandbox.Faults{} }, authorities),
	} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address.String(), http.NoBody)
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode)
	}
	stop()
	require.NoError(t, group.Wait())
}

// TestCertificateOfCallbacks: one that is not there is told at once.
func TestCertificateOfCallbacks(t *testing.T) {
	_, err := ParseConfig([]byte(`
participant: bank-de
switch: {url: "nats://127.0.0.1:1", key: x, signing_seed: "file:run_test.go"}
callbacks_tls: {certificate: nowhere.pem, key: nowhere.pem}
rail: bank
settings: {currency: EUR}
`))
	require.ErrorContains(t, err, "callbacks_tls")
}
