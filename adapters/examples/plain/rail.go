package plain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Rail speaks the plain rail's wire format. It keeps nothing.
type Rail struct {
	cfg      config
	currency fx.Currency
	sink     adapters.Sink
	client   *http.Client
	mux      *http.ServeMux
}

var (
	_ adapters.Rail     = (*Rail)(nil)
	_ adapters.Reserver = (*Rail)(nil)
)

// New makes the rail. Errors are about the settings.
func New(s adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
	cfg := config{}
	if err := s.Into(&cfg); err != nil {
		return nil, err
	}
	currency, err := cfg.check()
	if err != nil {
		return nil, err
	}
	r := &Rail{
		cfg: cfg, currency: currency, sink: sink, mux: http.NewServeMux(),
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	door, err := adapters.NewDoor(cfg.CallbackPrefix.Reveal(), cfg.Sources, maxBytes)
	if err != nil {
		return nil, &adapters.SettingsError{Field: "callback_prefix", Fault: err.Error()}
	}
	door.Handle(r.mux, http.MethodPost, "/operation", r.takeOperation)
	door.Handle(r.mux, http.MethodPost, "/payment", r.takePayment)
	return r, nil
}

// Capabilities implements adapters.Rail.
func (r *Rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: "plain", Currency: r.currency,
		PayoutIncrementMinor: r.cfg.PayoutIncrementMinor, PayoutMinMinor: r.cfg.PayoutMinMinor,
		PayoutMaxMinor: r.cfg.PayoutMaxMinor, ConfirmAboveMinor: r.cfg.ConfirmAboveMinor,
		Timers: r.cfg.Timers.Or(productionTimers),
	}
}

// Reserve implements adapters.Reserver.
func (r *Rail) Reserve(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return r.Submit(ctx, op)
}

// Release implements adapters.Reserver.
func (r *Rail) Release(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return r.Submit(ctx, op)
}

// Submit implements adapters.Rail.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	request := Request{ID: op.ID, Minor: op.Amount.Minor, Hold: op.Reservation}
	switch op.Kind {
	case messaging.KindRefund:
		request.Receipt = op.CollectionRef
	case messaging.KindRelease: // the hold says whose money it is
	default:
		request.Account, request.Name = op.Beneficiary.Account, op.Beneficiary.Name
	}
	body, err := json.Marshal(request)
	if err != nil {
		return unknown(err)
	}
	status, answer, err := r.call(ctx, http.MethodPost, path(op.Kind), body)
	switch {
	case err != nil:
		return unknown(err)
	case status == http.StatusAccepted:
		return r.evidence(answer, op.ID)
	case status == http.StatusUnprocessableEntity:
		return refusal(answer)
	case status == http.StatusTooManyRequests: // the rail says this at its gate, before it looks at the request
		return adapters.Evidence{State: adapters.Unknown, RetrySafe: true, Code: "429", Err: errors.New("plain: too many requests")}
	default: // 409 too: that it is known says nothing of what became of it
		return adapters.Evidence{State: adapters.Unknown, Code: fmt.Sprint(status), Err: fmt.Errorf("plain: status %d", status)}
	}
}

// Query implements adapters.Rail.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	status, answer, err := r.call(ctx, http.MethodGet, path(op.Kind)+"/"+url.PathEscape(op.ID), nil)
	switch {
	case err != nil:
		return unknown(err)
	case status == http.StatusOK:
		return r.evidence(answer, op.ID)
	case status == http.StatusNotFound && refusedAs(answer, "UNKNOWN_ID"):
		return adapters.Evidence{State: adapters.Unknown, RetrySafe: true, Code: "404"}
	default:
		return adapters.Evidence{State: adapters.Unknown, Code: fmt.Sprint(status), Err: fmt.Errorf("plain: status %d", status)}
	}
}

// Collection implements adapters.Rail.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	status, answer, err := r.call(ctx, http.MethodGet, "/orders/"+url.PathEscape(order.Ref), nil)
	if err != nil || status == http.StatusNotFound {
		return adapters.Collection{}, false, err
	}
	var p Payment
	if status != http.StatusOK {
		return adapters.Collection{}, false, fmt.Errorf("plain: status %d", status)
	}
	if err := decode(answer, &p); err != nil || p.Order != order.Ref {
		return adapters.Collection{}, false, fmt.Errorf("plain: payment for %s: %w", order.Ref, err)
	}
	if order.AskFor != "" && order.AskFor != p.Receipt {
		return adapters.Collection{}, false, nil
	}
	return r.collection(p), true, nil
}

func (r *Rail) collection(p Payment) adapters.Collection {
	return adapters.Collection{
		OrderRef: p.Order, RailRef: p.Receipt, Payer: p.Payer, Amount: fx.Money{Minor: p.Minor, Currency: r.currency},
	}
}

// Handler implements adapters.Rail.
func (r *Rail) Handler() http.Handler { return r.mux }

func (r *Rail) takeOperation(w http.ResponseWriter, req *http.Request, body []byte) {
	var o Operation
	if err := decode(body, &o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e := r.evidence(body, o.ID)
	e.Origin = adapters.FromCallback
	taken(w, r.sink.Evidence(req.Context(), o.ID, o.RailID, e))
}

func (r *Rail) takePayment(w http.ResponseWriter, req *http.Request, body []byte) {
	var p Payment
	if err := decode(body, &p); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := r.collection(p)
	c.Origin = adapters.FromCallback
	taken(w, r.sink.Collected(req.Context(), c))
}

// taken tells the rail that its callback is durable, or that it is not taken.
func taken(w http.ResponseWriter, err error) {
	if _, foreign := errors.AsType[*adapters.UnknownOperationError](err); foreign {
		http.Error(w, "not ours", http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// evidence reads an Operation, which must be the one asked about. What cannot be read is Unknown.
func (r *Rail) evidence(body []byte, id string) adapters.Evidence {
	var o Operation
	if err := decode(body, &o); err != nil {
		return unknown(err)
	}
	e := adapters.Evidence{RailID: o.RailID, RailRef: o.Receipt, Code: o.Code, Account: o.Account}
	amount := fx.Money{Minor: o.Minor, Currency: r.currency}
	switch reason, listed := reasons[o.Code]; {
	case o.ID != id:
		return unknown(fmt.Errorf("plain: an answer about %q", o.ID))
	case o.State == "accepted":
		e.State = adapters.Accepted
	case o.State == "settled" && o.Receipt != "" && o.Code == "":
		e.State, e.Amount = adapters.Settled, &amount
	case o.State == "declined" && listed:
		e.State, e.Reason = adapters.Failed, reason
	default:
		return unknown(fmt.Errorf("plain: state %q with code %q", o.State, o.Code))
	}
	return e
}

// refusal is final only where the rail gives a reason that is listed.
func refusal(body []byte) adapters.Evidence {
	var f Refusal
	if err := decode(body, &f); err != nil {
		return unknown(err)
	}
	reason, listed := reasons[f.Code]
	if !listed {
		return unknown(fmt.Errorf("plain: refused with code %q", f.Code))
	}
	return adapters.Evidence{State: adapters.Failed, Code: f.Code, Reason: reason}
}

func refusedAs(body []byte, code string) bool {
	var f Refusal
	return decode(body, &f) == nil && f.Code == code
}

func unknown(err error) adapters.Evidence {
	return adapters.Evidence{State: adapters.Unknown, Err: err}
}

// decode reads JSON in which nothing is said twice, not even in other letters.
func decode(body []byte, v any) error {
	if err := strictjson.Check(body, strictjson.Limits{Bytes: maxBytes, Depth: 4}); err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

func path(kind messaging.Kind) string {
	switch kind {
	case messaging.KindRefund:
		return "/refunds"
	case messaging.KindReserve:
		return "/holds"
	case messaging.KindRelease:
		return "/releases"
	default:
		return "/payouts"
	}
}

// call sends one request and reads the whole answer.
func (r *Rail) call(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.cfg.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("plain: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+r.cfg.Key.Reveal())
	request.Header.Set("Content-Type", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("plain: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxBytes+1))
	if err != nil {
		return 0, nil, fmt.Errorf("plain: answer: %w", err)
	}
	return response.StatusCode, answer, nil
}
