package api

import (
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Config is what the API is made of.
type Config struct {
	Guard    Guard
	Books    *store.Ledger // with the engine's rights, to keep requests
	Answers  Answers
	Pulses   *live.Feed[*live.Moment] // runs
	Rails    rail.Directory           // where participants' orders go, and who is asked how rails are
	Broker   rail.Broker              // nil: nobody tells how far streams are read
	Evidence Receipts
	Pools    *pools.Directory // nil where the switch knows none
	Webhooks Webhooks
	Log      *slog.Logger
	Version  string // of the program, in the document
}

// API serves /v1, /openapi.json and /docs.
type API struct {
	huma    huma.API
	mux     *http.ServeMux
	handler http.Handler

	guard    Guard
	books    *store.Ledger
	answers  Answers
	pulses   *live.Feed[*live.Moment]
	rails    rail.Directory
	standing *rail.Watch
	evidence Receipts
	pools    *pools.Directory
	webhooks Webhooks
	streams  chan struct{} // has something for each reader of events
	log      *slog.Logger
}

// New makes the API.
func New(cfg Config) (*API, error) {
	a := &API{
		mux: http.NewServeMux(), guard: cfg.Guard, books: cfg.Books, answers: cfg.Answers, pulses: cfg.Pulses, rails: cfg.Rails,
		standing: &rail.Watch{Books: cfg.Books, Broker: cfg.Broker, Rails: cfg.Rails}, evidence: cfg.Evidence, pools: cfg.Pools, streams: make(chan struct{}, maxStreams),
		webhooks: cfg.Webhooks, log: cfg.Log,
	}
	format := huma.Format{
		Marshal:   func(w io.Writer, v any) error { return json.MarshalWrite(w, v) },
		Unmarshal: func(text []byte, v any) error { return json.Unmarshal(text, v) },
	}
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI:       document(cfg.Version),
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{tellProblem},
	}, mounting{a})
	schema[Problem](a)
	for _, mount := range []func(){
		a.participants,
		a.requests,
		a.transfers,
		a.receiptsOfTransfers,
		a.batches,
		a.windows,
		a.accounts,
		a.market,
		a.differences,
		a.attention,
		a.watchRails,
		a.operations,
		a.audits,
		a.live,
		a.orders,
		a.poolDirectory,
		a.hooks,
	} {
		mount()
	}
	for _, own := range []string{"ErrorModel", "ErrorDetail"} { // huma's, which Problem stands for
		delete(a.huma.OpenAPI().Components.Schemas.Map(), own)
	}
	if err := a.document(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("/v1/", a.unknown)
	a.handler = identify(compress(a.mux))
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// unknown answers for what is not there, or not by that method.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		asked := r.Clone(r.Context())
		asked.Method = method
		if _, pattern := a.mux.Handler(asked); pattern != "" && !strings.HasPrefix(pattern, "/") {
			allowed = append(allowed, method)
		}
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		problem("method", "").write(w, r)
		return
	}
	problem("not_found", "").write(w, r)
}

// document begins the OpenAPI document.
func document(version string) *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Ayni", Version: version, Description: "A cross-border settlement switch for mobile money and mutual-aid pools.",
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token":       {Type: "http", Scheme: "bearer", Description: "A machine's, from /auth/token, or the issuer's."},
				"session":     {Type: "apiKey", In: "cookie", Name: "ayni_session", Description: "A person's, who signed in."},
				"certificate": {Type: "mutualTLS", Description: "A machine's."},
			},
		},
	}
}
