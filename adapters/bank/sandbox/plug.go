package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// What the bank and the adapter of a Plug are called, and the most that the bank pays in one payout.
const (
	plugBIC   = "AYNIXXBKXXX"
	plugAgent = "ayni"
	plugMost  = math.MaxInt64 / 100_000 // minor units: ISO 20022 has 15 digits at most
)

// Open makes a bank, and the settings that join an adapter to it. Tokens are kept in o.Dir, and are those of an earlier
// run if they are there.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	server, settings, err := plug(o)
	if err != nil {
		return nil, nil, fmt.Errorf("bank sandbox: %w", err)
	}
	return server, settings, nil
}

func plug(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, nil, err
	}
	texts, files := map[string]string{}, map[string]string{}
	for _, name := range []string{"callback_prefix", "token", "bank_token"} {
		path := filepath.Join(o.Dir, name)
		text, err := keep(path, map[string]string{"callback_prefix": "/"}[name]+rand.Text())
		if err != nil {
			return nil, nil, err
		}
		texts[name], files[name] = text, "file:"+path
	}
	cfg := Config{
		Config: o.Config, CallbackURL: o.CallbackURL + texts["callback_prefix"], BIC: plugBIC, Agent: iso20022.Agent{Other: plugAgent},
		Token: texts["token"], BankToken: texts["bank_token"], PayoutMaxMinor: plugMost,
	}
	shown, err := certify(&cfg, o)
	if err != nil {
		return nil, nil, err
	}
	server, err := New(cfg)
	if err != nil {
		return nil, nil, err
	}
	unit := int64(1)
	for range o.Currency.MinorUnits() {
		unit *= 10
	}
	settings, err := yaml.Marshal(map[string]any{
		"currency": o.Currency.String(), "base_url": o.URL, "callback_prefix": files["callback_prefix"],
		"token": files["token"], "bank_token": files["bank_token"], "agent": map[string]string{"id": plugAgent},
		"bank_bic": plugBIC, "payout_max": fmt.Sprint(plugMost / unit), "timers": o.Timers, "tls": shown,
	})
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return server, settings, nil
}

// keep reads a file, which it makes first where there is none.
func keep(path, fresh string) (string, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	return fresh, os.WriteFile(path, []byte(fresh), 0o600)
}
