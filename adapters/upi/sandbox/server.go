package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// Server is the PSP.
type Server struct {
	*kit.Base
	cfg   Config
	trust *upi.Verifier // nil without Config.AdapterCertificate
	mux   *http.ServeMux
}

var _ kit.Server = (*Server)(nil)

// New opens the ledger and decides, in the background and without webhooks, what an earlier run accepted
// and left undecided.
func New(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	base, err := kit.NewBase(cfg.Config)
	if err != nil {
		return nil, err
	}
	s := &Server{Base: base, cfg: cfg, mux: http.NewServeMux()}
	if cfg.AdapterCertificate != nil {
		s.trust = upi.NewVerifier(cfg.AdapterCertificate)
	}
	s.Mount(s.mux)
	s.mux.HandleFunc("GET /admin/statement", kit.ServeStatement(upi.IndianTime, "text/csv; charset=utf-8", s.WriteStatement))
	s.mux.HandleFunc("POST "+upi.PathPayout, s.merchant(upi.MaxJSONBytes, s.payout))
	s.mux.HandleFunc("POST "+upi.PathPayoutStatus, s.merchant(upi.MaxJSONBytes, s.status(kit.KindPayout)))
	s.mux.HandleFunc("POST "+upi.PathRefund, s.merchant(upi.MaxJSONBytes, s.refund))
	s.mux.HandleFunc("POST "+upi.PathRefundStatus, s.merchant(upi.MaxJSONBytes, s.status(kit.KindRefund)))
	s.mux.HandleFunc("POST "+upi.PathCheck, s.merchant(upi.MaxXMLBytes, s.check))
	s.mux.HandleFunc("POST "+upi.PathPaid, s.merchant(upi.MaxXMLBytes, s.paid))
	s.mux.HandleFunc("POST "+upi.PathConfirmed, s.merchant(upi.MaxXMLBytes, s.noted(upi.MessageConfirmed)))
	s.mux.HandleFunc("POST "+upi.PathAuthorised, s.merchant(upi.MaxXMLBytes, s.noted(upi.MessageAuthorised)))
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

// ServeHTTP serves the merchant's API and /admin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer is what an endpoint says: nil for silence.
type answer struct {
	status      int
	contentType string
	body        []byte
}

var errInternal = &answer{status: http.StatusInternalServerError, contentType: "text/plain", body: []byte("internal error")}

// merchant wraps an endpoint: it is down or too busy where the faults say so, checks who asks and reads the body.
func (s *Server) merchant(limit int64, serve func(body []byte) (*answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.Admit(w, r, tooMany) {
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		if r.Header.Get(upi.HeaderMerchant) != s.cfg.MerchantID || !hmac.Equal([]byte(r.Header.Get(upi.HeaderAPIKey)), []byte(s.cfg.APIKey)) {
			http.Error(w, "merchant", http.StatusUnauthorized)
			return
		}
		a, err := serve(body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		case a == nil:
			s.Silence(r)
		}
		w.Header().Set("Content-Type", a.contentType)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body) // the client may have gone, which is its own affair
	}
}

func tooMany(w http.ResponseWriter) {
	http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
}

// decide settles or declines op as the dice say.
func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	return s.Decide(op, s.rrn(op.Kind, op.ID, 0), declines[op.Kind])
}

// declines are what each kind is refused with.
var declines = map[string][]string{
	kit.KindPayout: {"ZH", "XH", "XI", "YE", "YF", "59", "U30", "Z8", "ZU", upi.CodeTimeout},
	kit.KindRefund: {"XH", "YE", "U30"},
}

// contrary is the code of a FAILURE that is not true.
const contrary = "U30"

// rrn is a retrieval reference number: 12 digits, a function of the seed.
func (s *Server) rrn(kind, id string, attempt int) string {
	const twelveDigits = 1_000_000_000_000
	return fmt.Sprintf("%012d", s.Dice.Uint64(fmt.Sprintf("rrn/%s/%d", kind, attempt), id)%twelveDigits)
}

// id is an id of the network: the bank code and 32 characters.
func (s *Server) id(kind, key string) string { return s.cfg.BankCode + s.Dice.Code(kind, key, 32) }

// later runs job when the PSP decides on op. A full schedule decides at once: nothing may be forgotten.
func (s *Server) later(op kit.Operation, job func(context.Context)) error {
	err := s.Settling(s.Fate(op.Kind, op.FateKey), job)
	if errors.Is(err, kit.ErrBusy) {
		_, err = s.decide(op)
	}
	return err
}

// earlyWait is how long a request waits for a callback that overtakes its answer. Who waits for the answer before
// it takes the callback must get it.
const earlyWait = 200 * time.Millisecond

// early runs job before a request is answered. Errors are those of kit.Base.Later: then job does not run.
func (s *Server) early(job func(context.Context)) error {
	done := make(chan struct{})
	err := s.Later(0, func(ctx context.Context) {
		defer close(done)
		job(ctx)
	})
	if err != nil {
		return err
	}
	limit := time.NewTimer(earlyWait)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
	}
	return nil
}

// deliver sends a callback. Nobody retries: a callback is a hint, and the adapter asks.
func (s *Server) deliver(ctx context.Context, path, contentType, signature string, body []byte) (taken bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.CallbackURL+path, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", contentType)
	if signature != "" {
		request.Header.Set(upi.HeaderSignature, signature)
	}
	return s.Taken(request)
}
