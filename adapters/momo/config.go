package momo

import (
	"crypto/x509"
	"fmt"
	"net/url"
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
	BaseURL         string // the rail's API, such as https://proxy.momoapi.mtn.com
	Environment     string // X-Target-Environment: "mtnuganda", "mtnghana", "sandbox"
	Product         Product
	SubscriptionKey string // of this product
	APIUser         string
	APIKey          string

	// CallbackBaseURL is where the rail reaches Handler from outside; its host is the one that the operator
	// registered for the API user. Empty: no callbacks, transfers are only asked about.
	CallbackBaseURL string
	CallbackPrefix  string // path below CallbackBaseURL: "/" and at least 22 unguessable characters

	Currency             fx.Currency // "EUR" in the rail's own sandbox
	PayoutIncrementMinor int64       // default: 1
	PayoutMinMinor       int64       // default: PayoutIncrementMinor
	PayoutMaxMinor       int64
	// ConfirmAboveMinor is the amount from which a successful callback is confirmed by a query. Default:
	// half of PayoutMaxMinor.
	ConfirmAboveMinor int64
	Timers            adapters.Timers // each zero field means ProductionTimers'

	// RootCAs are whom the rail's certificate must be signed by; nil means the system's.
	RootCAs *x509.CertPool
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
	prefixForm      = regexp.MustCompile(`^/[A-Za-z0-9_-]{22,128}$`)
	environmentForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	headerForm      = regexp.MustCompile(`^[!-~]{1,256}$`)
	msisdnForm      = regexp.MustCompile(`^[1-9][0-9]{7,14}$`)
	operationForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
)

// ConfigError says which field of Config is wrong. The same Config fails again.
type ConfigError struct{ Field, Fault string }

func (e *ConfigError) Error() string { return fmt.Sprintf("momo: config: %s %s", e.Field, e.Fault) }

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	orDefault(&c.PayoutIncrementMinor, 1)
	orDefault(&c.PayoutMinMinor, c.PayoutIncrementMinor)
	orDefault(&c.ConfirmAboveMinor, max(1, c.PayoutMaxMinor/2))
	orDefault(&c.Timers.SubmitTimeout, ProductionTimers.SubmitTimeout)
	orDefault(&c.Timers.FirstQuery, ProductionTimers.FirstQuery)
	orDefault(&c.Timers.QueryEvery, ProductionTimers.QueryEvery)
	orDefault(&c.Timers.QueryEveryMax, ProductionTimers.QueryEveryMax)
	orDefault(&c.Timers.CollectionEvery, ProductionTimers.CollectionEvery)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.CallbackBaseURL = strings.TrimRight(c.CallbackBaseURL, "/")
	for _, check := range []struct {
		ok           bool
		field, fault string
	}{
		{isHTTP(c.BaseURL), "BaseURL", "is no http or https URL"},
		{environmentForm.MatchString(c.Environment), "Environment", "is not 1 to 32 of a-z 0-9 -"},
		{c.Product == Disbursement || c.Product == Remittance, "Product", "is neither disbursement nor remittance"},
		{headerForm.MatchString(c.SubscriptionKey), "SubscriptionKey", "is missing or no header's value"},
		{headerForm.MatchString(c.APIUser) && !strings.Contains(c.APIUser, ":"), "APIUser", "is missing or holds a colon"},
		{headerForm.MatchString(c.APIKey), "APIKey", "is missing or no header's value"},
		{c.CallbackBaseURL == "" || isHTTP(c.CallbackBaseURL), "CallbackBaseURL", "is no http or https URL"},
		{c.CallbackBaseURL == "" || prefixForm.MatchString(c.CallbackPrefix), "CallbackPrefix", "is not / and 22 to 128 of A-Z a-z 0-9 _ -"},
		{!c.Currency.IsZero(), "Currency", "is missing"},
		{c.PayoutIncrementMinor > 0, "PayoutIncrementMinor", "is negative"},
		{c.PayoutMinMinor > 0 && c.PayoutMinMinor <= c.PayoutMaxMinor, "PayoutMinMinor", "is not within 1..PayoutMaxMinor"},
		{c.ConfirmAboveMinor > 0, "ConfirmAboveMinor", "is negative"},
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

func orDefault[T int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}
