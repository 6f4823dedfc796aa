package bank

import (
	"net/netip"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// settings are a Config as its file says it: config.yaml explains each.
type settings struct {
	Currency        fx.Currency     `yaml:"currency"`
	Zone            string          `yaml:"zone"` // of statements (statement.go)
	BaseURL         string          `yaml:"base_url"`
	CallbackPrefix  adapters.Secret `yaml:"callback_prefix"`
	CallbackSources []netip.Prefix  `yaml:"callback_sources"`
	Token           adapters.Secret `yaml:"token"`
	BankToken       adapters.Secret `yaml:"bank_token"`
	TLS             struct {
		Certificate string           `yaml:"certificate"`
		Key         string           `yaml:"key"`
		Authorities string           `yaml:"authorities"`
		Bank        adapters.Callers `yaml:"bank"`
	} `yaml:"tls"`
	Folder    string        `yaml:"folder"`
	LookEvery time.Duration `yaml:"look_every"`
	Agent     struct {
		BIC string `yaml:"bic"`
		ID  string `yaml:"id"`
	} `yaml:"agent"`
	BankBIC         string            `yaml:"bank_bic"`
	System          string            `yaml:"system"`
	Versions        []string          `yaml:"versions"`
	Participants    map[string]string `yaml:"participants"`
	PayoutIncrement string            `yaml:"payout_increment"`
	PayoutMin       string            `yaml:"payout_min"`
	PayoutMax       string            `yaml:"payout_max"`
	ConfirmFrom     string            `yaml:"confirm_from"`
	CallsPerSecond  int               `yaml:"calls_per_second"`
	Timers          adapters.Timers   `yaml:"timers"`
}

// defaultConfirmFrom is from which amount a success is confirmed, in units of the currency.
const defaultConfirmFrom = "10000"

// readSettings reads a Config. Errors are *adapters.SettingsError.
func readSettings(from adapters.Settings) (Config, error) {
	s := settings{ConfirmFrom: defaultConfirmFrom, PayoutIncrement: "0", PayoutMin: "0", PayoutMax: "0"}
	if err := from.Into(&s); err != nil {
		return Config{}, err
	}
	cfg := Config{
		Currency: s.Currency, BaseURL: s.BaseURL, CallbackPrefix: s.CallbackPrefix.Reveal(), CallbackSources: s.CallbackSources,
		Token: s.Token.Reveal(), BankToken: s.BankToken.Reveal(),
		Certificate: adapters.Certificate{Certificate: s.TLS.Certificate, Key: s.TLS.Key}, Authorities: s.TLS.Authorities, BankCertificate: s.TLS.Bank,
		Folder: s.Folder, LookEvery: s.LookEvery, Agent: iso20022.Agent{BIC: s.Agent.BIC, Other: s.Agent.ID},
		BankBIC: s.BankBIC, System: s.System, Versions: s.Versions, Participants: s.Participants, CallsPerSecond: s.CallsPerSecond, Timers: s.Timers,
	}
	for _, amount := range []struct {
		field, text string
		into        *int64
	}{
		{"payout_increment", s.PayoutIncrement, &cfg.PayoutIncrementMinor},
		{"payout_min", s.PayoutMin, &cfg.PayoutMinMinor},
		{"payout_max", s.PayoutMax, &cfg.PayoutMaxMinor},
		{"confirm_from", s.ConfirmFrom, &cfg.ConfirmAboveMinor},
	} {
		money, err := fx.ParseMoney(amount.text, s.Currency)
		if err != nil || money.Minor < 0 {
			return Config{}, &adapters.SettingsError{Field: amount.field, Fault: "is no amount of the currency"}
		}
		*amount.into = money.Minor
	}
	return cfg, nil
}
