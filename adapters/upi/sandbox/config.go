package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// Config is one PSP with the adapter as its only merchant. The fields that upi.Config has too must agree
// with it.
type Config struct {
	kit.Config
	CallbackURL    string // base and prefix of the adapter's callbacks
	MerchantID     string
	APIKey         string
	WebhookSecret  string
	MerchantVPA    string
	BankCode       string      // 3 characters before every id
	OrgID          string      // of XML heads
	Signer         *upi.Signer // of XML; nil for a PSP that signs none
	PayoutMaxMinor int64       // the network's limit for one payout, in minor units
}

func (c *Config) complete() error {
	u, err := url.Parse(c.CallbackURL)
	if err != nil || u.Host == "" {
		return fmt.Errorf("upi sandbox: callback URL %q", c.CallbackURL)
	}
	c.CallbackURL = strings.TrimRight(c.CallbackURL, "/")
	if c.MerchantID == "" || c.APIKey == "" || c.WebhookSecret == "" || c.MerchantVPA == "" || c.OrgID == "" || len(c.BankCode) != 3 || c.PayoutMaxMinor <= 0 {
		return errors.New("upi sandbox: merchant, key, secret, VPA, bank code, organisation and limit are required")
	}
	return nil
}

// identityLife is how long a sandbox's certificate holds: longer than any run.
const identityLife = 365 * 24 * time.Hour

// NewIdentity makes a key and a certificate of its own for a sandbox: the signer is the sandbox's, the
// certificate is what the adapter pins.
func NewIdentity(name string, now time.Time) (*upi.Signer, *x509.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(identityLife),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("upi sandbox: identity: %w", err)
	}
	signer, err := upi.NewSigner(key, certificate)
	return signer, certificate, err
}
