package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const (
	client         = "ayni"
	accountKey     = "accountid"
	accountValue   = "2000"
	pathNotice     = "/collection" // below the adapter's prefix
	payoutStep     = 10
	payoutMinMinor = 100
	payoutMaxMinor = 500_000_000
	secretMode     = 0o600
)

// Open makes an operator and the settings of an adapter to it. Secrets are files in o.Dir.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	at, err := url.Parse(o.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("gsma sandbox: URL: %w", err)
	}
	secrets := map[string]string{"api_key": rand.Text(), "password": rand.Text(), "callback_prefix": "/" + rand.Text()}
	settings := map[string]any{
		"base_url": o.URL + BasePath, "client_id": client, "username": client, "token_url": o.URL + PathToken,
		"account":           map[string]string{"key": accountKey, "value": accountValue},
		"callback_base_url": o.CallbackURL, "currency": o.Currency.String(), "payout_max_minor": payoutMaxMinor,
		"payout_min_minor": payoutMinMinor, "payout_increment_minor": payoutStep,
		"timers": o.Timers,
	}
	for field := range secrets {
		path := filepath.Join(o.Dir, field)
		kept, err := keep(path, secrets[field])
		if err != nil {
			return nil, nil, fmt.Errorf("gsma sandbox: %w", err)
		}
		secrets[field], settings[field] = kept, "file:"+path
	}
	if o.Timers.CollectionEvery > 0 { // a test's customers are not kept waiting for what nobody tells of
		settings["pull_every"] = o.Timers.CollectionEvery.String()
	}
	authorities := ""
	if at.Scheme == "https" {
		authorities = filepath.Join(o.Dir, "authorities.pem")
		settings["authorities"] = authorities
	}
	text, err := yaml.Marshal(settings)
	if err != nil {
		return nil, nil, fmt.Errorf("gsma sandbox: settings: %w", err)
	}
	server, err := New(Config{
		Config: o.Config, Host: at.Hostname(), APIKey: secrets["api_key"], ClientID: client, Username: client, Password: secrets["password"],
		AccountKey: accountKey, AccountValue: accountValue, PayoutMaxMinor: payoutMaxMinor,
		NoticeURL: strings.TrimRight(o.CallbackURL, "/") + secrets["callback_prefix"] + pathNotice,
	})
	if err != nil {
		return nil, nil, err
	}
	if authorities != "" {
		if err := os.WriteFile(authorities, server.identity.Authority(), secretMode); err != nil {
			_ = server.Close()
			return nil, nil, fmt.Errorf("gsma sandbox: %w", err)
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
