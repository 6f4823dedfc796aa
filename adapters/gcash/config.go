package gcash

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Config is one participant's use of a wallet and of its sponsor bank.
type Config struct {
	Currency fx.Currency
	// PayoutIncrementMinor, PayoutMinMinor and PayoutMaxMinor bound one payout, in minor units. Increment and minimum
	// of zero mean one. A maximum of zero means InstaPayMaxMinor in pesos, which InstaPay does not let be exceeded, and
	// is refused in other currencies.
	PayoutIncrementMinor int64
	PayoutMinMinor       int64
	PayoutMaxMinor       int64
	// ConfirmAboveMinor is the amount from which a callback that reports success is confirmed by a query.
	ConfirmAboveMinor int64
	CallbackBaseURL   string // where the wallet and the bank reach Handler from outside
	CallbackPrefix    string // path below CallbackBaseURL: "/" and at least 22 unguessable characters
	// CallbackSources are the addresses that callbacks may come from; none means any.
	CallbackSources []netip.Prefix
	CallsPerSecond  int // of each kind, that wallet and bank take; 0 for no bound
	Wallet          WalletConfig
	Bank            BankConfig
	Clearing        ClearingConfig
	Timers          adapters.Timers // each zero field means that of ProductionTimers
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
	// Of pay only; "" leaves each out.
	AppID       string // of our app or mini program
	ProductCode string // what was agreed upon with the wallet
	ReturnURL   string // where the customer comes back to
	AppScheme   string // of links into the wallet's app ("gcash"), beside http and https
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

// InstaPay is the clearing of instant payments in the Philippines, as pacs.008 names it, and what it takes at most in
// one payment: PHP 50,000.
const (
	InstaPay         = "INSTAPAY"
	InstaPayMaxMinor = 5_000_000
)

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
	c.Timers = c.Timers.Or(ProductionTimers())
	if c.MaxSkew == 0 {
		c.MaxSkew = DefaultMaxSkew
	}
	c.PayoutIncrementMinor = max(c.PayoutIncrementMinor, 1)
	c.PayoutMinMinor = max(c.PayoutMinMinor, 1)
	pesos := !c.Currency.IsZero() && c.Currency == fx.MustCurrency("PHP")
	if pesos && c.PayoutMaxMinor == 0 {
		c.PayoutMaxMinor = InstaPayMaxMinor
	}
	for name, base := range map[string]*string{"callback": &c.CallbackBaseURL, "wallet": &c.Wallet.BaseURL, "bank": &c.Bank.BaseURL} {
		u, err := url.Parse(*base)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" {
			return Config{}, fmt.Errorf("gcash: %s URL %q is not a base URL", name, *base)
		}
		*base = strings.TrimRight(*base, "/")
	}
	switch {
	case c.Currency.IsZero():
		return Config{}, errors.New("gcash: no currency")
	case c.PayoutMaxMinor < c.PayoutMinMinor:
		return Config{}, fmt.Errorf("gcash: largest payout %d is below the smallest, %d", c.PayoutMaxMinor, c.PayoutMinMinor)
	case pesos && c.Clearing.System == InstaPay && c.PayoutMaxMinor > InstaPayMaxMinor:
		return Config{}, fmt.Errorf("gcash: largest payout %d is above InstaPay's, %d", c.PayoutMaxMinor, InstaPayMaxMinor)
	case c.Clearing.SponsorBIC == "" || c.Clearing.CreditorBIC == "" || c.Clearing.DebtorAgent == iso20022.Agent{}:
		return Config{}, errors.New("gcash: clearing needs a debtor agent, a sponsor BIC and a creditor BIC")
	}
	return c, nil
}
