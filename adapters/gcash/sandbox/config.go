package sandbox

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Config is one wallet operator and one sponsor bank, with the adapter as their only client.
type Config struct {
	kit.Config
	CallbackURL    string // base and prefix of the adapter's callbacks
	PayoutMaxMinor int64  // the clearing's limit for one credit, in minor units
	CreditorBIC    string // the only wallet that this clearing reaches
	Wallet         WalletConfig
	Bank           gcash.BankConfig // BaseURL is not used here
	MaxSkew        time.Duration    // zero means gcash.DefaultMaxSkew
}

// WalletConfig is the wallet's side of gcash.WalletConfig.
type WalletConfig struct {
	PartnerID        string
	ClientID         string // the adapter's
	KeyVersion       string // the adapter's
	ClientKeyPEM     string // the adapter's, PKIX
	WalletClientID   string
	WalletKeyVersion string
	PrivateKeyPEM    string // the wallet's, PKCS #8
}

// callbackPath checks the callback URL and returns its path, which signatures cover.
func (c *Config) callbackPath() (string, error) {
	u, err := url.Parse(c.CallbackURL)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("gcash sandbox: callback URL %q", c.CallbackURL)
	}
	c.CallbackURL = strings.TrimRight(c.CallbackURL, "/")
	return strings.TrimRight(u.EscapedPath(), "/"), nil
}
