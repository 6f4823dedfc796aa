package settings

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/messaging"
)

// Serve configures `ayni serve`: the switch on PostgreSQL and NATS of others.
type Serve struct {
	DatabaseURL    Address            `yaml:"database_url" help:"the switch's PostgreSQL; with a password in it, file:PATH"`
	Migrate        bool               `yaml:"migrate" help:"bring the database to this version's schema at the start; its user must be allowed to"`
	NATSURL        Address            `yaml:"nats_url" help:"the NATS with JetStream, or several with commas between"`
	NATSCreds      string             `yaml:"nats_creds" help:"path of the switch's credentials there"`
	SwitchSeed     Secret             `yaml:"switch_seed" help:"signing seed of the switch, file:PATH; ayni adapter key makes one"`
	LogKey         Secret             `yaml:"log_key" help:"key that signs the log's checkpoints, file:PATH; ayni ledger log-key makes one"`
	Persons        string             `yaml:"persons" help:"path of the keys under which persons are sealed, the same for every engine; ayni person keys makes them; \"\" keeps persons open"`
	ScreeningLists string             `yaml:"screening_lists" help:"path of the lists that every intent is held against, as JSON; \"\" for none"`
	ScreeningKey   Secret             `yaml:"screening_key" help:"key under which accounts are hashed for screening, file:PATH; \"\" for none"`
	Holder         string             `yaml:"holder" help:"names this engine in the lease, for people; \"\" for the machine's name"`
	HTTPAddr       string             `yaml:"http_addr" help:"HOST:PORT of API, console and health; \"\" for none"`
	Origin         string             `yaml:"origin" help:"scheme and host by which browsers reach http_addr, as in https://switch.example; \"\" for HTTP_ADDR itself"`
	TLSCertificate string             `yaml:"tls_certificate" help:"path of the chain that http_addr shows by TLS, as PEM; \"\" for none, behind a proxy that ends TLS"`
	TLSKey         string             `yaml:"tls_key" help:"path of its key; files are read again when they change"`
	TLSClients     string             `yaml:"tls_clients" help:"path of the authorities that sign certificates of machines, as PEM; \"\" where none comes in by one"`
	Proxies        Networks           `yaml:"proxies" help:"proxies whose X-Forwarded-For is believed, as in 10.0.0.0/8,192.0.2.7"`
	Name           string             `yaml:"name" help:"of the switch, as people know it"`
	IssuerURL      string             `yaml:"issuer_url" help:"OpenID Connect issuer that people sign in by; \"\" for links alone (ayni access link)"`
	IssuerClient   string             `yaml:"issuer_client" help:"our client id there"`
	IssuerSecret   Secret             `yaml:"issuer_secret" help:"our secret there, file:PATH; \"\" for none"`
	IssuerAudience string             `yaml:"issuer_audience" help:"audience of the issuer's access tokens that machines bring; \"\" accepts none"`
	IssuerGroups   string             `yaml:"issuer_groups" help:"claim that has a person's groups"`
	IssuerOwn      string             `yaml:"issuer_own" help:"claim that has the participant whose things are a person's own"`
	IssuerRoles    map[string]string  `yaml:"issuer_roles" help:"what each group may do: {ayni-operators: operator, ayni-approvers: approver}"`
	Rails          map[string]Address `yaml:"rails" help:"private addresses of participants' adapters: {mpesa-ke: http://10.0.0.5:8081}"`
	Pools          map[string]Address `yaml:"pools" help:"addresses of pools' nodes, of which the directory shows what they show to everybody: {chama-nairobi: https://chama.example}"`
	PoolLogs       map[string]string  `yaml:"pool_logs" help:"keys that verify the logs of those pools, as ayni pool log prints them: {chama-nairobi: chama-nairobi/log+…}"`
	WebhookKey     Secret             `yaml:"webhook_key" help:"what keys of webhooks are made from, 24 bytes at least and the same on every node, file:PATH; \"\" makes them from switch_seed, and others when that is turned"`
	Telemetry      `yaml:",inline"`
}

// DefaultServe is what holds where nothing is said.
func DefaultServe() Serve {
	return Serve{Migrate: true, Name: "ayni", IssuerGroups: "groups", IssuerOwn: "participant", Telemetry: DefaultTelemetry("info", "json")}
}

// Check says what is missing or cannot be.
func (s *Serve) Check() error {
	var faults []error
	fault := func(name, what string) { faults = append(faults, &Error{Place: "serve", Name: name, Fault: what}) }
	for name, value := range map[string]string{
		"database_url": string(s.DatabaseURL), "nats_url": string(s.NATSURL), "switch_seed": string(s.SwitchSeed), "log_key": string(s.LogKey),
	} {
		if value == "" {
			fault(name, "is missing")
		}
	}
	if s.IssuerURL != "" && s.IssuerClient == "" {
		fault("issuer_client", "is missing")
	}
	if s.HTTPAddr != "" {
		if _, _, err := net.SplitHostPort(s.HTTPAddr); err != nil {
			fault("http_addr", "is no HOST:PORT")
		}
	}
	switch {
	case (s.TLSCertificate == "") != (s.TLSKey == ""):
		fault("tls_key", "and tls_certificate go together")
	case s.TLSClients != "" && s.TLSCertificate == "":
		fault("tls_clients", "is asked for by TLS alone: tls_certificate is missing")
	}
	for name, address := range s.Rails {
		if u, err := url.Parse(string(address)); !messaging.ValidParticipant(name) || err != nil || u.Scheme != "http" && u.Scheme != "https" {
			fault("rails", fmt.Sprintf("%.40q at %.100q is no participant at an address", name, address))
		}
	}
	for name := range s.PoolLogs {
		if _, known := s.Pools[name]; !known {
			fault("pool_logs", fmt.Sprintf("%.40q is in no pools", name))
		}
	}
	for name := range s.Pools {
		if s.PoolLogs[name] == "" {
			fault("pools", fmt.Sprintf("%.40q has no key in pool_logs", name))
		}
	}
	if err := s.Telemetry.Check("serve"); err != nil {
		faults = append(faults, err)
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}
