package site_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/ops/site"
)

// identity writes a fresh certificate and its key over the files, and returns who signed it.
func identity(t *testing.T, files adapters.Certificate) *x509.CertPool {
	t.Helper()
	fresh, err := sandbox.NewIdentity("", time.Now())
	require.NoError(t, err)
	chain, key := fresh.Files()
	require.NoError(t, os.WriteFile(files.Key, key, 0o600))
	require.NoError(t, os.WriteFile(files.Certificate, chain, 0o600))
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(fresh.Authority()))
	return pool
}

func ask(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	return answer.Body.Close()
}

func caller(known *x509.CertPool) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: known, MinVersion: tls.VersionTLS12}}}
}

// Certificates are renewed under a server that runs: new connections have the new one, those that are open stay open,
// and files that are half written or broken end nothing.
func TestCertificatesAreRenewedWhileTheSiteServes(t *testing.T) {
	dir, said := t.TempDir(), &bytes.Buffer{}
	files := adapters.Certificate{Certificate: filepath.Join(dir, "tls.pem"), Key: filepath.Join(dir, "tls.key")}
	first := identity(t, files)
	kept, err := site.NewCertificates(files, "", slog.New(slog.NewTextHandler(said, nil)))
	require.NoError(t, err)
	dials := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS, server.Config.ErrorLog = kept.TLS(), slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	defer server.Close()
	open := caller(first)
	defer open.CloseIdleConnections()
	open.Transport.(*http.Transport).TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { dials++; return nil }
	require.NoError(t, ask(t, open, server.URL))

	second := identity(t, files)
	fresh := func(known *x509.CertPool) error {
		client := caller(known)
		defer client.CloseIdleConnections()
		return ask(t, client, server.URL)
	}
	require.Eventually(t, func() bool { return fresh(second) == nil }, time.Minute, 50*time.Millisecond)
	require.Error(t, fresh(first), "the old one is shown to nobody new")
	require.NoError(t, ask(t, open, server.URL))
	assert.Equal(t, 1, dials, "who was connected still is, by the same connection")

	require.NoError(t, os.WriteFile(files.Certificate, []byte("half of"), 0o600))
	looked := time.Now()
	require.Eventually(t, func() bool {
		require.NoError(t, fresh(second), "what was sound goes on")
		return time.Since(looked) > 2*site.LookAgain
	}, time.Minute, 50*time.Millisecond)
	server.Close() // nobody writes the log any more
	assert.Contains(t, said.String(), "cannot be read: those from before go on")

	_, err = site.NewCertificates(files, "", slog.New(slog.DiscardHandler))
	require.Error(t, err, "a start with broken files is none")
}
