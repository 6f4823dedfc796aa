// Package sandbox is a bank, as package bank speaks to one.
//
//	POST /pacs.008, /pacs.004, /pacs.028       ISO 20022, answered by a pacs.002
//	pacs.008 ─▶ ACSP ─▶ (later) pacs.002       a payout, reported when it is decided
//	Pay ─▶ pacs.008 ─▶ adapter                 a customer pays an order; sent until it is answered
//	Send ─▶ pacs.008 ─▶ adapter                a customer sends money to somebody at another participant
//	Recall ─▶ camt.056 ─▶ adapter ─▶ camt.029  a customer wants that money back
//
// A customer is debited when the payment is made, and credited again where the adapter answers RJCT. A credit that is
// sent again is rejected as a duplicate, which is no word about the first; a question about an unknown
// one is answered RJCT NOOR; a delayed one is PDNG.
package sandbox

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Config is one bank, with the adapter as its only participant.
type Config struct {
	kit.Config
	CallbackURL    string // base and prefix of what the adapter serves
	BIC            string // of the bank
	Agent          iso20022.Agent
	Token          string // that the adapter shows, "" for none
	BankToken      string // that the bank shows, "" for none
	PayoutMaxMinor int64
	// Identity is what the bank shows by TLS, on its API and when it calls; nil without TLS. Adapter says whose calls are
	// taken, and Authorities (PEM file) who may have signed the certificate of the adapter's callbacks.
	Identity    *kit.Identity
	Adapter     adapters.Callers
	Authorities string
}

// Server is the bank.
type Server struct {
	*kit.Base
	cfg  Config
	gate *adapters.Gate // nil where the adapter shows no certificate
	mux  *http.ServeMux
}

var _ kit.Server = (*Server)(nil)

// New opens the ledger and takes up, in the background, what an earlier run left undecided: payouts and returns without
// a word to anybody, customers' payments by sending them again.
func New(cfg Config) (*Server, error) {
	u, err := url.Parse(cfg.CallbackURL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("bank sandbox: callback URL %q", cfg.CallbackURL)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	if s.gate, err = cfg.Adapter.Open(); err != nil {
		return nil, fmt.Errorf("bank sandbox: %w", err)
	}
	authorities, err := adapters.Authorities(cfg.Authorities)
	if err != nil {
		return nil, fmt.Errorf("bank sandbox: %w", err)
	}
	if s.Base, err = kit.NewBase(cfg.Config); err != nil {
		return nil, err
	}
	if cfg.Identity != nil {
		s.CallBy(cfg.Identity.Calling(s.Faults, authorities))
	}
	s.Mount(s.mux)
	s.mux.HandleFunc("GET /admin/statement", kit.ServeStatement(time.UTC, bank.ContentType, s.WriteStatement))
	for path, serve := range map[string]endpoint{
		bank.PathCreditTransfer: s.creditTransfer, bank.PathPaymentReturn: s.paymentReturn, bank.PathStatusRequest: s.statusRequest,
	} {
		s.mux.HandleFunc("POST "+path, s.serve(serve))
	}
	undecided, err := s.Undecided()
	for _, op := range undecided {
		switch {
		case err != nil:
		case op.Kind == kindDelivery:
			err = s.Later(0, func(ctx context.Context) { s.deliverPayment(ctx, op, 0) })
		default:
			err = s.later(op, func(context.Context) { _, _ = s.decide(op) })
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ServeHTTP serves the bank and /admin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// TLS is for whoever listens for the bank by https: it asks for the adapter's certificate.
func (s *Server) TLS() *tls.Config {
	config := s.cfg.Identity.TLS(s.Faults)
	config.ClientAuth = tls.RequestClientCert
	return config
}

// knows tells whether the adapter is at the other end: by its token and by its certificate, where it has them.
func (s *Server) knows(r *http.Request) bool {
	if s.gate != nil && s.gate.Admits(r.TLS, time.Now()) != nil {
		return false
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.Token)) == 1
}

// endpoint answers one message; nil for silence. Its request's body has been read.
type endpoint func(r *http.Request, body []byte) (*answer, error)

type answer struct {
	status int
	body   []byte
}

// internalError is the 500 of a bank that accepted nothing.
var internalError = &answer{status: http.StatusInternalServerError, body: []byte("internal error")}

func malformed(text string) *answer { return &answer{http.StatusBadRequest, []byte(text)} }

func (s *Server) serve(answerTo endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.Admit(w, r, func(w http.ResponseWriter) {
			http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		}) {
			return
		}
		if !s.knows(r) {
			http.Error(w, "who is there?", http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, iso20022.MaxMessageBytes))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		a, err := answerTo(r, body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		case a == nil:
			s.Silence(r)
		case a.status != http.StatusOK:
			http.Error(w, string(a.body), a.status)
		default:
			w.Header().Set("Content-Type", bank.ContentType)
			_, _ = w.Write(a.body) // the client may have gone, which is its own affair
		}
	}
}

// decide settles or declines op as the dice say.
func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	return s.Decide(op, s.receipt(op.Kind, op.ID), declines[op.Kind])
}

// declines are what each kind is refused with.
var declines = map[string][]string{
	kit.KindPayout: {"AC03", "AC04", "AC06", "AM04", "AB08", "BE23", "RR04"},
	kit.KindRefund: {"AC04", "AC06", "MD07"},
}

// receipt is the bank's own reference: 20 characters, a function of the seed.
func (s *Server) receipt(kind, id string) string {
	return map[string]string{kit.KindPayout: "CRED", kit.KindRefund: "RETN"}[kind] + s.Dice.Code("receipt/"+kind, id, 16)
}

// later runs job when the bank decides on op. A full schedule decides at once: nothing may be forgotten.
func (s *Server) later(op kit.Operation, job func(context.Context)) error {
	err := s.Settling(s.Fate(op.Kind, op.FateKey), job)
	if errors.Is(err, kit.ErrBusy) {
		_, err = s.decide(op)
	}
	return err
}

// tokenExpired is what the bank shows while its own is past its end.
const tokenExpired = "expired"

// deliver sends a message and returns its answer.
func (s *Server) deliver(ctx context.Context, path string, message []byte) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.CallbackURL+path, bytes.NewReader(message))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", bank.ContentType)
	switch {
	case s.cfg.BankToken != "" && s.Faults().ExpiredCertificate:
		request.Header.Set("Authorization", "Bearer "+tokenExpired)
	case s.cfg.BankToken != "":
		request.Header.Set("Authorization", "Bearer "+s.cfg.BankToken)
	}
	return s.Deliver(request)
}

// overtaking bounds how long an answer waits for the report that overtakes it.
const overtaking = time.Second
