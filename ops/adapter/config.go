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
)

// Config is an adapter's configuration file.
type Config struct {
	Participant string `yaml:"participant"`
	Store       string `yaml:"store"`     // folder of what must survive; one process at a time
	Listen      string `yaml:"listen"`    // orders, files of payments, statistics, open operations: for the operator alone
	Callbacks   string `yaml:"callbacks"` // what the rail calls, behind the proxy that ends TLS
	// CallbacksTLS ends TLS here instead of at a proxy, which a rail needs that knows who calls by a certificate.
	CallbacksTLS adapters.Certificate `yaml:"callbacks_tls"`
	Switch       Switch               `yaml:"switch"`
	// Agents are participants by the BIC or other id that files of payment orders (pain.001) name them by.
	Agents   map[string]string `yaml:"agents"`
	Rail     string            `yaml:"rail"` // one of adapters/rails
	Settings yaml.Node         `yaml:"settings"`

	plug      adapters.Plug
	settings  adapters.Settings
	listening *tls.Config // nil in clear
}

// Switch is where the switch is and how the adapter is known there.
type Switch struct {
	URL         string          `yaml:"url"`         // of NATS
	Credentials string          `yaml:"credentials"` // path of the NATS credentials; "" for none
	Key         string          `yaml:"key"`         // the switch's public signing key
	SigningSeed adapters.Secret `yaml:"signing_seed"`
}

// ParseConfig reads a configuration and the rail's settings in it. Errors are *adapters.SettingsError.
func ParseConfig(text []byte) (*Config, error) {
	whole, err := adapters.ParseSettings(text)
	if err != nil {
		return nil, err
	}
	c := &Config{Store: "store", Listen: "127.0.0.1:8081", Callbacks: "127.0.0.1:8082"}
	if err := whole.Into(c); err != nil {
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
	for field, address := range map[string]string{"listen": c.Listen, "callbacks": c.Callbacks} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, &adapters.SettingsError{Field: field, Fault: "is no HOST:PORT"}
		}
	}
	plug, found := rails.Find(c.Rail)
	if !found {
		return nil, &adapters.SettingsError{Field: "rail", Fault: fmt.Sprintf("%q is none of %s", c.Rail, strings.Join(rails.Names(), ", "))}
	}
	c.plug = plug
	settings, err := yaml.Marshal(&c.Settings)
	if err != nil {
		return nil, &adapters.SettingsError{Field: "settings", Fault: err.Error()}
	}
	if c.settings, err = adapters.ParseSettings(settings); err != nil || c.CallbacksTLS.IsZero() {
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

listen: 127.0.0.1:8081 # orders, files of payments, statistics, what is open: for you alone
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
