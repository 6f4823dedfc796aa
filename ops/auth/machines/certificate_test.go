package machines_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth/machines"
)

// authority signs certificates of clients.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return authority{certificate, key}
}

func (a authority) client(t *testing.T, serial int64, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	spiffe, err := url.Parse("spiffe://ayni.test/" + names[0])
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, DNSNames: names, URIs: []*url.URL{spiffe},
	}, a.certificate, &key.PublicKey, a.key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAMachineComesInByItsCertificate(t *testing.T) {
	r, ours := newRig(t), newAuthority(t)
	known := x509.NewCertPool()
	known.AddCert(ours.certificate)
	server := httptest.NewUnstartedServer(r.mux)
	server.TLS = &tls.Config{ClientCAs: known, ClientAuth: tls.VerifyClientCertIfGiven, MinVersion: tls.VersionTLS13}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	defer server.Close()
	who := func(certificates ...tls.Certificate) string {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, Certificates: certificates, MinVersion: tls.VersionTLS13,
		}}}
		defer client.CloseIdleConnections()
		asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/who", http.NoBody)
		require.NoError(t, err)
		answer, err := client.Do(asked)
		if err != nil {
			return "refused"
		}
		defer answer.Body.Close() //nolint:errcheck // it is read
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		if answer.StatusCode != http.StatusOK {
			return ""
		}
		return string(text)
	}
	gcash, named, spiffe, stranger := ours.client(t, 2, "gcash.example"), ours.client(t, 3, "named.example"), ours.client(t, 4, "spiffe.example"), ours.client(t, 5, "stranger.example")
	for _, name := range []string{"gcash", "named", "spiffe"} {
		r.machine(t, name)
	}
	require.NoError(t, machines.AllowFingerprint(t.Context(), r.keeper, "gcash", sha256.Sum256(gcash.Certificate[0]), "local test"))
	require.NoError(t, machines.AllowName(t.Context(), r.keeper, "named", "named.example", "local test"))
	require.NoError(t, machines.AllowName(t.Context(), r.keeper, "spiffe", "spiffe://ayni.test/spiffe.example", "local test"))
	require.Equal(t, "client gcash", who(gcash))
	require.Equal(t, "client named", who(named))
	require.Equal(t, "client spiffe", who(spiffe))
	require.Empty(t, who(stranger))
	require.Empty(t, who())
	require.Equal(t, "refused", who(newAuthority(t).client(t, 6, "named.example")), "another authority's")
	require.NoError(t, r.keeper.RevokeMachine(t.Context(), "gcash", "local test"))
	require.Empty(t, who(gcash))
}
