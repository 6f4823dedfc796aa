// Package sandbox is a wallet of the Alipay+ family and a sponsor bank with an instant clearing behind
// it, as package gcash speaks to them.
//
//	POST /v1/payments/inquiryPayment, refund, inquiryRefund   the wallet, JSON, RSA256
//	POST /h2h/v1/pacs.008, pacs.028                           the bank, ISO 20022, HS256
//	Pay ─▶ notifyPayment ─▶ adapter                           signed by the wallet
//	pacs.008 ─▶ ACSP ─▶ (later) pacs.002 ─▶ adapter           signed by the bank
//
// It keeps to the traps of the real ones: a credit that is sent again is rejected as a duplicate (and
// that is no word about the first), a status request about an unknown payment is answered RJCT NOOR, a
// delayed credit is PDNG, a refund in progress is U.
package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Server is the wallet and the bank.
type Server struct {
	*kit.Base
	cfg          Config
	callbackPath string
	mux          *http.ServeMux

	walletSigner, bankSigner     *gcash.Signer
	walletVerifier, bankVerifier *gcash.Verifier
}

var _ kit.Server = (*Server)(nil)

// New opens the ledger and decides, in the background and without callbacks, what an earlier run
// accepted and left undecided.
func New(cfg Config) (*Server, error) {
	s := &Server{mux: http.NewServeMux()}
	if cfg.MaxSkew == 0 {
		cfg.MaxSkew = gcash.DefaultMaxSkew
	}
	var err error
	if s.callbackPath, err = cfg.callbackPath(); err != nil {
		return nil, err
	}
	s.cfg = cfg
	w, b := cfg.Wallet, cfg.Bank
	if s.walletSigner, err = gcash.NewRSASigner(w.WalletClientID, w.WalletKeyVersion, w.PrivateKeyPEM); err != nil {
		return nil, err
	}
	if s.walletVerifier, err = gcash.NewRSAVerifier(w.ClientID, w.KeyVersion, w.ClientKeyPEM, cfg.MaxSkew); err != nil {
		return nil, err
	}
	if s.bankSigner, err = gcash.NewHMACSigner(b.ClientID, b.KeyVersion, b.Secret); err != nil {
		return nil, err
	}
	if s.bankVerifier, err = gcash.NewHMACVerifier(b.ClientID, b.KeyVersion, b.Secret, cfg.MaxSkew); err != nil {
		return nil, err
	}
	if s.Base, err = kit.NewBase(cfg.Config); err != nil {
		return nil, err
	}
	s.Mount(s.mux)
	s.mux.HandleFunc("POST "+gcash.PathCreditTransfer, s.bank(s.creditTransfer))
	s.mux.HandleFunc("POST "+gcash.PathStatusRequest, s.bank(s.statusRequest))
	s.mux.HandleFunc("POST "+gcash.PathInquiryPayment, s.wallet(s.inquiryPayment))
	s.mux.HandleFunc("POST "+gcash.PathRefund, s.wallet(s.refund))
	s.mux.HandleFunc("POST "+gcash.PathInquiryRefund, s.wallet(s.inquiryRefund))
	undecided, err := s.Undecided()
	for _, op := range undecided {
		if err == nil {
			err = s.later(op, func(context.Context) { _, _ = s.decide(op) })
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ServeHTTP serves the wallet, the bank and /admin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer is what an endpoint says: nil for silence.
type answer struct {
	status int
	body   []byte
}

// signed wraps an endpoint: it reads and verifies the request, and signs a 200.
func (s *Server) signed(verifier *gcash.Verifier, signer *gcash.Signer, contentType string, serve func(body []byte) (*answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, gcash.MaxBodyBytes))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		path := r.URL.EscapedPath()
		if err := verifier.Request(r.Header, http.MethodPost, path, body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		a, err := serve(body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		case a == nil:
			s.Silence(r)
		case a.status != http.StatusOK:
			http.Error(w, string(a.body), a.status)
			return
		}
		if err := signer.Response(w.Header(), http.MethodPost, path, a.body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(a.body) // the client may have gone, which is its own affair
	}
}

func (s *Server) bank(serve func([]byte) (*answer, error)) http.HandlerFunc {
	return s.signed(s.bankVerifier, s.bankSigner, "application/xml", serve)
}

func (s *Server) wallet(serve func([]byte) (*answer, error)) http.HandlerFunc {
	return s.signed(s.walletVerifier, s.walletSigner, "application/json", serve)
}

// internalError is the 500 of a rail that accepted nothing.
var internalError = &answer{status: http.StatusInternalServerError, body: []byte("internal error")}

// decide settles or declines op as the dice say.
func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	return s.Decide(op, s.receipt(op.Kind, op.ID), declines[op.Kind])
}

// declines are what each kind is refused with.
var declines = map[string][]string{
	kit.KindPayout: {"AC03", "AC04", "AC06", "AM04", "AB05", "AB08", "AB09", "BE23", "FR01", "RR04"},
	kit.KindRefund: {"REFUND_WINDOW_EXCEED", "USER_STATUS_ABNORMAL", "PROCESS_FAIL"},
}

// receipt is the reference that the clearing or the wallet gives: 20 characters, a function of the seed.
func (s *Server) receipt(kind, id string) string {
	prefix := map[string]string{kit.KindPayout: "IPAY", kit.KindRefund: "RFND", kit.KindCollection: "PYMT"}[kind]
	return prefix + s.Dice.Code("receipt/"+kind, id, 16)
}

// later runs job when the rail decides on op. A full schedule runs it at once: nothing may be forgotten.
func (s *Server) later(op kit.Operation, job func(context.Context)) error {
	err := s.Settling(s.Fate(op.Kind, op.FateKey), job)
	if errors.Is(err, kit.ErrBusy) {
		_, err = s.decide(op)
	}
	return err
}

// deliver sends a signed callback. Nobody retries: a callback is a hint, and the adapter polls.
func (s *Server) deliver(ctx context.Context, signer *gcash.Signer, path, contentType string, body []byte) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.CallbackURL+path, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", contentType)
	if signer.Request(request.Header, http.MethodPost, s.callbackPath+path, body, time.Now()) != nil {
		return
	}
	_, _, _ = s.Deliver(request)
}
