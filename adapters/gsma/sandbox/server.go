package sandbox

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// BasePath is the API's, below which all of it is.
const BasePath = "/v1.2/mm"

// PathToken exchanges Username and Password for a bearer token.
const PathToken = "/oauth/accesstoken"

// Config is one operator. Fields without a default are required.
type Config struct {
	kit.Config
	Host     string // that the certificate is for, beside this machine's own names
	APIKey   string // X-API-Key
	ClientID string // X-Client-Id
	// Username and Password are what a bearer token is given for; every call needs one then. Default: none does.
	Username string
	Password string

	AccountKey     string // of the account that pays and is paid, such as accountid
	AccountValue   string
	PayoutType     string        // default: disbursement
	NoticeURL      string        // where customers' payments are told of; "" for nowhere
	PayoutMaxMinor int64         // beyond it a payout fails; default: no bound
	FloatMinor     int64         // what the account holds before the first transaction; default: 10^15
	PageSize       int           // transactions in one answer, at most; default: 100
	TokenLife      time.Duration // default: 3600 s
}

// Server is one operator's sandbox.
type Server struct {
	*kit.Base
	cfg       Config
	mux       *http.ServeMux
	api       *http.ServeMux
	tokens    *tokens
	identity  *kit.Identity
	statement *statement
}

var _ kit.Server = (*Server)(nil)

// New opens the operator's ledger and decides what an earlier run left undecided; for those it sends no callback, so an
// adapter has to ask.
func New(cfg Config) (*Server, error) {
	if cfg.APIKey == "" || cfg.AccountKey == "" || cfg.AccountValue == "" {
		return nil, fmt.Errorf("gsma sandbox: key and account are required")
	}
	if cfg.PayoutType == "" {
		cfg.PayoutType = "disbursement"
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = time.Hour
	}
	if cfg.FloatMinor == 0 {
		cfg.FloatMinor = 1_000_000_000_000_000
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 100
	}
	id, err := kit.NewIdentity(cfg.Host, time.Now())
	if err != nil {
		return nil, fmt.Errorf("gsma sandbox %s: certificate: %w", cfg.AccountValue, err)
	}
	base, err := kit.NewBase(cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("gsma sandbox %s: %w", cfg.AccountValue, err)
	}
	s := &Server{Base: base, cfg: cfg, identity: id, tokens: newTokens(cfg.TokenLife, base.Now), statement: &statement{}}
	if err := s.resume(); err != nil {
		_ = base.Close()
		return nil, fmt.Errorf("gsma sandbox %s: resume: %w", cfg.AccountValue, err)
	}
	s.routes()
	return s, nil
}

// resume decides what is undecided and rebuilds the statement.
func (s *Server) resume() error {
	undecided, err := s.Undecided()
	for _, op := range undecided {
		if err == nil {
			_, err = s.decide(op)
		}
	}
	if err != nil {
		return err
	}
	return s.Ledger.Each(kit.KindCollection, func(op kit.Operation) bool {
		s.statement.add(op)
		return true
	})
}

func (s *Server) routes() {
	s.api = http.NewServeMux()
	account := BasePath + "/accounts/" + s.cfg.AccountKey + "/{account}"
	s.api.HandleFunc("POST "+PathToken, s.serveToken)
	s.api.HandleFunc("GET "+BasePath+"/heartbeat", s.serveHeartbeat)
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"POST " + BasePath + "/transactions/{reference}/reversals": s.serveReversal,
		"GET " + BasePath + "/transactions/{reference}":            s.serveRead,
		"GET " + BasePath + "/requeststates/{id}":                  s.serveState,
		"GET " + BasePath + "/responses/{correlation}":             s.serveResponse,
		"GET " + account + "/transactions":                         s.serveStatement,
		"GET " + account + "/balance":                              s.serveBalance,
	} {
		s.api.HandleFunc(pattern, s.authorized(serve))
	}
	for _, kind := range types {
		s.api.HandleFunc("POST "+BasePath+"/transactions/type/"+kind, s.authorized(s.transaction(kind)))
	}
	s.mux = http.NewServeMux()
	s.Mount(s.mux)
	s.mux.HandleFunc("GET /admin/statement", kit.ServeStatement(time.UTC, "application/json", s.WriteStatement))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && s.Faults().ExpiredCertificate {
			w.Header().Set("Connection", "close") // whoever is in goes out, and meets the certificate at the door
		}
		if s.Admit(w, r, s.limited) {
			s.api.ServeHTTP(w, r)
		}
	})
}

// ServeHTTP serves the operator's API and /admin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) limited(w http.ResponseWriter) {
	s.refuse(w, http.StatusServiceUnavailable, "serviceUnavailable", "rateLimitError")
}

func (s *Server) serveHeartbeat(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, map[string]string{"serviceStatus": "available"})
}

// TLS is for whoever listens for the sandbox by https.
func (s *Server) TLS() *tls.Config { return s.identity.TLS(s.Faults) }
