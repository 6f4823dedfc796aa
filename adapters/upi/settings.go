package upi

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/netip"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// settings are config.yaml.
type settings struct {
	BaseURL         string          `yaml:"base_url"`
	CallbackPrefix  adapters.Secret `yaml:"callback_prefix"`
	CallbackSources []netip.Prefix  `yaml:"callback_sources"`
	MerchantID      string          `yaml:"merchant_id"`
	MerchantVPA     string          `yaml:"merchant_vpa"`
	MerchantName    string          `yaml:"merchant_name"`
	APIKey          adapters.Secret `yaml:"api_key"`
	WebhookSecret   adapters.Secret `yaml:"webhook_secret"`
	OrgID           string          `yaml:"org_id"`
	BankCode        string          `yaml:"bank_code"`
	PSPCertificate  adapters.Secret `yaml:"psp_certificate"`
	AllowUnsigned   bool            `yaml:"allow_unsigned"`
	SigningKey      adapters.Secret `yaml:"signing_key"`
	Inward          struct {
		Type        string `yaml:"type"`
		Route       string `yaml:"route"`
		Name        string `yaml:"name"`
		PurposeCode string `yaml:"purpose_code"`
	} `yaml:"inward"`
	Currency       string          `yaml:"currency"`
	PayoutMin      string          `yaml:"payout_min"`
	PayoutMax      string          `yaml:"payout_max"`
	ConfirmAbove   string          `yaml:"confirm_above"`
	CallsPerSecond int             `yaml:"calls_per_second"`
	CheckTimeout   time.Duration   `yaml:"check_timeout"`
	Timers         adapters.Timers `yaml:"timers"`
	Settlement     Columns         `yaml:"settlement_columns"`
}

// standardCurrency is the network's at home.
const standardCurrency = "INR"

func readSettings(s adapters.Settings) (settings, error) {
	read := settings{Currency: standardCurrency, Settlement: StandardColumns}
	err := s.Into(&read)
	return read, err
}

// config makes a Config of settings. Errors are *adapters.SettingsError.
func (s settings) config() (Config, error) {
	c := Config{
		BaseURL: s.BaseURL, CallbackPrefix: s.CallbackPrefix.Reveal(), Sources: s.CallbackSources,
		MerchantID: s.MerchantID, MerchantVPA: s.MerchantVPA, MerchantName: s.MerchantName,
		APIKey: s.APIKey.Reveal(), WebhookSecret: s.WebhookSecret.Reveal(), OrgID: s.OrgID, BankCode: s.BankCode,
		AllowUnsigned: s.AllowUnsigned, CallsPerSecond: s.CallsPerSecond, CheckTimeout: s.CheckTimeout, Timers: s.Timers,
		Inward: Institution{Type: s.Inward.Type, Route: s.Inward.Route, Name: s.Inward.Name, PurposeCode: s.Inward.PurposeCode},
	}
	wrong := func(field string, err error) (Config, error) {
		return Config{}, &adapters.SettingsError{Field: field, Fault: err.Error()}
	}
	var err error
	if c.Currency, err = fx.ParseCurrency(s.Currency); err != nil {
		return wrong("currency", err)
	}
	for field, amount := range map[string]struct {
		text string
		into *int64
	}{
		"payout_min": {s.PayoutMin, &c.PayoutMinMinor}, "payout_max": {s.PayoutMax, &c.PayoutMaxMinor},
		"confirm_above": {s.ConfirmAbove, &c.ConfirmAboveMinor},
	} {
		if amount.text == "" {
			continue
		}
		money, err := fx.ParseMoney(amount.text, c.Currency)
		if err != nil {
			return wrong(field, err)
		}
		*amount.into = money.Minor
	}
	if !s.PSPCertificate.IsZero() {
		if c.CollectionCertificate, err = parseCertificate(s.PSPCertificate.Reveal()); err != nil {
			return wrong("psp_certificate", err)
		}
	}
	switch {
	case !s.SigningKey.IsZero():
		if c.Signer, _, err = ParseIdentity(s.SigningKey.Reveal()); err != nil {
			return wrong("signing_key", err)
		}
	case !s.AllowUnsigned:
		return wrong("signing_key", errors.New("is missing"))
	}
	return c, nil
}

// parseCertificate reads the first certificate of a PEM text.
func parseCertificate(text string) (*x509.Certificate, error) {
	block := blockOf(text, "CERTIFICATE")
	if block == nil {
		return nil, errors.New("holds no certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// ParseIdentity reads a PEM text with an RSA key (PKCS#8) and its certificate, and returns who signs with
// them and what the other side pins. Errors never show the key.
func ParseIdentity(text string) (*Signer, *x509.Certificate, error) {
	certificate, err := parseCertificate(text)
	if err != nil {
		return nil, nil, err
	}
	block := blockOf(text, "PRIVATE KEY")
	if block == nil {
		return nil, nil, errors.New("holds no private key in PKCS#8")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, nil, errors.New("holds no RSA key in PKCS#8")
	}
	signer, err := NewSigner(key, certificate)
	return signer, certificate, err
}

// blockOf returns the first PEM block of a kind, nil where there is none.
func blockOf(text, kind string) *pem.Block {
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type == kind {
			return block
		}
	}
}
