package gcash

import (
	"net/netip"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// settings are a Config as its file says it: config.yaml explains each.
type settings struct {
	Currency        fx.Currency      `yaml:"currency"`
	Zone            string           `yaml:"zone"` // of statements (statement.go)
	CallbackBaseURL string           `yaml:"callback_base_url"`
	CallbackPrefix  adapters.Secret  `yaml:"callback_prefix"`
	CallbackSources []netip.Prefix   `yaml:"callback_sources"`
	Wallet          walletSettings   `yaml:"wallet"`
	Bank            bankSettings     `yaml:"bank"`
	Clearing        clearingSettings `yaml:"clearing"`
	PayoutIncrement string           `yaml:"payout_increment"`
	PayoutMin       string           `yaml:"payout_min"`
	PayoutMax       string           `yaml:"payout_max"`
	ConfirmFrom     string           `yaml:"confirm_from"`
	CallsPerSecond  int              `yaml:"calls_per_second"`
	MaxSkew         time.Duration    `yaml:"max_skew"`
	Timers          adapters.Timers  `yaml:"timers"`
}

type walletSettings struct {
	BaseURL          string          `yaml:"base_url"`
	PartnerID        string          `yaml:"partner_id"`
	ClientID         string          `yaml:"client_id"`
	KeyVersion       string          `yaml:"key_version"`
	PrivateKey       adapters.Secret `yaml:"private_key"`
	WalletClientID   string          `yaml:"wallet_client_id"`
	WalletKeyVersion string          `yaml:"wallet_key_version"`
	WalletKey        adapters.Secret `yaml:"wallet_key"` // public; a Secret to have it in a file
	AppID            string          `yaml:"app_id"`
	ProductCode      string          `yaml:"product_code"`
	ReturnURL        string          `yaml:"return_url"`
	AppScheme        string          `yaml:"app_scheme"`
}

type bankSettings struct {
	BaseURL    string          `yaml:"base_url"`
	ClientID   string          `yaml:"client_id"`
	KeyVersion string          `yaml:"key_version"`
	Secret     adapters.Secret `yaml:"secret"`
}

type clearingSettings struct {
	System      string `yaml:"system"`
	DebtorAgent struct {
		BIC string `yaml:"bic"`
		ID  string `yaml:"id"`
	} `yaml:"debtor_agent"`
	SponsorBIC  string `yaml:"sponsor_bic"`
	CreditorBIC string `yaml:"creditor_bic"`
}

// gcashBIC is the BIC of GCash in InstaPay.
const gcashBIC = "GXCHPHM2XXX"

// defaultConfirmFrom is from which amount a success is confirmed, in units of the currency.
const defaultConfirmFrom = "10000"

// readSettings reads a Config. Errors are *adapters.SettingsError.
func readSettings(from adapters.Settings) (Config, error) {
	s := settings{
		ConfirmFrom: defaultConfirmFrom, PayoutIncrement: "0", PayoutMin: "0", PayoutMax: "0",
		Clearing: clearingSettings{System: InstaPay, CreditorBIC: gcashBIC},
	}
	if err := from.Into(&s); err != nil {
		return Config{}, err
	}
	w, b, c := s.Wallet, s.Bank, s.Clearing
	cfg := Config{
		Currency: s.Currency, CallbackBaseURL: s.CallbackBaseURL, CallbackPrefix: s.CallbackPrefix.Reveal(),
		CallbackSources: s.CallbackSources, CallsPerSecond: s.CallsPerSecond, MaxSkew: s.MaxSkew, Timers: s.Timers,
		Wallet: WalletConfig{
			BaseURL: w.BaseURL, PartnerID: w.PartnerID, ClientID: w.ClientID, KeyVersion: w.KeyVersion,
			PrivateKeyPEM: w.PrivateKey.Reveal(), WalletClientID: w.WalletClientID, WalletKeyVersion: w.WalletKeyVersion,
			WalletKeyPEM: w.WalletKey.Reveal(), AppID: w.AppID, ProductCode: w.ProductCode, ReturnURL: w.ReturnURL,
			AppScheme: w.AppScheme,
		},
		Bank: BankConfig{BaseURL: b.BaseURL, ClientID: b.ClientID, KeyVersion: b.KeyVersion, Secret: b.Secret.Reveal()},
		Clearing: ClearingConfig{
			System: c.System, DebtorAgent: iso20022.Agent{BIC: c.DebtorAgent.BIC, Other: c.DebtorAgent.ID},
			SponsorBIC: c.SponsorBIC, CreditorBIC: c.CreditorBIC,
		},
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
