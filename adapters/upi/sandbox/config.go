package sandbox

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// Config is one PSP with the adapter as its only merchant. The fields that upi.Config has too must agree
// with it.
type Config struct {
	kit.Config
	CallbackURL   string // base and prefix of the adapter's callbacks
	MerchantID    string
	APIKey        string
	WebhookSecret string
	MerchantVPA   string
	BankCode      string      // 3 characters before every id
	OrgID         string      // of XML heads
	Signer        *upi.Signer // of XML; nil for a PSP that signs none
	// AdapterCertificate is what the adapter signs its XML with. With it nothing unsigned is taken, and a customer's
	// payment goes the whole way: ReqAuthDetails, ReqPay, RespPay, ReqTxnConfirmation.
	AdapterCertificate *x509.Certificate
	PayoutMaxMinor     int64 // the network's limit for one payout, in minor units
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
