package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const (
	environment    = "mtnsandbox"
	accountNumber  = "256770000000"
	payoutStep     = 10
	payoutMinMinor = 100
	payoutMaxMinor = 500_000_000
	secretMode     = 0o600
)

// Open makes an operator that is subscribed to both products, and the settings of an adapter to its
// remittance product. Secrets are files in o.Dir.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	at, err := url.Parse(o.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("momo sandbox: URL: %w", err)
	}
	callback, err := url.Parse(o.CallbackURL)
	if err != nil {
		return nil, nil, fmt.Errorf("momo sandbox: callback URL: %w", err)
	}
	secrets := map[string]string{
		"subscription_key": rand.Text(), "api_key": rand.Text(), "callback_prefix": "/" + rand.Text(),
	}
	settings := map[string]any{
		"base_url": o.URL, "environment": environment, "product": "remittance", "api_user": "ayni",
		"callback_base_url": o.CallbackURL, "currency": o.Currency.String(), "payout_max_minor": payoutMaxMinor,
		"payout_min_minor": payoutMinMinor, "payout_increment_minor": payoutStep,
		"timers": o.Timers, "statement": map[string]string{"account": accountNumber},
	}
	for field := range secrets {
		path := filepath.Join(o.Dir, field)
		kept, err := keep(path, secrets[field])
		if err != nil {
			return nil, nil, fmt.Errorf("momo sandbox: %w", err)
		}
		secrets[field], settings[field] = kept, "file:"+path
	}
	authorities := ""
	if at.Scheme == "https" {
		authorities = filepath.Join(o.Dir, "authorities.pem")
		settings["authorities"] = authorities
	}
	text, err := yaml.Marshal(settings)
	if err != nil {
		return nil, nil, fmt.Errorf("momo sandbox: settings: %w", err)
	}
	server, err := New(Config{
		Config: o.Config, Host: at.Hostname(), AccountNumber: accountNumber, Environment: environment, CallbackHost: callback.Hostname(), PayoutMaxMinor: payoutMaxMinor,
		Products: map[string]Credentials{
			"remittance":   {SubscriptionKey: secrets["subscription_key"], APIUser: "ayni", APIKey: secrets["api_key"]},
			"disbursement": {SubscriptionKey: rand.Text(), APIUser: "ayni", APIKey: rand.Text()},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	if authorities != "" {
		if err := os.WriteFile(authorities, server.identity.Authority(), secretMode); err != nil {
			_ = server.Close()
			return nil, nil, fmt.Errorf("momo sandbox: %w", err)
		}
	}
	return server, text, nil
}

// keep writes a secret into a file, unless an earlier run has: its is returned then.
func keep(path, secret string) (string, error) {
	if kept, err := os.ReadFile(path); err == nil {
		return string(kept), nil
	}
	return secret, os.WriteFile(path, []byte(secret), secretMode)
}
