package momo

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// Product is what an operator has subscribed to.
type Product string

// The products that pay out.
const (
	Disbursement Product = "disbursement" // within the country
	Remittance   Product = "remittance"   // from another country
)

// Config is one account with one product of one operator. Fields without a default are required.
type Config struct {
	BaseURL         string          `yaml:"base_url"`    // the rail's API, such as https://proxy.momoapi.mtn.com
	Environment     string          `yaml:"environment"` // X-Target-Environment: "mtnuganda", "mtnghana", "sandbox"
	Product         Product         `yaml:"product"`
	SubscriptionKey adapters.Secret `yaml:"subscription_key"` // of this product
	APIUser         string          `yaml:"api_user"`
	APIKey          adapters.Secret `yaml:"api_key"`
	// Authorities is a PEM file of those who may have signed the rail's certificate. Default: the system's.
	Authorities string `yaml:"authorities"`

	// CallbackBaseURL is where the rail reaches Handler from outside; its host is the one that the operator
	// registered for the API user. Empty: no callbacks, transfers are only asked about.
	CallbackBaseURL string          `yaml:"callback_base_url"`
	CallbackPrefix  adapters.Secret `yaml:"callback_prefix"` // path below CallbackBaseURL: "/" and at least 22 unguessable characters
	Sources         []netip.Prefix  `yaml:"sources"`         // that callbacks may come from; empty means any

	Currency             fx.Currency `yaml:"currency"`               // "EUR" in the rail's own sandbox
	PayoutIncrementMinor int64       `yaml:"payout_increment_minor"` // default: 1
	PayoutMinMinor       int64       `yaml:"payout_min_minor"`       // default: PayoutIncrementMinor
	PayoutMaxMinor       int64       `yaml:"payout_max_minor"`
	// ConfirmAboveMinor is the amount from which a successful callback is confirmed by a query. Default:
	// half of PayoutMaxMinor.
	ConfirmAboveMinor int64 `yaml:"confirm_above_minor"`
	CallsPerSecond    int   `yaml:"calls_per_second"` // of each kind; default: no bound

	Timers adapters.Timers `yaml:"timers"` // each zero field means ProductionTimers'

	// Zone and Statement are for reading the account's statements (statement.go).
	Zone      string          `yaml:"zone"`
	Statement StatementConfig `yaml:"statement"`
}

// ProductionTimers are how the rail is asked. It names no limits of its own.
var ProductionTimers = adapters.Timers{
	SubmitTimeout:   30 * time.Second,
	FirstQuery:      30 * time.Second,
	QueryEvery:      60 * time.Second,
	QueryEveryMax:   30 * time.Minute,
	CollectionEvery: 24 * time.Hour, // there are no collections
}

var (
	environmentForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	headerForm      = regexp.MustCompile(`^[[:graph:]]{1,256}$`)
	msisdnForm      = regexp.MustCompile(`^[1-9][0-9]{7,14}$`)
	operationForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
)

// ConfigError says which field of Config is wrong. The same Config fails again.
type ConfigError struct{ Field, Fault string }

func (e *ConfigError) Error() string { return fmt.Sprintf("momo: config: %s %s", e.Field, e.Fault) }

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	c.PayoutIncrementMinor = cmp.Or(c.PayoutIncrementMinor, 1)
	c.PayoutMinMinor = cmp.Or(c.PayoutMinMinor, c.PayoutIncrementMinor)
	c.ConfirmAboveMinor = cmp.Or(c.ConfirmAboveMinor, max(1, c.PayoutMaxMinor/2))
	c.Timers = c.Timers.Or(ProductionTimers)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.CallbackBaseURL = strings.TrimRight(c.CallbackBaseURL, "/")
	for _, check := range []struct {
		ok           bool
		field, fault string
	}{
		{isHTTP(c.BaseURL), "BaseURL", "is no http or https URL"},
		{environmentForm.MatchString(c.Environment), "Environment", "is not 1 to 32 of a-z 0-9 -"},
		{c.Product == Disbursement || c.Product == Remittance, "Product", "is neither disbursement nor remittance"},
		{headerForm.MatchString(c.SubscriptionKey.Reveal()), "SubscriptionKey", "is missing or no header's value"},
		{headerForm.MatchString(c.APIUser) && !strings.Contains(c.APIUser, ":"), "APIUser", "is missing or holds a colon"},
		{headerForm.MatchString(c.APIKey.Reveal()), "APIKey", "is missing or no header's value"},
		{c.CallbackBaseURL == "" || isHTTP(c.CallbackBaseURL), "CallbackBaseURL", "is no http or https URL"},
		{!c.Currency.IsZero(), "Currency", "is missing"},
		{c.PayoutIncrementMinor > 0, "PayoutIncrementMinor", "is negative"},
		{c.PayoutMinMinor > 0 && c.PayoutMinMinor <= c.PayoutMaxMinor, "PayoutMinMinor", "is not within 1..PayoutMaxMinor"},
		{c.ConfirmAboveMinor > 0, "ConfirmAboveMinor", "is negative"},
		{c.CallsPerSecond >= 0, "CallsPerSecond", "is negative"},
		{c.Timers.SubmitTimeout > 0 && c.Timers.FirstQuery > 0 && c.Timers.QueryEvery > 0 &&
			c.Timers.QueryEvery <= c.Timers.QueryEveryMax && c.Timers.CollectionEvery > 0,
			"Timers", "are negative, or QueryEvery is above QueryEveryMax"},
	} {
		if !check.ok {
			return &ConfigError{Field: check.field, Fault: check.fault}
		}
	}
	return nil
}

func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

// authorities reads the file of Config.Authorities; nil means the system's.
func (c *Config) authorities() (*x509.CertPool, error) {
	if c.Authorities == "" {
		return nil, nil //nolint:nilnil // as crypto/tls means it
	}
	text, err := os.ReadFile(c.Authorities)
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(text) {
		err = errors.New("holds no certificate")
	}
	if err != nil {
		return nil, &ConfigError{Field: "Authorities", Fault: err.Error()}
	}
	return pool, nil
}
