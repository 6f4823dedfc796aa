package mpesa

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// Words for sources of callbacks, in place of addresses.
const (
	sourcesPublished = "published"
	sourcesAny       = "any"
)

// settings are Config as a file says it, see config.yaml.
type settings struct {
	BaseURL           string          `yaml:"base_url"`
	Authorities       string          `yaml:"authorities"`
	CallbackBaseURL   string          `yaml:"callback_base_url"`
	CallbackPrefix    adapters.Secret `yaml:"callback_prefix"`
	Sources           []string        `yaml:"sources"`
	ConsumerKey       adapters.Secret `yaml:"consumer_key"`
	ConsumerSecret    adapters.Secret `yaml:"consumer_secret"`
	Shortcode         string          `yaml:"shortcode"`
	Initiator         string          `yaml:"initiator"`
	InitiatorPassword adapters.Secret `yaml:"initiator_password"`
	Passkey           adapters.Secret `yaml:"passkey"`
	PublicKey         adapters.Secret `yaml:"public_key"`
	Currency          string          `yaml:"currency"`
	CommandID         string          `yaml:"command_id"`
	WithoutValidation string          `yaml:"without_validation"`
	PayoutMin         string          `yaml:"payout_min"`
	PayoutMax         string          `yaml:"payout_max"`
	ConfirmFrom       string          `yaml:"confirm_from"`
	AccountHold       time.Duration   `yaml:"account_hold"`
	PullEvery         time.Duration   `yaml:"pull_every"`
	PullOverlap       time.Duration   `yaml:"pull_overlap"`
	Zone              string          `yaml:"zone"`
	Timers            adapters.Timers `yaml:"timers"`
}

func readSettings(from adapters.Settings) (settings, error) {
	var s settings
	err := from.Into(&s)
	return s, err
}

// config makes a Config. Errors are *adapters.SettingsError.
func (s settings) config() (Config, error) {
	cfg := Config{
		BaseURL: s.BaseURL, CallbackBaseURL: s.CallbackBaseURL, CallbackPrefix: s.CallbackPrefix.Reveal(),
		ConsumerKey: s.ConsumerKey.Reveal(), ConsumerSecret: s.ConsumerSecret.Reveal(), Shortcode: s.Shortcode,
		Initiator: s.Initiator, InitiatorPassword: s.InitiatorPassword.Reveal(), Passkey: s.Passkey.Reveal(),
		CommandID: s.CommandID, WithoutValidation: s.WithoutValidation, AccountHold: s.AccountHold,
		PullEvery: s.PullEvery, PullOverlap: s.PullOverlap, Timers: s.Timers,
	}
	var err error
	if cfg.Currency, cfg.Zone, err = s.place(); err != nil {
		return Config{}, err
	}
	for _, amount := range []struct {
		field, text string
		minor       *int64
	}{
		{"payout_min", s.PayoutMin, &cfg.PayoutMinMinor},
		{"payout_max", s.PayoutMax, &cfg.PayoutMaxMinor},
		{"confirm_from", s.ConfirmFrom, &cfg.ConfirmAboveMinor},
	} {
		if amount.text == "" {
			continue
		}
		money, err := fx.ParseMoney(amount.text, cfg.Currency)
		if err != nil || money.Minor <= 0 {
			return Config{}, &adapters.SettingsError{Field: amount.field, Fault: "is no positive amount of " + cfg.Currency.String()}
		}
		*amount.minor = money.Minor
	}
	if cfg.Sources, err = sources(s.Sources); err != nil {
		return Config{}, err
	}
	if cfg.PublicKey, err = publicKey(s.PublicKey.Reveal()); err != nil {
		return Config{}, err
	}
	cfg.Authorities, err = authorities(s.Authorities)
	return cfg, err
}

// authorities reads the certificates of those who may sign the rail's from a file; without one, nil.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &adapters.SettingsError{Field: "authorities", Fault: "cannot be read: " + err.Error()}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, &adapters.SettingsError{Field: "authorities", Fault: "hold no certificate in PEM"}
	}
	return pool, nil
}

// place is whose money the rail moves, and what time it is there.
func (s settings) place() (fx.Currency, *time.Location, error) {
	currency, err := fx.ParseCurrency(s.Currency)
	if err != nil {
		return fx.Currency{}, nil, &adapters.SettingsError{Field: "currency", Fault: "is no currency code"}
	}
	if s.Zone == "" {
		return currency, eastAfrica, nil
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return fx.Currency{}, nil, &adapters.SettingsError{Field: "zone", Fault: "is not known: " + err.Error()}
	}
	return currency, zone, nil
}

// sources reads where callbacks may come from. Nothing is not anything: who takes callbacks from anywhere says so.
func sources(words []string) ([]netip.Prefix, error) {
	fail := func(fault string) ([]netip.Prefix, error) {
		return nil, &adapters.SettingsError{Field: "sources", Fault: fault}
	}
	switch {
	case len(words) == 0:
		return fail("are missing: published, any, or addresses")
	case slices.Equal(words, []string{sourcesAny}):
		return nil, nil
	}
	var prefixes []netip.Prefix
	for _, word := range words {
		if word == sourcesPublished {
			prefixes = append(prefixes, PublishedSources()...)
			continue
		}
		prefix, err := netip.ParsePrefix(word)
		if address, addressErr := netip.ParseAddr(word); addressErr == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return fail(fmt.Sprintf("hold %q, which is no address or prefix", word))
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// publicKey reads an RSA key in PEM, by itself or in a certificate. The certificate's dates do not matter.
func publicKey(text string) (*rsa.PublicKey, error) {
	fail := func(fault string) (*rsa.PublicKey, error) {
		return nil, &adapters.SettingsError{Field: "public_key", Fault: fault}
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return fail("is no PEM")
	}
	var key any
	var err error
	if block.Type == "CERTIFICATE" {
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = certificate.PublicKey
		}
	} else {
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return fail("cannot be read: " + err.Error())
	}
	rsaKey, ok := key.(*rsa.PublicKey)
	if !ok {
		return fail("is no RSA key")
	}
	return rsaKey, nil
}
