package demo

import (
	"context"
	"crypto/rsa"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	gcashsandbox "github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	mpesasandbox "github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	upisandbox "github.com/ayni-switch/ayni/adapters/upi/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/testdata"
)

// demoTimers are what a demo waits where production waits minutes: the zero value of a rail's timers means
// its production ones.
var demoTimers = adapters.Timers{
	SubmitTimeout:   1500 * time.Millisecond,
	FirstQuery:      time.Second,
	QueryEvery:      700 * time.Millisecond,
	QueryEveryMax:   3 * time.Second,
	CollectionEvery: 2 * time.Second,
}

// demoFaults are how the demo's rails misbehave, in per cent of payouts, refunds and notifications.
var demoFaults = sandbox.Faults{
	DeclinePct: 2, DelayPct: 3, LostCallbackPct: 2, DuplicateCallbackPct: 2, TimeoutPct: 1, ErrorPct: 1, ContradictPct: 1, DelayMS: 300,
}

// hardware is what a rail and its sandbox are built from.
type hardware struct {
	keys    *keys
	dir     string
	seed    uint64
	timers  adapters.Timers // zero: production
	railKey *rsa.PrivateKey
}

func newHardware(k *keys, dir string, seed uint64, timers adapters.Timers) (hardware, error) {
	h := hardware{keys: k, dir: dir, seed: seed, timers: timers}
	var err error
	h.railKey, err = parseRSA(k.Rail.Private)
	return h, err
}

// fixture is one participant's rail and the sandbox that it talks to. rail is made when its runner is.
// connected, which may be nil, is called when both listen.
type fixture struct {
	sandbox   sandbox.Server
	rail      func(adapters.Sink) (adapters.Rail, error)
	connected func(context.Context) error
}

// fit builds sandbox and rail for a participant. railURL is where the sandbox will listen, callbackURL
// where the adapter receives callbacks.
func (h hardware) fit(p testdata.Participant, railURL, callbackURL string) (fixture, error) {
	common := sandbox.Config{
		LedgerPath: filepath.Join(h.dir, "sandboxes", p.Name+".db"), Currency: p.Currency, Seed: h.seed, Faults: demoFaults,
	}
	prefix := "/" + h.keys.derive("callback", p.Name)
	switch p.Rail {
	case "mpesa":
		return h.fitMpesa(p, common, railURL, callbackURL, prefix)
	case "upi":
		return h.fitUPI(p, common, railURL, callbackURL, prefix)
	case "gcash":
		return h.fitGcash(p, common, railURL, callbackURL, prefix)
	default:
		return fixture{}, fmt.Errorf("demo: %s: no rail %q", p.Name, p.Rail)
	}
}

func (h hardware) fitMpesa(p testdata.Participant, common sandbox.Config, railURL, callbackURL, prefix string) (fixture, error) {
	number := fnv.New32a()
	number.Write([]byte(p.Name))
	shortcode := fmt.Sprint(600_000 + number.Sum32()%100_000)
	server, err := mpesasandbox.New(mpesasandbox.Config{
		Config: common, ConsumerKey: h.keys.derive("consumer", p.Name), ConsumerSecret: h.keys.derive("consumer secret", p.Name),
		Shortcode: shortcode, Initiator: "ayni", InitiatorPassword: h.keys.derive("initiator", p.Name), PrivateKey: h.railKey,
		PayoutMinMinor: p.PayoutMinMinor, PayoutMaxMinor: p.PayoutMaxMinor,
	})
	if err != nil {
		return fixture{}, err
	}
	config := mpesa.Config{
		BaseURL: railURL, CallbackBaseURL: callbackURL, CallbackPrefix: prefix,
		ConsumerKey: h.keys.derive("consumer", p.Name), ConsumerSecret: h.keys.derive("consumer secret", p.Name),
		Shortcode: shortcode, Initiator: "ayni", InitiatorPassword: h.keys.derive("initiator", p.Name), PublicKey: &h.railKey.PublicKey,
		Currency: p.Currency, PayoutMinMinor: p.PayoutMinMinor, PayoutMaxMinor: p.PayoutMaxMinor,
		ConfirmAboveMinor: confirmAbove(p), Timers: h.timers,
	}
	if h.timers != (adapters.Timers{}) {
		config.PullEvery, config.PullOverlap = h.timers.CollectionEvery, 10*h.timers.CollectionEvery
	}
	var made *mpesa.Rail
	return fixture{
		sandbox: server,
		rail: func(sink adapters.Sink) (adapters.Rail, error) {
			var err error
			made, err = mpesa.New(config, sink)
			return made, err
		},
		connected: func(ctx context.Context) error { return made.Register(ctx) },
	}, nil
}

// confirmAbove is a fifth of the largest payout: a success above it is confirmed by a query.
func confirmAbove(p testdata.Participant) int64 { return p.PayoutMaxMinor / 5 }

func (h hardware) fitGcash(p testdata.Participant, common sandbox.Config, railURL, callbackURL, prefix string) (fixture, error) {
	bank := gcash.BankConfig{
		BaseURL: railURL, ClientID: "AYNI-" + p.Country, KeyVersion: "1", Secret: h.keys.derive("bank", p.Name),
	}
	partner := "ayni-" + p.Country
	const walletBIC = "GXCHPHM2XXX"
	server, err := gcashsandbox.New(gcashsandbox.Config{
		Config: common, CallbackURL: callbackURL + prefix, PayoutMaxMinor: p.PayoutMaxMinor, CreditorBIC: walletBIC, Bank: bank,
		Wallet: gcashsandbox.WalletConfig{
			PartnerID: partner, ClientID: partner, KeyVersion: "1", ClientKeyPEM: h.keys.Adapter.Public,
			WalletClientID: "wallet-" + p.Country, WalletKeyVersion: "1", PrivateKeyPEM: h.keys.Rail.Private,
		},
	})
	if err != nil {
		return fixture{}, err
	}
	config := gcash.Config{
		Currency: p.Currency, PayoutIncrementMinor: p.PayoutIncrementMinor, PayoutMinMinor: p.PayoutMinMinor,
		PayoutMaxMinor: p.PayoutMaxMinor, ConfirmAboveMinor: confirmAbove(p), CallbackBaseURL: callbackURL, CallbackPrefix: prefix,
		Wallet: gcash.WalletConfig{
			BaseURL: railURL, PartnerID: partner, ClientID: partner, KeyVersion: "1", PrivateKeyPEM: h.keys.Adapter.Private,
			WalletClientID: "wallet-" + p.Country, WalletKeyVersion: "1", WalletKeyPEM: h.keys.Rail.Public,
		},
		Bank: bank,
		Clearing: gcash.ClearingConfig{
			System: "INSTAPAY", DebtorAgent: iso20022.Agent{Other: "AYNI" + p.Country}, SponsorBIC: "AYNIPHM1XXX", CreditorBIC: walletBIC,
		},
		Timers: h.timers,
	}
	return fixture{sandbox: server, rail: func(sink adapters.Sink) (adapters.Rail, error) { return gcash.New(config, sink) }}, nil
}

func (h hardware) fitUPI(p testdata.Participant, common sandbox.Config, railURL, callbackURL, prefix string) (fixture, error) {
	signer, certificate, err := upisandbox.NewIdentity("ayni demo PSP", time.Now())
	if err != nil {
		return fixture{}, err
	}
	config := upi.Config{
		BaseURL: railURL, CallbackPrefix: prefix, MerchantID: "AYNI" + p.Country, APIKey: h.keys.derive("psp key", p.Name),
		WebhookSecret: h.keys.derive("psp webhook", p.Name), MerchantVPA: "ayni@okdemo", OrgID: "400001", BankCode: "AYN",
		CollectionCertificate: certificate, Currency: p.Currency, PayoutMinMinor: p.PayoutMinMinor,
		PayoutMaxMinor: p.PayoutMaxMinor, ConfirmAboveMinor: confirmAbove(p), Timers: h.timers,
	}
	server, err := upisandbox.New(upisandbox.Config{
		Config: common, CallbackURL: callbackURL + prefix, MerchantID: config.MerchantID, APIKey: config.APIKey,
		WebhookSecret: config.WebhookSecret, MerchantVPA: config.MerchantVPA, OrgID: config.OrgID, BankCode: config.BankCode,
		Signer: signer, PayoutMaxMinor: p.PayoutMaxMinor,
	})
	if err != nil {
		return fixture{}, err
	}
	return fixture{sandbox: server, rail: func(sink adapters.Sink) (adapters.Rail, error) { return upi.New(config, sink) }}, nil
}
