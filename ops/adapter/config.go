// Package adapter runs one rail's adapter, or one rail's sandbox, as a program of its own.
package adapter

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/settings"
)

// Config is an adapter's configuration file.
type Config struct {
	Participant string `yaml:"participant" help:"the name that the switch's operator gave"`
	Store       string `yaml:"store" help:"folder of what must survive; one process at a time"`
	Listen      string `yaml:"listen" help:"HOST:PORT of orders, files of payments, statistics, metrics and health: for the operator alone"`
	Callbacks   string `yaml:"callbacks" help:"HOST:PORT that the rail calls, behind the proxy that ends TLS"`
	// CallbacksTLS ends TLS here instead of at a proxy, which a rail needs that knows who calls by a certificate.
	CallbacksTLS adapters.Certificate `yaml:"callbacks_tls"`
	MetricsAddr  string               `yaml:"metrics_addr" help:"HOST:PORT of metrics and health alone, for a Prometheus elsewhere; \"\" for those of listen"`
	Switch       Switch               `yaml:"switch"`
	Agents       map[string]string    `yaml:"agents" help:"participants by the BIC or other id that payment orders (pain.001) name them by"`
	Rail         string               `yaml:"rail" help:"kind of rail; ayni adapter init lists them"`
	Settings     yaml.Node            `yaml:"settings"`

	settings.Telemetry `yaml:",inline"`

	plug      adapters.Plug
	ofRail    adapters.Settings
	listening *tls.Config // nil in clear
}

// DefaultConfig is what holds where nothing is said.
func DefaultConfig() Config {
	return Config{
		Store: "store", Listen: "127.0.0.1:8081", Callbacks: "127.0.0.1:8082", Telemetry: settings.DefaultTelemetry("warn", "text"),
	}
}

// Switch is where the switch is and how the adapter is known there.
type Switch struct {
	URL         string          `yaml:"url" help:"of the switch's NATS"`
	Credentials string          `yaml:"credentials" help:"path of the NATS credentials; \"\" for none"`
	Key         string          `yaml:"key" help:"the switch's public signing key"`
	SigningSeed adapters.Secret `yaml:"signing_seed" help:"our signing seed, file:PATH or env:NAME"`
}

// LoadConfig is ParseConfig of a file's text with what environment and flags say over it, and tells where each value came
// from. Errors are also *settings.Error.
func LoadConfig(text []byte, from settings.Sources) (*Config, []settings.Value, error) {
	text, values, err := settings.Overlay(text, new(DefaultConfig()), from)
	if err != nil {
		return nil, nil, err
	}
	c, err := ParseConfig(text)
	if err != nil {
		return nil, nil, err
	}
	return c, append(values, settings.Rest("settings", &c.Settings, from.File)...), nil
}

// ParseConfig reads a configuration and the rail's settings in it. Errors are *adapters.SettingsError.
func ParseConfig(text []byte) (*Config, error) {
	whole, err := adapters.ParseSettings(text)
	if err != nil {
		return nil, err
	}
	c := new(DefaultConfig())
	if err := whole.Into(c); err != nil {
		return nil, err
	}
	if err := c.Telemetry.Check("adapter"); err != nil {
		return nil, err
	}
	for field, missing := range map[string]bool{
		"participant": !messaging.ValidParticipant(c.Participant), "store": c.Store == "", "switch.url": c.Switch.URL == "",
		"switch.key": c.Switch.Key == "", "switch.signing_seed": c.Switch.SigningSeed.IsZero(), "settings": c.Settings.IsZero(),
	} {
		if missing {
			return nil, &adapters.SettingsError{Field: field, Fault: "is missing or malformed"}
		}
	}
	for field, address := range map[string]string{"listen": c.Listen, "callbacks": c.Callbacks, "metrics_addr": c.MetricsAddr} {
		if _, _, err := net.SplitHostPort(address); err != nil && (address != "" || field != "metrics_addr") {
			return nil, &adapters.SettingsError{Field: field, Fault: "is no HOST:PORT"}
		}
	}
	plug, found := rails.Find(c.Rail)
	if !found {
		return nil, &adapters.SettingsError{Field: "rail", Fault: fmt.Sprintf("%q is none of %s", c.Rail, strings.Join(rails.Names(), ", "))}
	}
	c.plug = plug
	ofRail, err := yaml.Marshal(&c.Settings)
	if err != nil {
		return nil, &adapters.SettingsError{Field: "settings", Fault: err.Error()}
	}
	if c.ofRail, err = adapters.ParseSettings(ofRail); err != nil || c.CallbacksTLS.IsZero() {
		return c, err
	}
	if c.listening, err = c.CallbacksTLS.Listening(); err != nil {
		return nil, &adapters.SettingsError{Field: "callbacks_tls", Fault: err.Error()}
	}
	return c, nil
}

// Scheme is that of the callbacks' address.
func (c *Config) Scheme() string {
	if c.listening != nil {
		return "https"
	}
	return "http"
}

// Template is a commented configuration of a rail, with blanks to fill in.
func Template(plug adapters.Plug) string {
	var b strings.Builder
	fmt.Fprintf(&b, head, plug.Title, plug.Name)
	for line := range strings.Lines(plug.Template) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// head is what the configurations of all rails begin with.
const head = `# %s.
# Secrets are named by where they are, never written here: file:PATH or env:NAME.

participant: "" # the name that the switch's operator gave you
store: store # folder of what must survive a crash: keep it on a disk that flushes, one process at a time

listen: 127.0.0.1:8081 # orders, files of payments, statistics, what is open, /metrics and /readyz: for you alone
# metrics_addr: 10.0.0.5:9464 # /metrics and /readyz alone, for a Prometheus elsewhere
# log_format: json # text where nothing is said; log_level: warn
# traces_url: http://127.0.0.1:4318/v1/traces # OTLP receiver; traces_ratio: 0.01 of all transfers
# agents: # participants by the BIC or id that payment orders (pain.001) name their banks by
#   GXCHPHM2XXX: gcash-ph
callbacks: 127.0.0.1:8082 # what the rail calls; put a proxy that ends TLS in front of it, or name two PEM files here
# callbacks_tls:
#   certificate: "" # the chain, our own first
#   key: ""

switch:
  url: nats://127.0.0.1:4222
  credentials: "" # path of the credentials file that the switch's operator gave you
  key: "" # the switch's public signing key
  signing_seed: file:signing.seed # made by "ayni adapter key"; the switch's operator needs its public half

rail: %s
settings:
`
