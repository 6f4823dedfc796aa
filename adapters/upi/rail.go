package upi

import (
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
)

// Rail is one merchant's account with a PSP. It keeps nothing that matters.
type Rail struct {
	cfg      Config
	sink     adapters.Sink
	client   *client
	verifier *verifier // nil with Config.AllowUnsigned
	handler  http.Handler
}

var _ adapters.Rail = (*Rail)(nil)

// New makes a rail that puts what it learns into sink. It sends nothing. Errors are *ConfigError.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	r := &Rail{cfg: cfg, sink: sink, client: newClient(cfg)}
	if cfg.CollectionCertificate != nil {
		r.verifier = newVerifier(cfg.CollectionCertificate)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+cfg.CallbackPrefix+PathWebhook, r.webhook)
	mux.HandleFunc("POST "+cfg.CallbackPrefix+PathPay, r.pay)
	r.handler = mux
	return r, nil
}

// Capabilities are the account's limits and timers.
func (r *Rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail:                 "upi",
		Currency:             r.cfg.Currency,
		PayoutIncrementMinor: 1,
		PayoutMinMinor:       r.cfg.PayoutMinMinor,
		PayoutMaxMinor:       r.cfg.PayoutMaxMinor,
		ConfirmAboveMinor:    r.cfg.ConfirmAboveMinor,
		Timers:               r.cfg.Timers,
	}
}

// Handler receives webhooks and payments below Config.CallbackPrefix and answers 404 to everything else.
func (r *Rail) Handler() http.Handler { return r.handler }
