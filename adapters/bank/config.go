package bank

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Config is one participant's connection to its bank.
type Config struct {
	Currency fx.Currency
	// PayoutIncrementMinor, PayoutMinMinor and PayoutMaxMinor bound one payout, in minor units. Increment and minimum
	// of zero mean one.
	PayoutIncrementMinor int64
	PayoutMinMinor       int64
	PayoutMaxMinor       int64
	// ConfirmAboveMinor is the amount from which a report of success that nobody asked for is confirmed by a query.
	ConfirmAboveMinor int64
	CallbackPrefix    string         // path of what the bank calls: "/" and at least 22 unguessable characters
	CallbackSources   []netip.Prefix // where it calls from; none means anywhere
	// Either BaseURL and the prefix are there, with a token or a certificate for each side, or Folder is. A side that has
	// both shows both.
	BaseURL         string // of the bank's API
	Token           string // that we show, at least 16 characters
	Certificate     adapters.Certificate
	Authorities     string // PEM file of those who may have signed the certificate of the bank's API; "" for the system's
	BankToken       string // that the bank shows, at least 16 characters
	BankCertificate adapters.Callers
	Folder          string // that the bank and we put files into
	// LookEvery is how often the folder is looked into; zero means every second.
	LookEvery time.Duration
	// Versions are the messages that the bank can read, such as "pacs.008.001.10": of each, the newest that both know is
	// written. One that is not named is written as it has always been.
	Versions []string
	System   string         // proprietary name of the clearing system, "" for none
	Agent    iso20022.Agent // ourselves
	BankBIC  string         // the bank: it is instructed, and holds the beneficiaries' accounts
	// Participants are the creditors' participants by their agents: a BIC, or another id.
	Participants   map[string]string
	CallsPerSecond int             // of each kind, that the bank takes; 0 for no bound
	Timers         adapters.Timers // each zero field means that of ProductionTimers
}

// ProductionTimers are how patient the rail is in production.
func ProductionTimers() adapters.Timers {
	return adapters.Timers{
		SubmitTimeout:   20 * time.Second,
		FirstQuery:      time.Minute,
		QueryEvery:      time.Minute,
		QueryEveryMax:   time.Hour,
		CollectionEvery: time.Minute,
	}
}

// minToken is the shortest token that is accepted, in bytes.
const minToken = 16

// short tells whether there is a token, and it can be guessed.
func short(token string) bool { return token != "" && len(token) < minToken }

var bicForm = regexp.MustCompile(`^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$`)

// complete checks the configuration and fills in what zero stands for.
func (c Config) complete() (Config, error) {
	c.Timers = c.Timers.Or(ProductionTimers())
	c.PayoutIncrementMinor, c.PayoutMinMinor = max(c.PayoutIncrementMinor, 1), max(c.PayoutMinMinor, 1)
	if c.LookEvery <= 0 {
		c.LookEvery = time.Second
	}
	if (c.BaseURL == "") == (c.Folder == "") {
		return Config{}, errors.New("bank: needs either a base URL or a folder")
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "":
			return Config{}, fmt.Errorf("bank: URL %q is not a base URL", c.BaseURL)
		case c.Token == "" && c.Certificate.IsZero(), c.BankToken == "" && c.BankCertificate.IsZero():
			return Config{}, errors.New("bank: each side needs a token or a certificate")
		case short(c.Token) || short(c.BankToken) || c.Token != "" && c.Token == c.BankToken:
			return Config{}, fmt.Errorf("bank: tokens have at least %d characters, and each side has its own", minToken)
		case u.Scheme != "https" && !c.Certificate.IsZero():
			return Config{}, fmt.Errorf("bank: our certificate cannot be shown to %q", c.BaseURL)
		}
		c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	}
	switch {
	case c.Currency.IsZero():
		return Config{}, errors.New("bank: no currency")
	case c.PayoutMaxMinor < c.PayoutMinMinor:
		return Config{}, fmt.Errorf("bank: largest payout %d is below the smallest, %d", c.PayoutMaxMinor, c.PayoutMinMinor)
	case c.Agent == iso20022.Agent{}:
		return Config{}, errors.New("bank: no agent: a BIC or an id of ourselves")
	case !bicForm.MatchString(c.BankBIC):
		return Config{}, errors.New("bank: the bank's BIC is none")
	}
	for agent, participant := range c.Participants {
		if agent == "" || agent == agentText(c.Agent) || !messaging.ValidParticipant(participant) {
			return Config{}, fmt.Errorf("bank: agent %q cannot stand for participant %q", agent, participant)
		}
	}
	return c, nil
}

// calling is how we call the bank by TLS.
func (c Config) calling() (*tls.Config, error) {
	authorities, err := adapters.Authorities(c.Authorities)
	if err != nil {
		return nil, err
	}
	shown := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities}
	if !c.Certificate.IsZero() {
		own, err := c.Certificate.Load()
		if err != nil {
			return nil, err
		}
		shown.Certificates = []tls.Certificate{own}
	}
	return shown, nil
}

// agentText is what names an agent.
func agentText(a iso20022.Agent) string { return cmp.Or(a.BIC, a.Member, a.LEI, a.Other, a.Name) }
