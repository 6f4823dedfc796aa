package gsma

import (
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
)

// name is the rail's, and the folder's.
const name = "gsma"

// Rail is one account with one operator.
type Rail struct {
	cfg          Config
	capabilities adapters.Capabilities
	sink         adapters.Sink
	client       *client
	pulled       *pulled
	handler      http.Handler
}

var _ adapters.Rail = (*Rail)(nil)

// New makes a rail that puts what it learns into sink. It sends nothing. Errors are *ConfigError.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	authorities, err := cfg.authorities()
	if err != nil {
		return nil, err
	}
	r := &Rail{
		cfg: cfg,
		capabilities: adapters.Capabilities{
			Rail:                 name,
			Currency:             cfg.Currency,
			PayoutIncrementMinor: cfg.PayoutIncrementMinor,
			PayoutMinMinor:       cfg.PayoutMinMinor,
			PayoutMaxMinor:       cfg.PayoutMaxMinor,
			ConfirmAboveMinor:    cfg.ConfirmAboveMinor,
			CallsPerSecond:       cfg.CallsPerSecond,
			Timers:               cfg.Timers,
		},
		sink:   sink,
		client: newClient(cfg, authorities),
		pulled: newPulled(),
	}
	if r.handler, err = r.routes(); err != nil {
		return nil, err
	}
	return r, nil
}

// Capabilities are the operator's limits and timers.
func (r *Rail) Capabilities() adapters.Capabilities { return r.capabilities }

// Handler receives the callbacks below Config.CallbackPrefix and answers 404 to everything else.
func (r *Rail) Handler() http.Handler { return r.handler }
