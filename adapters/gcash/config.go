package gcash

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Config is one participant's use of a wallet and of its sponsor bank.
type Config struct {
	Currency fx.Currency
	// PayoutIncrementMinor, PayoutMinMinor and PayoutMaxMinor bound one payout, in minor units. InstaPay
	// takes up to PHP 50,000 (5,000,000 minor units). Increment and minimum of zero mean one.
	PayoutIncrementMinor int64
	PayoutMinMinor       int64
	PayoutMaxMinor       int64
	// ConfirmAboveMinor is the amount from which a callback that reports success is confirmed by a query.
	ConfirmAboveMinor int64
	CallbackBaseURL   string // where the wallet and the bank reach Handler from outside
	CallbackPrefix    string // path below CallbackBaseURL: "/" and at least 22 unguessable characters
	Wallet            WalletConfig
	Bank              BankConfig
	Clearing          ClearingConfig
	Timers            adapters.Timers // the zero value means ProductionTimers
	// MaxSkew bounds how far a peer's clock may be off; zero means DefaultMaxSkew.
	MaxSkew time.Duration
}

// WalletConfig is the wallet's signed API.
type WalletConfig struct {
	BaseURL          string
	PartnerID        string
	ClientID         string // in what we sign
	KeyVersion       string
	PrivateKeyPEM    string // ours, PKCS #8, RSA of at least 2048 bits
	WalletClientID   string // in what the wallet signs
	WalletKeyVersion string // pinned: another version is refused
	WalletKeyPEM     string // the wallet's, PKIX
}

// BankConfig is the sponsor bank's host-to-host API.
type BankConfig struct {
	BaseURL    string
	ClientID   string // in what we send and in what the bank sends
	KeyVersion string // of the secret; pinned
	Secret     string // shared, at least 16 bytes
}

// ClearingConfig is who is who in a pacs.008.
type ClearingConfig struct {
	System      string         // proprietary name of the clearing system ("INSTAPAY"), "" for none
	DebtorAgent iso20022.Agent // ourselves
	SponsorBIC  string         // the bank that we instruct
	CreditorBIC string         // the wallet operator's ("GXCHPHM2XXX")
}

var prefixForm = regexp.MustCompile(`^/[A-Za-z0-9_-]{22,128}$`)

// DefaultMaxSkew is how far a peer's clock may be off.
const DefaultMaxSkew = 5 * time.Minute

// ProductionTimers are how patient the rail is in production: instant payments answer within
// seconds, and an inquiry a minute after a lost answer is what the wallet asks for.
func ProductionTimers() adapters.Timers {
	return adapters.Timers{
		SubmitTimeout:   20 * time.Second,
		FirstQuery:      time.Minute,
		QueryEvery:      time.Minute,
		QueryEveryMax:   time.Hour,
		CollectionEvery: time.Minute,
	}
}

// complete checks the configuration and fills in what zero stands for.
func (c Config) complete() (Config, error) {
	if c.Timers == (adapters.Timers{}) {
		c.Timers = ProductionTimers()
	}
	if c.MaxSkew == 0 {
		c.MaxSkew = DefaultMaxSkew
	}
	c.PayoutIncrementMinor = max(c.PayoutIncrementMinor, 1)
	c.PayoutMinMinor = max(c.PayoutMinMinor, 1)
	for name, base := range map[string]*string{"callback": &c.CallbackBaseURL, "wallet": &c.Wallet.BaseURL, "bank": &c.Bank.BaseURL} {
		u, err := url.Parse(*base)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" {
			return Config{}, fmt.Errorf("gcash: %s URL %q is not a base URL", name, *base)
		}
		*base = strings.TrimRight(*base, "/")
	}
	switch {
	case !prefixForm.MatchString(c.CallbackPrefix):
		return Config{}, errors.New(`gcash: callback prefix is not "/" and 22 to 128 characters of A-Z a-z 0-9 _ -`)
	case c.Currency.IsZero():
		return Config{}, errors.New("gcash: no currency")
	case c.PayoutMaxMinor < c.PayoutMinMinor:
		return Config{}, fmt.Errorf("gcash: largest payout %d is below the smallest, %d", c.PayoutMaxMinor, c.PayoutMinMinor)
	case c.Clearing.SponsorBIC == "" || c.Clearing.CreditorBIC == "" || c.Clearing.DebtorAgent == iso20022.Agent{}:
		return Config{}, errors.New("gcash: clearing needs a debtor agent, a sponsor BIC and a creditor BIC")
	}
	return c, nil
}
