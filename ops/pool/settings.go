package pool

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/settings"
)

// SettingsFile is what a pool's folder has its settings in.
const SettingsFile = "pool.yaml"

// Settings are a node's configuration file.
type Settings struct {
	Pool       string          `yaml:"pool" help:"the participant name that the switch's operator gave"`
	Currency   string          `yaml:"currency" help:"in which it settles with the switch"`
	Name       string          `yaml:"name" help:"of the pool as payer and payee"`
	Account    string          `yaml:"account" help:"to which contributions are paid"`
	Zone       string          `yaml:"zone" help:"whose clock pages show, as Africa/Nairobi"`
	Database   adapters.Secret `yaml:"database" help:"URL of a PostgreSQL, file:PATH or env:NAME; \"\" for a private one in the folder"`
	Listen     string          `yaml:"listen" help:"HOST:PORT of pages and API, behind the proxy that ends TLS"`
	Origin     string          `yaml:"origin" help:"where browsers find the pages, as https://pool.example; \"\" for http://LISTEN"`
	Peers      Peers           `yaml:"peers" help:"nodes of other pools: {stokvel-jozi: https://stokvel.example}"`
	Collectors Collectors      `yaml:"collectors" help:"adapters that ask members for what they owe: {mpesa-ke: http://127.0.0.1:8081}"`
	Switch     Switch          `yaml:"switch"` // without it the pool is alone

	MetricsAddr        string `yaml:"metrics_addr" help:"HOST:PORT of metrics and health, for whoever runs the node; \"\" for none"`
	settings.Telemetry `yaml:",inline"`

	dir      string
	currency fx.Currency
	zone     *time.Location
}

// DefaultSettings are what holds where nothing is said.
func DefaultSettings() Settings {
	return Settings{Listen: "127.0.0.1:8090", Zone: "UTC", Telemetry: settings.DefaultTelemetry("warn", "text")}
}

// Switch is where the switch is, and how the pool is known there.
type Switch struct {
	URL         string          `yaml:"url" help:"of the switch's NATS; \"\" for a pool that is alone"`
	Credentials string          `yaml:"credentials" help:"path of the credentials there, in the folder or absolute"`
	Key         string          `yaml:"key" help:"the switch's public signing key"`
	SigningSeed adapters.Secret `yaml:"signing_seed" help:"our signing seed, file:PATH or env:NAME"`
}

// ReadSettings reads the settings of a pool's folder. Errors are *adapters.SettingsError and the file system's.
func ReadSettings(dir string) (*Settings, error) {
	c, _, err := LoadSettings(dir, settings.Sources{})
	return c, err
}

// LoadSettings is ReadSettings with what environment and flags say over the file, and tells where each value came from.
func LoadSettings(dir string, from settings.Sources) (*Settings, []settings.Value, error) {
	from.File = filepath.Join(dir, SettingsFile)
	text, err := os.ReadFile(from.File)
	if err != nil {
		return nil, nil, fmt.Errorf("pool: %w; \"ayni pool init\" makes a pool's folder", err)
	}
	text, values, err := settings.Overlay(text, new(DefaultSettings()), from)
	if err != nil {
		return nil, nil, err
	}
	c, err := ParseSettings(dir, text)
	return c, values, err
}

// ParseSettings reads settings of a folder. Errors are *adapters.SettingsError.
func ParseSettings(dir string, text []byte) (*Settings, error) {
	whole, err := adapters.ParseSettings(text)
	if err != nil {
		return nil, err
	}
	c := new(DefaultSettings())
	c.dir = dir
	if err := whole.Into(c); err != nil {
		return nil, err
	}
	if err := c.Telemetry.Check("pool"); err != nil {
		return nil, err
	}
	wrong := func(field, fault string) (*Settings, error) {
		return nil, &adapters.SettingsError{Field: field, Fault: fault}
	}
	switch {
	case !messaging.ValidParticipant(c.Pool):
		return wrong("pool", "names no participant: small letters, digits and hyphens")
	case c.Name == "":
		return wrong("name", "is missing")
	case c.Account == "":
		return wrong("account", "is missing")
	}
	if c.currency, err = fx.ParseCurrency(c.Currency); err != nil {
		return wrong("currency", err.Error())
	}
	if c.zone, err = time.LoadLocation(c.Zone); err != nil {
		return wrong("zone", err.Error())
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return wrong("listen", "is no HOST:PORT")
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddr); err != nil && c.MetricsAddr != "" {
		return wrong("metrics_addr", "is no HOST:PORT")
	}
	if origin, err := url.Parse(c.Origin); c.Origin != "" && (err != nil || origin.Scheme+"://"+origin.Host != c.Origin) {
		return wrong("origin", "is no scheme and host, as https://pool.example")
	}
	if c.Origin == "" && port != "0" {
		c.Origin = "http://" + net.JoinHostPort(host, port)
	}
	for _, part := range []interface{ check() error }{c.Peers, c.Collectors} {
		if err := part.check(); err != nil {
			return nil, err
		}
	}
	return c, c.Switch.check()
}

func (s Switch) check() error {
	for field, missing := range map[string]bool{"switch.key": s.Key == "", "switch.signing_seed": s.SigningSeed.IsZero()} {
		if s.URL != "" && missing {
			return &adapters.SettingsError{Field: field, Fault: "is missing"}
		}
	}
	return nil
}

// Dir is the folder that the settings are of.
func (c *Settings) Dir() string { return c.dir }

// Keys is where the pool's keys are. The folder itself others may pass through, because PostgreSQL may be another user.
func (c *Settings) Keys() string { return filepath.Join(c.dir, "keys") }

// in makes a path that a setting names one in the folder, unless it is absolute or none.
func (c *Settings) in(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}

// databaseFile has the URL of the database, where there is one.
const databaseFile = "database.url"

// draft writes settings to begin with, commented.
func (s *Start) draft(dir string) string {
	database := "# database: file:/etc/pool/database.url # a PostgreSQL that is there, as a user who may create a schema and roles;\n" +
		"# without it the node runs one of its own in this folder"
	if s.Database != "" {
		database = fmt.Sprintf("database: %q", "file:"+filepath.Join(dir, databaseFile))
	}
	return fmt.Sprintf(settingsText, s.Pool, s.Currency, s.Name, s.Account, s.Zone, database, s.Listen)
}

const settingsText = `# A pool's node. Secrets are named by where they are, never written here: file:PATH or env:NAME.
pool: %s # the name that the switch's operator gives you
currency: %s # in which you settle with the switch
name: %q # as your payments say
account: %q # to which contributions are paid
zone: %s # whose clock pages show

%s
listen: %s # pages and API: put a proxy that ends TLS in front of it
# origin: https://pool.example # where browsers find the pages then
# metrics_addr: 127.0.0.1:8091 # /metrics and /readyz, for whoever runs this node
# log_format: json # text where nothing is said; log_level: warn
# traces_url: http://127.0.0.1:4318/v1/traces # OTLP receiver; traces_ratio: 0.01 of all transfers

# peers: # nodes of other pools, who tell each other of rounds in common and of emergencies
#   stokvel-jozi: https://stokvel.example

# collectors: # adapters that ask members for what they owe, over rails where members said that they may
#   mpesa-ke: http://127.0.0.1:8081

# switch: # without it the pool works alone: it takes cash, and its payouts over rails wait
#   url: nats://127.0.0.1:4222
#   credentials: switch.creds # that the switch's operator gave you
#   key: "" # the switch's public signing key
#   signing_seed: file:/path/to/signing.seed # made by "ayni adapter key"
`
