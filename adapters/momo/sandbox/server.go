package sandbox

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Credentials are what one product asks for.
type Credentials struct{ SubscriptionKey, APIUser, APIKey string }

// Config is one operator. Fields without a default are required.
type Config struct {
	kit.Config
	Host           string                 // that the certificate is for, beside this machine's own names
	AccountNumber  string                 // MSISDN of the account that pays
	Environment    string                 // what X-Target-Environment must say
	Products       map[string]Credentials // by "disbursement" and "remittance": those that are subscribed to
	CallbackHost   string                 // registered for the API users; "" where they have none
	PayoutMaxMinor int64                  // beyond it a transfer fails; default: no bound
	FloatMinor     int64                  // what the account holds before the first transfer; default: 10^15
	TokenLife      time.Duration          // default: 3600 s
}

// Server is one operator's sandbox.
type Server struct {
	*kit.Base
	cfg      Config
	mux      *http.ServeMux
	api      *http.ServeMux
	tokens   *tokens
	identity *kit.Identity
}

var _ kit.Server = (*Server)(nil)

// New opens the operator's ledger and decides what an earlier run left undecided; for those it sends no
// callback, so an adapter has to ask.
func New(cfg Config) (*Server, error) {
	if cfg.Environment == "" || len(cfg.Products) == 0 {
		return nil, fmt.Errorf("momo sandbox: environment and products are required")
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = time.Hour
	}
	if cfg.FloatMinor == 0 {
		cfg.FloatMinor = 1_000_000_000_000_000
	}
	id, err := kit.NewIdentity(cfg.Host, time.Now())
	if err != nil {
		return nil, fmt.Errorf("momo sandbox %s: certificate: %w", cfg.Environment, err)
	}
	base, err := kit.NewBase(cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("momo sandbox %s: %w", cfg.Environment, err)
	}
	s := &Server{Base: base, cfg: cfg, identity: id, tokens: newTokens(cfg.TokenLife, base.Now)}
	undecided, err := s.Undecided()
	for _, op := range undecided {
		if err == nil {
			_, err = s.decide(op)
		}
	}
	if err != nil {
		_ = base.Close()
		return nil, fmt.Errorf("momo sandbox %s: resume: %w", cfg.Environment, err)
	}
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	s.api = http.NewServeMux()
	for product := range s.cfg.Products {
		s.api.HandleFunc("POST /"+product+"/token/", s.token(product))
		s.api.HandleFunc("POST /"+product+"/v1_0/transfer", s.authorized(product, s.serveTransfer))
		s.api.HandleFunc("GET /"+product+"/v1_0/transfer/{reference}", s.authorized(product, s.serveStatus))
		s.api.HandleFunc("GET /"+product+"/v1_0/account/balance", s.authorized(product, s.serveBalance))
	}
	s.mux = http.NewServeMux()
	s.Mount(s.mux)
	s.mux.HandleFunc("GET /admin/statement", kit.ServeStatement(time.UTC, "text/csv", s.WriteStatement))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && s.Faults().ExpiredCertificate {
			w.Header().Set("Connection", "close") // whoever is in goes out, and meets the certificate at the door
		}
		if s.Admit(w, r, limited) {
			s.api.ServeHTTP(w, r)
		}
	})
}

// ServeHTTP serves the operator's API and /admin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// limited is the gateway's answer to a request that comes too fast.
func limited(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	kit.WriteJSON(w, http.StatusTooManyRequests, gatewayError{StatusCode: http.StatusTooManyRequests, Message: "Rate limit is exceeded. Try again in 1 seconds."})
}

// TLS is for whoever listens for the sandbox by https.
func (s *Server) TLS() *tls.Config { return s.identity.TLS(s.Faults) }
