package plain

import (
	_ "embed"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

//go:embed config.yaml
var template string

// config is what the settings say.
type config struct {
	URL                  string          `yaml:"url"`
	Key                  adapters.Secret `yaml:"key"`
	CallbackPrefix       adapters.Secret `yaml:"callback_prefix"`
	Sources              []netip.Prefix  `yaml:"sources"`
	Currency             string          `yaml:"currency"`
	PayoutIncrementMinor int64           `yaml:"payout_increment_minor"`
	PayoutMinMinor       int64           `yaml:"payout_min_minor"`
	PayoutMaxMinor       int64           `yaml:"payout_max_minor"`
	ConfirmAboveMinor    int64           `yaml:"confirm_above_minor"`
	Timers               adapters.Timers `yaml:"timers"`
}

func (c config) check() (fx.Currency, error) {
	refuse := func(field, fault string) (fx.Currency, error) {
		return fx.Currency{}, &adapters.SettingsError{Field: field, Fault: fault}
	}
	currency, err := fx.ParseCurrency(c.Currency)
	switch {
	case err != nil:
		return refuse("currency", err.Error())
	case c.URL == "":
		return refuse("url", "is missing")
	case c.Key.IsZero():
		return refuse("key", "is missing")
	case c.PayoutIncrementMinor <= 0 || c.PayoutMinMinor <= 0 || c.PayoutMaxMinor < c.PayoutMinMinor || c.ConfirmAboveMinor <= 0:
		return refuse("payout_min_minor", "and what bounds payouts must be positive, the least at most the greatest")
	}
	return currency, nil
}

var productionTimers = adapters.Timers{
	SubmitTimeout: 30 * time.Second, FirstQuery: 10 * time.Second, QueryEvery: 30 * time.Second,
	QueryEveryMax: time.Hour, CollectionEvery: 15 * time.Second, OpenFor: 24 * time.Hour,
}

// Plug is the rail as programs know it.
func Plug() adapters.Plug {
	return adapters.Plug{
		Name: "plain", Title: "No operator: a rail to learn from, and to begin one's own with",
		Template: template, New: New, Sandbox: sandboxed,
		Kinds: []string{"operation"},
		Decode: func(p adapters.Payload) adapters.Reading {
			var o Operation
			if err := decode(p.Body, &o); err != nil {
				return adapters.Reading{Kind: "operation", Refused: err.Error()}
			}
			r := &Rail{currency: p.Currency}
			reading := adapters.ReadingOf("operation", adapters.About(o.Kind), r.evidence(p.Body, o.ID))
			reading.IDs["operation"] = o.ID
			return reading
		},
	}
}

// sandboxed makes a sandbox, and the settings of an adapter joined to it.
func sandboxed(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	const key, prefix = "plain-sandbox-key-0123456789", "/plain-sandbox-callbacks-0123456789"
	for name, text := range map[string]string{"key": key, "prefix": prefix} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o600); err != nil {
			return nil, nil, err
		}
	}
	settings, err := yaml.Marshal(map[string]any{
		"url": o.URL, "key": "file:" + filepath.Join(o.Dir, "key"), "callback_prefix": "file:" + filepath.Join(o.Dir, "prefix"),
		"currency": o.Currency.String(), "payout_increment_minor": increment, "payout_min_minor": least,
		"payout_max_minor": most, "confirm_above_minor": most / 5, "timers": o.Timers,
	})
	if err != nil {
		return nil, nil, err
	}
	server, err := NewSandbox(SandboxConfig{Config: o.Config, Key: key, CallbackURL: o.CallbackURL + prefix})
	return server, settings, err
}
