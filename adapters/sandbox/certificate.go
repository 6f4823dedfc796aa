package sandbox

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
	"net"
	"time"
)

// Identity is what an operator shows who connects by TLS, and whom it calls: a certificate that holds, and one that is
// past its end.
type Identity struct {
	valid, expired tls.Certificate
	authority      []byte // PEM of both: each has signed itself
	key            []byte // PEM
}

// NewIdentity makes both, for a host beside this machine's own names; "" for none.
func NewIdentity(host string, now time.Time) (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	id := &Identity{key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}
	for serial, c := range []struct {
		into  *tls.Certificate
		until time.Time
	}{{&id.valid, now.AddDate(10, 0, 0)}, {&id.expired, now.AddDate(0, 0, -1)}} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(serial) + 1), Subject: pkix.Name{CommonName: "sandbox"},
			NotBefore: now.AddDate(-1, 0, 0), NotAfter: c.until, DNSNames: []string{"localhost"},
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
			KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if host != "" {
			template.DNSNames = append(template.DNSNames, host)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		*c.into = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
		id.authority = append(id.authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return id, nil
}

// TLS is for whoever listens for a sandbox by https. Its certificate is past its end while the faults say so.
func (i *Identity) TLS(faults func() Faults) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.shown(faults), nil },
	}
}

// Calling is for a sandbox that calls by https whom these authorities have signed for.
func (i *Identity) Calling(faults func() Faults, authorities *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: authorities,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return i.shown(faults), nil },
	}
}

func (i *Identity) shown(faults func() Faults) *tls.Certificate {
	if faults().ExpiredCertificate {
		return &i.expired
	}
	return &i.valid
}

// Pins are the SHA-256 of both certificates, in hex.
func (i *Identity) Pins() []string {
	var pins []string
	for _, c := range []tls.Certificate{i.valid, i.expired} {
		sum := sha256.Sum256(c.Certificate[0])
		pins = append(pins, hex.EncodeToString(sum[:]))
	}
	return pins
}

// Files are PEM files of the certificate that holds and of its key.
func (i *Identity) Files() (certificate, key []byte) {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.valid.Certificate[0]}), i.key
}

// Authority is a PEM file that makes the certificates believed, as far as their dates go.
func (i *Identity) Authority() []byte { return i.authority }
