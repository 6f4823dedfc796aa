package sandbox

import (
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Config is one operator. Fields without a default are required.
type Config struct {
	kit.Config
	ConsumerKey       string
	ConsumerSecret    string
	Shortcode         string
	Initiator         string
	InitiatorPassword string
	PrivateKey        *rsa.PrivateKey // opens SecurityCredential
	Passkey           string          // of the STK push; without one there is none
	Host              string          // that the certificate names, beside this machine's own
	FloatMinor        int64           // what the utility account held before the sandbox's first operation
	PayoutMinMinor    int64           // default: 10 whole units
	PayoutMaxMinor    int64           // default: 250,000 whole units
	WalletMaxMinor    int64           // the most that a customer's wallet holds; 0 for any amount
	DailyMaxMinor     int64           // the most that it receives in a day; 0 for any amount
	Validation        bool            // payments are validated before they are made, see SetValidation
	TokenLife         time.Duration   // default: 3599 s
	PageSize          int             // rows in one answer to a pull query; default: 1000
	Zone              *time.Location  // of timestamps; default: UTC+3
}

// Server is one operator's sandbox.
type Server struct {
	*kit.Base
	cfg         Config
	unit        int64 // one major unit in minor units
	mux         *http.ServeMux
	tokens      *tokens
	credentials *credentials
	identity    *kit.Identity
	statement   *statement
	wallets     *wallets
	validates   atomic.Bool

	mu         sync.Mutex
	registered registration
}

var _ kit.Server = (*Server)(nil)

// New opens the operator's ledger and decides what an earlier run left undecided; for those it sends no
// callback, so an adapter has to ask.
func New(cfg Config) (*Server, error) {
	if cfg.PrivateKey == nil || cfg.ConsumerKey == "" || cfg.Shortcode == "" || cfg.Initiator == "" {
		return nil, fmt.Errorf("mpesa sandbox: key, consumer, shortcode and initiator are required")
	}
	unit := int64(1)
	for range cfg.Currency.MinorUnits() {
		unit *= 10
	}
	if cfg.PayoutMinMinor == 0 {
		cfg.PayoutMinMinor = 10 * unit
	}
	if cfg.PayoutMaxMinor == 0 {
		cfg.PayoutMaxMinor = 250_000 * unit
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = 3599 * time.Second
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 1000
	}
	if cfg.Zone == nil {
		cfg.Zone = time.FixedZone("EAT", 3*60*60)
	}
	identity, err := kit.NewIdentity(cfg.Host, time.Now())
	if err != nil {
		return nil, fmt.Errorf("mpesa sandbox %s: certificate: %w", cfg.Shortcode, err)
	}
	base, err := kit.NewBase(cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("mpesa sandbox %s: %w", cfg.Shortcode, err)
	}
	s := &Server{
		Base: base, cfg: cfg, unit: unit,
		tokens:      newTokens(cfg.TokenLife),
		credentials: newCredentials(cfg.PrivateKey, cfg.InitiatorPassword),
		identity:    identity,
		statement:   &statement{},
		wallets:     newWallets(cfg.WalletMaxMinor, cfg.DailyMaxMinor),
	}
	s.SetValidation(cfg.Validation)
	if err := s.resume(); err != nil {
		_ = base.Close()
		return nil, fmt.Errorf("mpesa sandbox %s: resume: %w", cfg.Shortcode, err)
	}
	s.mux = s.routes()
	return s, nil
}

// resume decides what is undecided and rebuilds statement and wallets.
func (s *Server) resume() error {
	undecided, err := s.Undecided()
	if err != nil {
		return err
	}
	err = s.Ledger.Each(kit.KindCollection, func(op kit.Operation) bool {
		s.statement.add(op)
		return true
	})
	if err != nil {
		return err
	}
	for _, op := range undecided {
		if _, err := s.decide(op); err != nil {
			return err
		}
	}
	return s.wallets.rebuild(s.Ledger, s.cfg.Zone)
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.Mount(mux)
	mux.HandleFunc("GET /admin/statement", kit.ServeStatement(s.cfg.Zone, "text/csv", s.WriteStatement))
	mux.HandleFunc("PUT /admin/validation", s.serveValidation)
	mux.HandleFunc("GET /oauth/v1/generate", s.serveToken)
	for path, serve := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"/mpesa/b2c/v3/paymentrequest":      s.servePayout,
		"/mpesa/reversal/v1/request":        s.serveReversal,
		"/mpesa/transactionstatus/v1/query": s.serveStatus,
		"/mpesa/c2b/v2/registerurl":         s.serveRegister,
		"/mpesa/accountbalance/v1/query":    s.serveBalance,
		"/mpesa/stkpush/v1/processrequest":  s.servePush,
		"/mpesa/stkpushquery/v1/query":      s.servePushQuery,
		"/pulltransactions/v1/query":        s.servePull,
	} {
		mux.HandleFunc("POST "+path, s.authorized(serve))
	}
	return mux
}

// ServeHTTP serves the operator's API and /admin. The API says what time it is on the rail.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/admin/") {
		w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
		if r.TLS != nil && s.Faults().ExpiredCertificate {
			w.Header().Set("Connection", "close") // whoever is in goes out, and meets the certificate at the door
		}
		if !s.Admit(w, r, tooFast) {
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

// TLS is for whoever listens for the sandbox by https.
func (s *Server) TLS() *tls.Config { return s.identity.TLS(s.Faults) }
