package adapters

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Certificate is what we show who connects to us by TLS, or whom we call: two PEM files.
type Certificate struct {
	Certificate string `yaml:"certificate" help:"path of a PEM file: the chain, our own first"`
	Key         string `yaml:"key" help:"path of a PEM file: its key"`
}

// IsZero tells whether there is none.
func (c Certificate) IsZero() bool { return c == Certificate{} }

// Load reads the files. Errors name them, and nothing that is in them.
func (c Certificate) Load() (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate %q with key %q: %w", c.Certificate, c.Key, err)
	}
	return pair, nil
}

// Listening is how callbacks come in by TLS without a proxy in front: whoever connects is asked for a certificate, and
// may have none. Whether that is enough is for the rail to say, by Callers.
func (c Certificate) Listening() (*tls.Config, error) {
	pair, err := c.Load()
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, Certificates: []tls.Certificate{pair}}, nil
}

// Authorities reads a PEM file of certificates that are believed to sign others; "" is nil, the system's.
func Authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // crypto/tls takes it so
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("authorities: %s has no certificate", path)
	}
	return pool, nil
}

// Callers says whose callbacks are heard by the certificate that they show: one that is pinned, or one that an authority
// has signed for one of the names.
type Callers struct {
	Authorities string   `yaml:"authorities"` // PEM file
	Names       []string `yaml:"names"`       // a common name or a DNS name of the certificate, to the letter
	Pins        []string `yaml:"pins"`        // SHA-256 of whole certificates (DER), in lower-case hex
}

// IsZero tells whether nobody is named.
func (c Callers) IsZero() bool { return c.Authorities == "" && len(c.Names) == 0 && len(c.Pins) == 0 }

// Gate is Callers as they are looked at.
type Gate struct {
	authorities *x509.CertPool
	names, pins []string
}

var pinForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open reads the authorities; nil for nobody named.
func (c Callers) Open() (*Gate, error) {
	if c.IsZero() {
		return nil, nil //nolint:nilnil // no gate
	}
	for _, pin := range c.Pins {
		if !pinForm.MatchString(pin) {
			return nil, fmt.Errorf("pin %.70q is no SHA-256 in lower-case hex", pin)
		}
	}
	if (c.Authorities == "") != (len(c.Names) == 0) {
		return nil, errors.New("authorities and names go together: an authority signs for many")
	}
	pool, err := Authorities(c.Authorities)
	return &Gate{authorities: pool, names: c.Names, pins: c.Pins}, err
}

// The reasons why a gate stays shut.
var (
	ErrNoCertificate      = errors.New("adapters: a certificate is required, by TLS and without a proxy between")
	ErrForeignCertificate = errors.New("adapters: the certificate is not one of those that are let in")
	ErrExpiredCertificate = errors.New("adapters: the certificate is past its end, or before its beginning")
)

// Admits looks at who is at the other end of a connection; nil is welcome. A connection outlives a certificate, so it is
// for each request. Errors are those above.
func (g *Gate) Admits(state *tls.ConnectionState, now time.Time) error {
	if state == nil || len(state.PeerCertificates) == 0 {
		return ErrNoCertificate
	}
	shown := state.PeerCertificates[0]
	if now.After(shown.NotAfter) || now.Before(shown.NotBefore) {
		return ErrExpiredCertificate
	}
	sum := sha256.Sum256(shown.Raw)
	if slices.Contains(g.pins, hex.EncodeToString(sum[:])) {
		return nil
	}
	if g.authorities == nil || !g.named(shown) {
		return ErrForeignCertificate
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := shown.Verify(x509.VerifyOptions{
		Roots: g.authorities, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return fmt.Errorf("%w: %s", ErrForeignCertificate, strings.TrimPrefix(err.Error(), "x509: "))
	}
	return nil
}

func (g *Gate) named(c *x509.Certificate) bool {
	return slices.Contains(g.names, c.Subject.CommonName) ||
		slices.ContainsFunc(c.DNSNames, func(name string) bool { return slices.Contains(g.names, name) })
}
