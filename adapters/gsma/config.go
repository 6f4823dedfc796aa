package gsma

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

// Types of transaction of the API that a payout can be.
const (
	TypeDisbursement  = "disbursement"
	TypeTransfer      = "transfer"
	TypeDeposit       = "deposit"
	TypeInternational = "inttransfer"
)

// Identifier is one way of naming an account: a kind, such as msisdn, accountid or walletid, and a value.
type Identifier struct {
	Key   string `json:"key" yaml:"key"`
	Value string `json:"value" yaml:"value"`
}

// Config is one account with one operator. Fields without a default are required.
type Config struct {
	BaseURL  string          `yaml:"base_url"`  // of the API, up to the version: https://api.operator.example/v1.2/mm
	ClientID string          `yaml:"client_id"` // X-Client-Id; default: none is sent
	APIKey   adapters.Secret `yaml:"api_key"`   // X-API-Key; default: none is sent
	// Username and Password are sent with each call (Basic); with TokenURL they are exchanged there for a bearer token
	// (OAuth 2.0, client credentials). Default: neither.
	Username string          `yaml:"username"`
	Password adapters.Secret `yaml:"password"`
	TokenURL string          `yaml:"token_url"`
	// Authorities is a PEM file of those who may have signed the rail's certificate. Default: the system's.
	Authorities string `yaml:"authorities"`

	// CallbackBaseURL is where the rail reaches Handler from outside. Empty: no callbacks, everything is polled.
	CallbackBaseURL string          `yaml:"callback_base_url"`
	CallbackPrefix  adapters.Secret `yaml:"callback_prefix"` // path below CallbackBaseURL: "/" and at least 22 unguessable characters
	Sources         []netip.Prefix  `yaml:"sources"`         // that callbacks may come from; empty means any

	Account Identifier `yaml:"account"` // this participant's, which pays and is paid
	// PartyKey is what customers' accounts are. Default: msisdn.
	PartyKey string `yaml:"party_key"`
	// PlainNumbers writes MSISDNs without their "+". Both are read.
	PlainNumbers bool `yaml:"plain_numbers"`
	// PayoutType is the type of transaction that a payout is. Default: disbursement.
	PayoutType string `yaml:"payout_type"`
	// OriginCountry is the ISO 3166 code of where the money comes from, for the type inttransfer.
	OriginCountry string `yaml:"origin_country"`
	// PayoutOnly is for operators that show no collections: nobody pays here.
	PayoutOnly bool `yaml:"payout_only"`
	// Completed is the transactionStatus of a transaction that is done: the API leaves the word to the operator.
	// Default: completed.
	Completed string `yaml:"completed"`

	Zone                 string      `yaml:"zone"` // of statements (statement.go)
	Currency             fx.Currency `yaml:"currency"`
	PayoutIncrementMinor int64       `yaml:"payout_increment_minor"` // default: 1
	PayoutMinMinor       int64       `yaml:"payout_min_minor"`       // default: PayoutIncrementMinor
	PayoutMaxMinor       int64       `yaml:"payout_max_minor"`
	// ConfirmAboveMinor is the amount from which a customer's payment that a callback names is asked about. Default:
	// half of PayoutMaxMinor.
	ConfirmAboveMinor int64 `yaml:"confirm_above_minor"`
	CallsPerSecond    int   `yaml:"calls_per_second"` // of each kind; default: no bound

	Timers adapters.Timers `yaml:"timers"` // each zero field means ProductionTimers'
	// PullEvery is the least time between two readings of the account's transactions, PullOverlap how far each reaches
	// back before the last, for payments that become visible late.
	PullEvery   time.Duration `yaml:"pull_every"`   // default: 30 s
	PullOverlap time.Duration `yaml:"pull_overlap"` // default: 10 min
}

// ProductionTimers are how operators are asked. The API names no limits.
var ProductionTimers = adapters.Timers{
	SubmitTimeout:   30 * time.Second,
	FirstQuery:      30 * time.Second,
	QueryEvery:      60 * time.Second,
	QueryEveryMax:   30 * time.Minute,
	CollectionEvery: 60 * time.Second,
}

var (
	keyForm       = regexp.MustCompile(`^[a-z]{1,32}$`)
	valueForm     = regexp.MustCompile(`^[A-Za-z0-9+._@-]{1,128}$`)
	headerForm    = regexp.MustCompile(`^[[:graph:]]{0,256}$`)
	countryForm   = regexp.MustCompile(`^[A-Z]{2}$`)
	msisdnForm    = regexp.MustCompile(`^[1-9][0-9]{5,14}$`)
	operationForm = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
	referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`) // ids of the rail that go into a path
)

// ConfigError says which field of Config is wrong. The same Config fails again.
type ConfigError struct{ Field, Fault string }

func (e *ConfigError) Error() string { return fmt.Sprintf("gsma: config: %s %s", e.Field, e.Fault) }

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	c.PartyKey = cmp.Or(c.PartyKey, keyMSISDN)
	c.PayoutType = cmp.Or(c.PayoutType, TypeDisbursement)
	c.Completed = cmp.Or(c.Completed, stateCompleted)
	c.PayoutIncrementMinor = cmp.Or(c.PayoutIncrementMinor, 1)
	c.PayoutMinMinor = cmp.Or(c.PayoutMinMinor, c.PayoutIncrementMinor)
	c.ConfirmAboveMinor = cmp.Or(c.ConfirmAboveMinor, max(1, c.PayoutMaxMinor/2))
	c.PullEvery = cmp.Or(c.PullEvery, 30*time.Second)
	c.PullOverlap = cmp.Or(c.PullOverlap, 10*time.Minute)
	c.Timers = c.Timers.Or(ProductionTimers)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.CallbackBaseURL = strings.TrimRight(c.CallbackBaseURL, "/")
	for _, check := range []struct {
		ok           bool
		field, fault string
	}{
		{isHTTP(c.BaseURL), "BaseURL", "is no http or https URL"},
		{headerForm.MatchString(c.ClientID), "ClientID", "is no header's value"},
		{headerForm.MatchString(c.APIKey.Reveal()), "APIKey", "is no header's value"},
		{(c.Username == "") == c.Password.IsZero() && !strings.Contains(c.Username, ":"), "Username", "or Password is missing, or a colon too many"},
		{c.TokenURL == "" || isHTTP(c.TokenURL) && c.Username != "", "TokenURL", "is no http or https URL, or without Username"},
		{!c.APIKey.IsZero() || c.Username != "", "APIKey", "or Username is missing"},
		{c.CallbackBaseURL == "" || isHTTP(c.CallbackBaseURL), "CallbackBaseURL", "is no http or https URL"},
		{keyForm.MatchString(c.Account.Key) && valueForm.MatchString(c.Account.Value), "Account", "has no key and value"},
		{keyForm.MatchString(c.PartyKey), "PartyKey", "is not 1 to 32 of a-z"},
		{c.PayoutType == TypeDisbursement || c.PayoutType == TypeTransfer || c.PayoutType == TypeDeposit || c.PayoutType == TypeInternational,
			"PayoutType", "is not disbursement, transfer, deposit or inttransfer"},
		{countryForm.MatchString(c.OriginCountry) == (c.PayoutType == TypeInternational), "OriginCountry", "is two letters, for inttransfer and nothing else"},
		{!c.Currency.IsZero(), "Currency", "is missing"},
		{c.PayoutIncrementMinor > 0, "PayoutIncrementMinor", "is negative"},
		{c.PayoutMinMinor > 0 && c.PayoutMinMinor <= c.PayoutMaxMinor, "PayoutMinMinor", "is not within 1..PayoutMaxMinor"},
		{c.ConfirmAboveMinor > 0, "ConfirmAboveMinor", "is negative"},
		{c.CallsPerSecond >= 0, "CallsPerSecond", "is negative"},
		{c.Timers.SubmitTimeout > 0 && c.Timers.FirstQuery > 0 && c.Timers.QueryEvery > 0 &&
			c.Timers.QueryEvery <= c.Timers.QueryEveryMax && c.Timers.CollectionEvery > 0,
			"Timers", "are negative, or QueryEvery is above QueryEveryMax"},
		{c.PullEvery > 0 && c.PullOverlap > 0, "PullEvery", "or PullOverlap is negative"},
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
