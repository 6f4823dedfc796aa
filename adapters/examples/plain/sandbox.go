package plain

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// What the sandbox pays out, in minor units.
const (
	increment = 100
	least     = 10_00
	most      = 250_000_00
)

// SandboxConfig is a sandbox.
type SandboxConfig struct {
	kit.Config
	Key         string
	CallbackURL string // the adapter's, with its prefix
}

// Sandbox stands in for the rail.
type Sandbox struct {
	*kit.Base
	cfg SandboxConfig
	mux *http.ServeMux
}

var _ kit.Server = (*Sandbox)(nil)

// NewSandbox opens the ledger and decides what an earlier run left undecided.
func NewSandbox(cfg SandboxConfig) (*Sandbox, error) {
	base, err := kit.NewBase(cfg.Config)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{Base: base, cfg: cfg, mux: http.NewServeMux()}
	for _, kind := range []string{kit.KindPayout, kit.KindRefund, kit.KindHold, kit.KindRelease} {
		s.mux.HandleFunc("POST /"+kind+"s", s.create(kind))
		s.mux.HandleFunc("GET /"+kind+"s/{id}", s.show(kind))
	}
	s.mux.HandleFunc("GET /orders/{ref}", s.payment)
	admin := http.NewServeMux()
	s.Mount(admin)
	s.mux.Handle("/admin/", admin)
	undecided, err := s.Undecided()
	for _, op := range undecided {
		_, decided := s.decide(op)
		err = errors.Join(err, decided)
	}
	if err != nil {
		return nil, errors.Join(err, base.Close())
	}
	return s, nil
}

// ServeHTTP implements kit.Server.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// admit lets in what bears the key, while the rail is up and not overrun.
func (s *Sandbox) admit(w http.ResponseWriter, r *http.Request) bool {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.cfg.Key)) != 1 {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return false
	}
	return s.Admit(w, r, func(w http.ResponseWriter) { http.Error(w, "slower", http.StatusTooManyRequests) })
}

func (s *Sandbox) create(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.admit(w, r) {
			return
		}
		var request Request
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBytes))
		if err == nil {
			err = json.Unmarshal(body, &request)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		op := kit.Operation{
			Kind: kind, ID: request.ID, FateKey: request.Account, Account: request.Account, Name: request.Name,
			Minor: request.Minor, Hold: request.Hold, State: kit.Accepted, RailID: s.Dice.Code("rail-id/"+kind, request.ID, 20), CreatedMS: time.Now().UnixMilli(),
		}
		if code := s.refused(&op, request.Receipt); code != "" {
			kit.WriteJSON(w, http.StatusUnprocessableEntity, Refusal{Code: code})
			return
		}
		s.accept(w, r, op)
	}
}

// refused says why the rail does nothing, and completes an operation by the one that it is about: a refund by the
// payment that it gives back, a release by its hold.
func (s *Sandbox) refused(op *kit.Operation, receipt string) (code string) {
	switch {
	case op.Kind == kit.KindRelease || op.Kind == kit.KindPayout && op.Hold != "":
		return s.fromHold(op)
	case op.Kind == kit.KindRefund:
		return s.ofPayment(op, receipt)
	case op.ID == "" || op.Account == "" || op.Minor < least || op.Minor > most || op.Minor%increment != 0:
		return "LIMIT"
	}
	return ""
}

// fromHold says why what was set aside is neither paid out nor freed by this. It is either, once.
func (s *Sandbox) fromHold(op *kit.Operation) (code string) {
	hold, found, err := s.Ledger.Get(kit.KindHold, op.Hold)
	other := kit.KindRelease
	if op.Kind == kit.KindRelease {
		other = kit.KindPayout
		op.FateKey, op.Account, op.Name = hold.Account, hold.Account, hold.Name
	}
	_, used, usedErr := s.Ledger.Find(other, op.Hold)
	switch {
	case err != nil || usedErr != nil || op.ID == "":
		return "TRY_LATER"
	case !found || used || hold.State != kit.Settled || hold.Minor != op.Minor || hold.Account != op.Account:
		return "NO_HOLD"
	}
	op.Aliases = []string{op.Hold}
	return ""
}

func (s *Sandbox) ofPayment(op *kit.Operation, receipt string) (code string) {
	paid, found, err := s.Ledger.Find(kit.KindCollection, receipt)
	switch {
	case err != nil || op.ID == "":
		return "TRY_LATER"
	case !found:
		return "NO_ACCOUNT"
	case paid.Minor != op.Minor:
		return "LIMIT"
	}
	op.FateKey, op.Account, op.Name, op.Aliases = receipt, paid.Account, paid.Name, []string{receipt}
	return ""
}

func (s *Sandbox) accept(w http.ResponseWriter, r *http.Request, op kit.Operation) {
	fate := s.Fate(op.Kind, op.FateKey)
	strike, err := s.Strike(op.Kind, op.ID, fate)
	if err != nil || strike == kit.StrikeError {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	stored, created, err := s.Ledger.Create(op)
	switch {
	case err != nil:
		http.Error(w, "known, or broken", http.StatusConflict)
		return
	case !created:
		http.Error(w, "known", http.StatusConflict)
		return
	}
	if fate.Reorder {
		s.finish(r.Context(), stored, fate)
	} else {
		err = s.Settling(fate, func(ctx context.Context) { s.finish(ctx, stored, fate) })
	}
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	if err != nil { // closing: the next run decides it
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	kit.WriteJSON(w, http.StatusAccepted, said(stored))
}

var declines = []string{"NO_ACCOUNT", "CLOSED", "LIMIT", "BLOCKED"}

func (s *Sandbox) decide(op kit.Operation) (kit.Operation, error) {
	return s.Decide(op, s.Dice.Code("receipt/"+op.Kind, op.ID, 12), declines)
}

// finish decides and calls back.
func (s *Sandbox) finish(ctx context.Context, op kit.Operation, fate kit.Fate) {
	op, err := s.decide(op)
	if err != nil {
		return
	}
	fate.Tell(op.State == kit.Settled, func(success bool) bool {
		told := said(op)
		if success != (op.State == kit.Settled) { // a lie
			told.State, told.Receipt, told.Code = "declined", "", declines[0]
			if success {
				told.State, told.Receipt, told.Code = "settled", s.Dice.Code("false-receipt", op.ID, 12), ""
			}
		}
		return s.tell(ctx, "/operation", told)
	})
}

func (s *Sandbox) tell(ctx context.Context, path string, what any) (taken bool) {
	body, err := json.Marshal(what)
	if err != nil {
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.CallbackURL+path, bytes.NewReader(body))
	if err != nil {
		return false
	}
	return s.Taken(request) // a callback that is not taken is lost: that is what polling is for
}

func said(op kit.Operation) Operation {
	return Operation{
		Kind: op.Kind, ID: op.ID, RailID: op.RailID, State: string(op.State), Receipt: op.Ref, Code: op.Code,
		Account: op.Account, Minor: op.Minor,
	}
}

func (s *Sandbox) show(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.admit(w, r) {
			return
		}
		op, found, err := s.Ledger.Get(kind, r.PathValue("id"))
		switch {
		case err != nil:
			http.Error(w, "internal", http.StatusInternalServerError)
		case !found || !s.Visible(op):
			kit.WriteJSON(w, http.StatusNotFound, Refusal{Code: "UNKNOWN_ID"})
		default:
			kit.WriteJSON(w, http.StatusOK, said(op))
		}
	}
}

func (s *Sandbox) payment(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	op, found, err := s.Ledger.Get(kit.KindCollection, r.PathValue("ref"))
	switch {
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
	case !found:
		kit.WriteJSON(w, http.StatusNotFound, Refusal{Code: "NOT_PAID"})
	default:
		kit.WriteJSON(w, http.StatusOK, Payment{Order: op.ID, Receipt: op.Ref, Payer: op.Account, Minor: op.Minor})
	}
}

// Pay implements kit.Server.
func (s *Sandbox) Pay(_ context.Context, p kit.CustomerPayment) error {
	op, created, err := s.Book(p, s.Dice.Code("receipt/collection", p.OrderRef, 12))
	if err != nil || !created {
		return err
	}
	fate := s.Fate(kit.KindCollection, op.FateKey)
	if fate.LostCallback {
		return nil
	}
	return s.Settling(fate, func(ctx context.Context) {
		for range 1 + len(fate.Callbacks(true))/2 { // a customer's payment is never declined
			s.tell(ctx, "/payment", Payment{Order: op.ID, Receipt: op.Ref, Payer: op.Account, Minor: op.Minor})
		}
	})
}
