package mpesa

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// Config is one operator's account with its rail. Fields without a default are required.
type Config struct {
	BaseURL         string // the rail's API, such as https://api.safaricom.co.ke
	CallbackBaseURL string // where the rail reaches Handler from outside
	CallbackPrefix  string // path below CallbackBaseURL: "/" and at least 22 unguessable characters

	ConsumerKey       string
	ConsumerSecret    string
	Shortcode         string // 5 to 7 digits
	Initiator         string
	InitiatorPassword string
	Passkey           string // of the STK push; empty where the operator has none
	// Authorities may have signed the rail's certificate; nil means those that the system trusts.
	Authorities *x509.CertPool
	PublicKey   *rsa.PublicKey // encrypts the initiator's password; the rail's certificates expire, its key does not

	Currency       fx.Currency // of the account; the whole rail is in it
	PayoutMinMinor int64       // default: 10 whole units
	PayoutMaxMinor int64       // default: 250,000 whole units
	CommandID      string      // of payouts: BusinessPayment (default), SalaryPayment or PromotionPayment
	// ConfirmAboveMinor is the amount from which a successful callback is confirmed by a query.
	// Default: 10,000 whole units.
	ConfirmAboveMinor int64

	// WithoutValidation is what the rail does with a customer's payment that nobody validated in time:
	// "Completed" (default) takes it, "Cancelled" gives it back.
	WithoutValidation string
	// AccountHold is how long submissions are held after the rail refused the account itself (see
	// AccountError), before one is sent to try again.
	AccountHold time.Duration // default: 5 min

	Timers adapters.Timers // each zero field means ProductionTimers'
	// PullEvery is the least time between two pull queries, PullOverlap how far each one reaches back
	// before the last, for payments that become visible late.
	PullEvery   time.Duration  // default: 30 s
	PullOverlap time.Duration  // default: 10 min
	Zone        *time.Location // of the rail's timestamps; default: UTC+3
	// Sources are the addresses that callbacks may come from; empty means any. Production: see
	// PublishedSources.
	Sources []netip.Prefix
}

// ProductionTimers are how the rail wants to be asked.
var ProductionTimers = adapters.Timers{
	SubmitTimeout:   30 * time.Second,
	FirstQuery:      60 * time.Second,
	QueryEvery:      60 * time.Second,
	QueryEveryMax:   30 * time.Minute,
	CollectionEvery: 60 * time.Second,
}

// PublishedSources lists the addresses that Safaricom's callbacks come from.
func PublishedSources() []netip.Prefix {
	var sources []netip.Prefix
	for network, hosts := range map[string][]byte{
		"196.201.214.0/24": {200, 206, 207, 208},
		"196.201.213.0/24": {44, 114},
		"196.201.212.0/24": {69, 74, 127, 128, 129, 132, 136, 138},
	} {
		address := netip.MustParsePrefix(network).Addr().As4()
		for _, host := range hosts {
			address[3] = host
			sources = append(sources, netip.PrefixFrom(netip.AddrFrom4(address), 32))
		}
	}
	return sources
}

const (
	railName          = "mpesa"
	minPayoutUnits    = 10
	maxPayoutUnits    = 250_000
	confirmAboveUnits = 10_000
	idleConnsPerHost  = 256
)

// eastAfrica is the zone of the rail's timestamps where nothing else is configured.
var eastAfrica = time.FixedZone("EAT", 3*60*60)

// The rail's own words, the default first.
var (
	commandIDs    = []string{"BusinessPayment", "SalaryPayment", "PromotionPayment"}
	responseTypes = []string{"Completed", "Cancelled"}
)

var (
	shortcodeForm = regexp.MustCompile(`^[0-9]{5,7}$`)
	msisdnForm    = regexp.MustCompile(`^[1-9][0-9]{7,14}$`)
	receiptForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
	operationForm = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
)

// ConfigError says which field of Config is wrong. The same Config fails again.
type ConfigError struct{ Field, Fault string }

func (e *ConfigError) Error() string { return fmt.Sprintf("mpesa: config: %s %s", e.Field, e.Fault) }

// Rail is one operator's account with its rail.
type Rail struct {
	cfg          Config
	capabilities adapters.Capabilities
	sink         adapters.Sink
	client       *client
	credential   string
	pulled       *pulled
	holds        holds
	receipts     *receipts
	asked        *asked
	questions    *questions
	prompts      *prompts
	handler      http.Handler

	registered      atomic.Bool
	triedToRegister time.Time // under pulled.turn
}

var (
	_ adapters.Rail     = (*Rail)(nil)
	_ adapters.Balancer = (*Rail)(nil)
	_ adapters.Prompter = (*Rail)(nil)
)

// New makes a rail that puts what it learns into sink. It sends nothing. Errors are *ConfigError.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	credential, err := securityCredential(cfg.PublicKey, cfg.InitiatorPassword)
	if err != nil {
		return nil, &ConfigError{Field: "PublicKey", Fault: err.Error()}
	}
	door, err := adapters.NewDoor(cfg.CallbackPrefix, cfg.Sources, maxCallbackBytes)
	if err != nil {
		return nil, &ConfigError{Field: "CallbackPrefix", Fault: err.Error()}
	}
	r := &Rail{
		cfg: cfg,
		capabilities: adapters.Capabilities{
			Rail:                 railName,
			Currency:             cfg.Currency,
			PayoutIncrementMinor: wholeUnit(cfg.Currency),
			PayoutMinMinor:       cfg.PayoutMinMinor,
			PayoutMaxMinor:       cfg.PayoutMaxMinor,
			ConfirmAboveMinor:    cfg.ConfirmAboveMinor,
			Timers:               cfg.Timers,
		},
		sink:       sink,
		client:     newClient(cfg),
		credential: credential,
		pulled:     newPulled(),
		holds:      newHolds(cfg.AccountHold),
		receipts:   newReceipts(),
		asked:      newAsked(),
		questions:  newQuestions(),
		prompts:    newPrompts(),
	}
	r.handler = r.routes(door)
	return r, nil
}

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	unit := wholeUnit(c.Currency)
	orDefault(&c.PayoutMinMinor, minPayoutUnits*unit)
	orDefault(&c.PayoutMaxMinor, maxPayoutUnits*unit)
	orDefault(&c.ConfirmAboveMinor, confirmAboveUnits*unit)
	c.Timers = c.Timers.Or(ProductionTimers)
	orDefault(&c.PullEvery, 30*time.Second)
	orDefault(&c.PullOverlap, 10*time.Minute)
	orDefault(&c.AccountHold, 5*time.Minute)
	orDefault(&c.CommandID, commandIDs[0])
	orDefault(&c.WithoutValidation, responseTypes[0])
	if c.Zone == nil {
		c.Zone = eastAfrica
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.CallbackBaseURL = strings.TrimRight(c.CallbackBaseURL, "/")
	for _, check := range []struct {
		ok           bool
		field, fault string
	}{
		{isHTTP(c.BaseURL), "BaseURL", "is no http or https URL"},
		{isHTTP(c.CallbackBaseURL), "CallbackBaseURL", "is no http or https URL"},
		{c.ConsumerKey != "" && c.ConsumerSecret != "", "ConsumerKey", "or ConsumerSecret is missing"},
		{shortcodeForm.MatchString(c.Shortcode), "Shortcode", "is not 5 to 7 digits"},
		{c.Initiator != "" && c.InitiatorPassword != "", "Initiator", "or InitiatorPassword is missing"},
		{c.PublicKey != nil && c.PublicKey.Size() >= 256, "PublicKey", "is missing or shorter than 2048 bits"},
		{!c.Currency.IsZero(), "Currency", "is missing"},
		{c.PayoutMinMinor > 0 && c.PayoutMinMinor <= c.PayoutMaxMinor, "PayoutMinMinor", "is not within 1..PayoutMaxMinor"},
		{c.ConfirmAboveMinor > 0, "ConfirmAboveMinor", "is negative"},
		{slices.Contains(commandIDs, c.CommandID), "CommandID", "is none of " + strings.Join(commandIDs, ", ")},
		{slices.Contains(responseTypes, c.WithoutValidation), "WithoutValidation", "is none of " + strings.Join(responseTypes, ", ")},
		{c.AccountHold > 0, "AccountHold", "is negative"},
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

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

// wholeUnit is one major unit in minor units: payouts have no decimals on this rail.
func wholeUnit(c fx.Currency) int64 {
	unit := int64(1)
	for range c.MinorUnits() {
		unit *= 10
	}
	return unit
}

// Capabilities are the operator's limits and timers. Payouts are whole units of the currency.
func (r *Rail) Capabilities() adapters.Capabilities { return r.capabilities }

// Handler receives the callbacks below Config.CallbackPrefix and answers 404 to everything else.
func (r *Rail) Handler() http.Handler { return r.handler }
