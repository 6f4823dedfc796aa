package adapters_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

// issued makes a certificate of this name, signed by another or by itself.
func issued(t *testing.T, name string, from, until time.Time, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(key)
	if by == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	} else {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestGate(t *testing.T) {
	now := time.Now()
	from, until := now.Add(-time.Hour), now.Add(time.Hour)
	authority, foreign := issued(t, "authority", from, until, nil), issued(t, "authority", from, until, nil)
	bank := issued(t, "bank.example", from, until, &authority)
	pinned := issued(t, "self-made", from, until, nil)
	file := filepath.Join(t.TempDir(), "authority.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]}), 0o600))
	sum := sha256.Sum256(pinned.Certificate[0])
	gate, err := adapters.Callers{Authorities: file, Names: []string{"bank.example"}, Pins: []string{hex.EncodeToString(sum[:])}}.Open()
	require.NoError(t, err)

	showing := func(c tls.Certificate) *tls.ConnectionState {
		return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c.Leaf}}
	}
	for name, c := range map[string]struct {
		state *tls.ConnectionState
		at    time.Time
		want  error
	}{
		"signed for the name":      {showing(bank), now, nil},
		"pinned":                   {showing(pinned), now, nil},
		"in clear":                 {nil, now, adapters.ErrNoCertificate},
		"nothing shown":            {&tls.ConnectionState{}, now, adapters.ErrNoCertificate},
		"signed for another name":  {showing(issued(t, "other.example", from, until, &authority)), now, adapters.ErrForeignCertificate},
		"signed by somebody else":  {showing(issued(t, "bank.example", from, until, &foreign)), now, adapters.ErrForeignCertificate},
		"signed by itself":         {showing(issued(t, "bank.example", from, until, nil)), now, adapters.ErrForeignCertificate},
		"past its end":             {showing(bank), until.Add(time.Second), adapters.ErrExpiredCertificate},
		"pinned and past its end":  {showing(pinned), until.Add(time.Second), adapters.ErrExpiredCertificate},
		"pinned, before it begins": {showing(pinned), from.Add(-time.Second), adapters.ErrExpiredCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorIs(t, gate.Admits(c.state, c.at), c.want)
		})
	}
}

func TestCallersThatAreNone(t *testing.T) {
	for name, c := range map[string]adapters.Callers{
		"a short pin":          {Pins: []string{"abc"}},
		"names by nobody":      {Names: []string{"bank.example"}},
		"an authority of all":  {Authorities: "authority.pem"},
		"a file that is none":  {Authorities: "nowhere.pem", Names: []string{"bank.example"}},
		"a file without any":   {Authorities: "certificate.go", Names: []string{"bank.example"}},
		"a pin in upper case":  {Pins: []string{"ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD"}},
		"a pin of the weather": {Pins: []string{"sunny"}},
	} {
		_, err := c.Open()
		require.Error(t, err, name)
	}
	gate, err := adapters.Callers{}.Open()
	require.NoError(t, err)
	assert.Nil(t, gate)
	_, err = adapters.Certificate{Certificate: "nowhere.pem", Key: "nowhere.pem"}.Listening()
	require.ErrorContains(t, err, "nowhere.pem")
}
