package upi

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Config is one merchant's account with a PSP. Fields without a default are required.
type Config struct {
	BaseURL        string // the PSP's API
	CallbackPrefix string // path of Handler: "/" and at least 22 unguessable characters

	MerchantID    string
	APIKey        string // sent with every call
	WebhookSecret string // at least 16 bytes; the PSP signs its webhooks with it
	MerchantVPA   string // pays the payouts and receives the customers' payments
	OrgID         string // of XML heads, 3 to 20 letters and digits
	BankCode      string // 3 characters before every id in XML

	// CollectionCertificate signs the XML that the PSP sends; RSA of at least 2048 bits, and no other
	// certificate is believed.
	CollectionCertificate *x509.Certificate
	// AllowUnsigned accepts XML without a signature, for a PSP that signs none. A customer's payment then
	// counts only when the PSP, asked, says the same.
	AllowUnsigned bool

	// Signer signs the XML that the rail sends. Without one its questions go unsigned, and nothing that is
	// owed by XML is sent: for a PSP that is content with its API key and an Ack.
	Signer       *Signer
	MerchantName string // told to whoever asks who MerchantVPA is, before paying

	// Inward is who brings the money into the country. With it every payout is a foreign inward
	// remittance (initiationMode 12); its zero value means domestic payouts.
	Inward Institution

	Currency       fx.Currency // with two decimals
	PayoutMinMinor int64       // default: 1 unit
	PayoutMaxMinor int64       // default: 500,000 units; the network's own limit is lower for a VPA, see MaxMinor
	// ConfirmAboveMinor is the amount from which a callback is confirmed by a query. Default: 10,000 units.
	ConfirmAboveMinor int64
	// CheckTimeout is how long a question in XML waits for its answer. Default: 10 seconds.
	CheckTimeout time.Duration
	// Timers are ProductionTimers where a field is zero. The bounds on queries are so only while FirstQuery is:
	// whoever asks at another pace says how often.
	Timers         adapters.Timers
	CallsPerSecond int // of each kind, that the PSP takes; 0 for no bound
	// Sources are the addresses that callbacks may come from; empty means any.
	Sources []netip.Prefix
}

// ProductionTimers are how the network wants to be asked: first after 90 seconds, three times within
// two hours (at 90 s, about 32 and 92 minutes), then ever slower up to every four hours. What is deemed is
// asked about for as long as it takes; after five days a person is told.
var ProductionTimers = adapters.Timers{
	SubmitTimeout:   60 * time.Second,
	FirstQuery:      90 * time.Second,
	QueryEvery:      30 * time.Minute,
	QueryEveryMax:   4 * time.Hour,
	CollectionEvery: 90 * time.Second,
	QueryNotBefore:  90 * time.Second,
	QueriesMost:     3,
	QueriesWithin:   2 * time.Hour,
	OpenFor:         5 * 24 * time.Hour,
}

const (
	unitMinor         = 100 // minor units of one unit
	minPayoutUnits    = 1
	maxVPAUnits       = 100_000 // the network's limits for one transaction
	maxAccountUnits   = 500_000
	confirmAboveUnits = 10_000
	minSecretBytes    = 16
	checkTimeout      = 10 * time.Second
)

var (
	orgForm      = regexp.MustCompile(`^[A-Za-z0-9]{3,20}$`)
	bankForm     = regexp.MustCompile(`^[A-Za-z0-9]{3}$`)
	merchantForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// ConfigError says which field of Config is wrong. The same Config fails again.
type ConfigError struct{ Field, Fault string }

func (e *ConfigError) Error() string { return fmt.Sprintf("upi: config: %s %s", e.Field, e.Fault) }

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	orDefault(&c.PayoutMinMinor, minPayoutUnits*unitMinor)
	orDefault(&c.PayoutMaxMinor, maxAccountUnits*unitMinor)
	orDefault(&c.ConfirmAboveMinor, confirmAboveUnits*unitMinor)
	orDefault(&c.CheckTimeout, checkTimeout)
	standard := ProductionTimers
	if c.Timers.FirstQuery != 0 {
		standard.QueryNotBefore, standard.QueriesMost, standard.QueriesWithin = 0, 0, 0
	}
	c.Timers = c.Timers.Or(standard)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	base, err := url.Parse(c.BaseURL)
	for _, check := range []struct {
		ok           bool
		field, fault string
	}{
		{err == nil && base.Host != "" && (base.Scheme == "http" || base.Scheme == "https") && base.RawQuery == "" && base.Fragment == "",
			"BaseURL", "is no http or https URL"},
		{merchantForm.MatchString(c.MerchantID), "MerchantID", "is not 1 to 64 of A-Z a-z 0-9 _ -"},
		{c.APIKey != "", "APIKey", "is missing"},
		{len(c.WebhookSecret) >= minSecretBytes, "WebhookSecret", "is shorter than 16 bytes"},
		{vpaForm.MatchString(c.MerchantVPA), "MerchantVPA", "is no VPA"},
		{orgForm.MatchString(c.OrgID), "OrgID", "is not 3 to 20 letters and digits"},
		{bankForm.MatchString(c.BankCode), "BankCode", "is not 3 letters and digits"},
		{c.AllowUnsigned || c.CollectionCertificate != nil, "CollectionCertificate", "is missing"},
		{!c.AllowUnsigned || c.CollectionCertificate == nil, "AllowUnsigned", "contradicts CollectionCertificate"},
		{c.CollectionCertificate == nil || strongRSA(c.CollectionCertificate), "CollectionCertificate", "is not RSA of at least 2048 bits"},
		{c.Inward.IsZero() || c.Inward.Check() == nil, "Inward", "is incomplete"},
		{c.Currency.MinorUnits() == 2, "Currency", "is missing or has not two decimals"},
		{c.PayoutMinMinor > 0 && c.PayoutMinMinor <= c.PayoutMaxMinor, "PayoutMinMinor", "is not within 1..PayoutMaxMinor"},
		{c.ConfirmAboveMinor > 0, "ConfirmAboveMinor", "is negative"},
		{c.CallsPerSecond >= 0, "CallsPerSecond", "is negative"},
		{c.CheckTimeout > 0, "CheckTimeout", "is negative"},
		{len(c.MerchantName) <= messaging.MaxNameLength, "MerchantName", "is too long"},
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

func strongRSA(certificate *x509.Certificate) bool {
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	return ok && key.Size() >= 2048/8
}
