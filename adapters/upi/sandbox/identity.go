package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters/upi"
)

// identityLife is how long a sandbox's certificate holds: longer than any run.
const identityLife = 365 * 24 * time.Hour

// expired signs as a PSP does whose certificate has ended.
var expired = sync.OnceValues(func() (*upi.Signer, error) {
	signer, _, err := NewIdentity("expired", time.Now().Add(-2*identityLife))
	return signer, err
})

// NewIdentity makes a key and a certificate of its own for a sandbox: the signer is the sandbox's, the
// certificate is what the adapter pins.
func NewIdentity(name string, now time.Time) (*upi.Signer, *x509.Certificate, error) {
	text, err := newIdentity(name, now)
	if err != nil {
		return nil, nil, err
	}
	return upi.ParseIdentity(string(text))
}

// newIdentity makes a key and its certificate, in PEM.
func newIdentity(name string, now time.Time) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(identityLife),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}
