package upi

import (
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
)

// Rail is one merchant's account with a PSP. It keeps nothing that matters.
type Rail struct {
	cfg       Config
	sink      adapters.Sink
	client    *client
	verifier  *Verifier // nil with Config.AllowUnsigned
	questions questions
	replies   chan struct{} // one place for each answer that is on its way
	handler   http.Handler
}

var _ adapters.Rail = (*Rail)(nil)

// New makes a rail that puts what it learns into sink. It sends nothing. Errors are *ConfigError.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	r := &Rail{cfg: cfg, sink: sink, client: newClient(cfg), replies: make(chan struct{}, maxReplies)}
	if cfg.CollectionCertificate != nil {
		r.verifier = NewVerifier(cfg.CollectionCertificate)
	}
	hooks, err := adapters.NewDoor(cfg.CallbackPrefix, cfg.Sources, MaxJSONBytes)
	if err != nil {
		return nil, &ConfigError{Field: "CallbackPrefix", Fault: err.Error()}
	}
	messages, err := adapters.NewDoor(cfg.CallbackPrefix, cfg.Sources, MaxXMLBytes)
	if err != nil {
		return nil, &ConfigError{Field: "CallbackPrefix", Fault: err.Error()}
	}
	mux := http.NewServeMux()
	hooks.Handle(mux, http.MethodPost, PathWebhook, r.webhook)
	messages.Handle(mux, http.MethodPost, PathPay, r.message(r.pay))
	messages.Handle(mux, http.MethodPost, PathConfirmation, r.message(r.confirmation))
	messages.Handle(mux, http.MethodPost, PathAuthorisation, r.message(r.authorisation))
	messages.Handle(mux, http.MethodPost, PathChecked, r.message(r.checked))
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
		CallsPerSecond:       r.cfg.CallsPerSecond,
		Timers:               r.cfg.Timers,
	}
}

// Handler receives webhooks and payments below Config.CallbackPrefix and answers 404 to everything else.
func (r *Rail) Handler() http.Handler { return r.handler }
