// Package sandbox is a wallet of the Alipay+ family and a sponsor bank with an instant clearing behind
// it, as package gcash speaks to them.
//
//	POST /v1/payments/pay, inquiryPayment, refund, inquiryRefund   the wallet, JSON, RSA256
//	POST /h2h/v1/pacs.008, pacs.028                                the bank, ISO 20022, HS256
//	Pay ─▶ notifyPayment ─▶ adapter                                signed by the wallet
//	pay ─▶ A ─▶ GET /cashier ─▶ Pay                                a customer who opens the link pays
//	pacs.008 ─▶ ACSP ─▶ (later) pacs.002 ─▶ adapter                signed by the bank
//
// It keeps to the traps of the real ones: a credit that is sent again is rejected as a duplicate (and
// that is no word about the first), a status request about an unknown payment is answered RJCT NOOR, a
// delayed credit is PDNG, a refund in progress is U.
//
// Its faults speak the rail's own way: too many calls are REQUEST_TRAFFIC_EXCEED_LIMIT at the wallet and 429 at the
// bank, a clock that is off shows in every signed time and in what is taken for stale, and an expired key is one whose
// version nobody pins any more.
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
	wallet, bank *peer
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
	if s.wallet, err = walletPeer(cfg); err != nil {
		return nil, err
	}
	if s.bank, err = bankPeer(cfg); err != nil {
		return nil, err
	}
	if s.Base, err = kit.NewBase(cfg.Config); err != nil {
		return nil, err
	}
	s.Mount(s.mux)
	s.mux.HandleFunc("GET /admin/statement", kit.ServeStatement(gcash.ManilaTime, "text/csv", s.WriteStatement))
	s.mux.HandleFunc("GET /admin/statement/bank", kit.ServeStatement(gcash.ManilaTime, "application/xml", s.WriteBankStatement))
	for path, serve := range map[string]endpoint{gcash.PathCreditTransfer: s.creditTransfer, gcash.PathStatusRequest: s.statusRequest} {
		s.mux.HandleFunc("POST "+path, s.signed(s.bank, serve))
	}
	for path, serve := range map[string]endpoint{
		gcash.PathPay: s.pay, gcash.PathInquiryPayment: s.inquiryPayment,
		gcash.PathRefund: s.refund, gcash.PathInquiryRefund: s.inquiryRefund,
	} {
		s.mux.HandleFunc("POST "+path, s.signed(s.wallet, serve))
	}
	s.mux.HandleFunc("GET "+pathCashier+"{order}", s.cashier)
	undecided, err := s.Undecided()
	for _, op := range undecided {
		if err == nil && op.Kind != kindPrompt { // a customer decides on those
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

// endpoint serves one request whose signature holds. Its body has been read.
type endpoint func(r *http.Request, body []byte) (*answer, error)

// signed wraps an endpoint: it reads and verifies the request, and signs a 200.
func (s *Server) signed(as *peer, serve endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if !s.Admit(w, r, func(w http.ResponseWriter) { s.limited(w, as, path) }) {
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, gcash.MaxBodyBytes))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		if err := as.verifier.Request(r.Header, http.MethodPost, path, body, s.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		a, err := serve(r, body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		case a == nil:
			s.Silence(r)
		case a.status != http.StatusOK:
			http.Error(w, string(a.body), a.status)
		default:
			s.answer(w, as, path, a.body)
		}
	}
}

// answer sends a body, signed.
func (s *Server) answer(w http.ResponseWriter, as *peer, path string, body []byte) {
	if err := s.signer(as).Response(w.Header(), http.MethodPost, path, body, s.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", as.contentType)
	_, _ = w.Write(body) // the client may have gone, which is its own affair
}

// limited tells a client that it comes too often.
func (s *Server) limited(w http.ResponseWriter, as *peer, path string) {
	if as.limited == nil {
		tooMany(w)
		return
	}
	s.answer(w, as, path, as.limited)
}

func tooMany(w http.ResponseWriter) {
	http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
}

// signer is what a peer signs with: a key that has expired, while that fault holds.
func (s *Server) signer(as *peer) *gcash.Signer {
	if s.Faults().ExpiredCertificate {
		return as.expired
	}
	return as.current
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

// overtaking bounds how long an answer waits for the callback that overtakes it.
const overtaking = time.Second

// overtake runs job, callbacks and all, before the answer that is being made.
func (s *Server) overtake(ctx context.Context, job func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, overtaking)
	defer cancel()
	job(ctx)
}

// deliver sends a signed callback. Nobody retries: a callback is a hint, and the adapter polls.
func (s *Server) deliver(ctx context.Context, as *peer, path string, body []byte) (taken bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.CallbackURL+path, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", as.contentType)
	if s.signer(as).Request(request.Header, http.MethodPost, s.callbackPath+path, body, s.Now()) != nil {
		return false
	}
	return s.Taken(request)
}
