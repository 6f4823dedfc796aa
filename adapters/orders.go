package adapters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
)

// maxOrdersBytes bounds the body of POST /orders: MaxOrders of the longest orders fit.
const maxOrdersBytes = 2 << 20

// exceptionsPage is how many exceptions GET /exceptions shows.
const exceptionsPage = 1000

// OrdersRequest is the body of POST /orders: 1 to MaxOrders orders.
type OrdersRequest struct {
	Orders []OrderRequest `json:"orders"`
}

// OrdersAnswer is the answer to POST /orders, in the order of the request.
type OrdersAnswer struct {
	Orders []OrderAnswer `json:"orders"`
}

// PlaceOrders prices orders and keeps those that stand. An order that is placed again gets the answer
// that it got; its reference with another content is refused. The answers are in the order of the
// requests; the error is *messaging.FaultError for a wrong number of requests, ErrNotRunning, ErrNotTold,
// ctx's or the store's, and in all but the first case asking again is safe.
func (r *Runner) PlaceOrders(ctx context.Context, requests []OrderRequest) ([]OrderAnswer, error) {
	if len(requests) == 0 || len(requests) > MaxOrders {
		return nil, refuse(messaging.FaultOversized, fmt.Sprintf("%d orders, not 1 to %d", len(requests), MaxOrders))
	}
	hashes := make([]string, len(requests))
	for i := range requests {
		var err error
		if hashes[i], err = requests[i].hash(); err != nil {
			return nil, refuse(messaging.FaultEncoding, fmt.Sprintf("order %d: %v", i, err))
		}
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	answers, err := r.placeAll(ctx, requests, hashes)
	if err != nil {
		return nil, err
	}
	if err := r.durable(ctx); err != nil {
		return nil, err
	}
	r.cfg.failpoint("orders durable")
	return answers, nil
}

func (r *Runner) placeAll(ctx context.Context, requests []OrderRequest, hashes []string) ([]OrderAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.board.peers) == 0 {
		return nil, ErrNotTold
	}
	answers := make([]OrderAnswer, len(requests))
	terms := terms{
		participant: r.cfg.Participant, currency: r.caps.Currency,
		orderTTL: r.cfg.OrderTTL, intentTTL: r.cfg.IntentTTL, now: time.Now(),
	}
	var placed change
	for i, req := range requests {
		known, err := r.findOrder(req.Ref)
		if err != nil {
			return nil, err
		}
		if known != nil {
			answers[i] = known.answer()
			if known.Request != hashes[i] {
				answers[i] = refusal(req.Ref, refuse(messaging.FaultDuplicate, "this ref names another order"))
			}
			r.releaseOrder(known)
			continue
		}
		o, fault := r.board.price(req, terms)
		if fault != nil {
			answers[i] = refusal(req.Ref, fault)
			continue
		}
		o.Request = hashes[i]
		live := r.addOrder(o)
		r.traced(ctx, req.Ref)
		placed.orders = append(placed.orders, live)
		answers[i] = live.answer()
		r.schedule.by(task{bucketOrders, req.Ref}, terms.now.Add(r.caps.Timers.CollectionEvery))
	}
	if len(placed.orders) > 0 {
		r.save(placed)
	}
	return answers, nil
}

func refusal(ref string, fault *messaging.FaultError) OrderAnswer {
	return OrderAnswer{Ref: clip(ref, 64), Fault: fault.Fault, Detail: fault.Detail}
}

// Order tells where an order is. found is false where there is none.
func (r *Runner) Order(ref string) (status OrderStatus, found bool, err error) {
	if err := r.enter(); err != nil {
		return OrderStatus{}, false, err
	}
	defer r.leave()
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.findOrder(ref)
	if err != nil || o == nil {
		return OrderStatus{}, false, err
	}
	defer r.releaseOrder(o)
	return o.status(), true, nil
}

// Handler serves the adapter:
//
//	POST /orders        OrdersRequest → OrdersAnswer
//	GET  /orders/{ref}  OrderStatus
//	POST /orders/{ref}/recall?reason=CUST
//	                    asks for the order's money back while it is under way; its OrderStatus tells what came of it
//	POST /orders/{ref}/prompt
//	                    has the rail ask the customer to pay, where it can: Prompted
//	GET  /operations?state=unknown&after=ID
//	                    what has not ended: OpenOperation, a thousand at a time
//	GET  /operations/{id}
//	                    one of them, also where it has ended
//	POST /operations/{id}/resolve
//	                    Resolution: a person ends what no query can end; 409 where it ended otherwise, or where the rail may
//	                    still pay what is called failed
//	GET  /documents?uetr=U, ?order=REF, ?operation=ID, ?message=SENDER/ID
//	                    where a name stands in what the rail sent: Mention
//	GET  /documents/{sha256}, /documents/{sha256}/answer
//	                    that, byte for byte, and what it was answered
//	GET  /balances      what the operator's accounts hold on the rail, where it tells
//	GET  /stats         Stats
//	GET  /exceptions    the first cases for a person
//	GET  /health        200 while running: Health
//	     /rail/…        the rail's callbacks: Rail.Handler, without the prefix /rail
//
// Only /rail/ is for the world: CallbackHandler serves that alone. Errors are application/problem+json.
func (r *Runner) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", r.postOrders)
	mux.HandleFunc("GET /orders/{ref}", func(w http.ResponseWriter, req *http.Request) {
		status, found, err := r.Order(req.PathValue("ref"))
		switch {
		case err != nil:
			r.failed(w, err)
		case !found:
			problem(w, http.StatusNotFound, "unknown_order", "no order of that reference")
		default:
			answer(w, status)
		}
	})
	mux.HandleFunc("POST /orders/{ref}/recall", func(w http.ResponseWriter, req *http.Request) {
		if err := r.Recall(req.Context(), req.PathValue("ref"), req.URL.Query().Get("reason")); err != nil {
			r.failed(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("POST /orders/publish-again", func(w http.ResponseWriter, req *http.Request) {
		since, err := time.Parse(time.RFC3339, req.URL.Query().Get("since"))
		if err != nil {
			problem(w, http.StatusBadRequest, "malformed", "since: "+err.Error())
			return
		}
		count, err := r.PublishAgain(req.Context(), since)
		if err != nil {
			r.failed(w, err)
			return
		}
		answer(w, map[string]int{"intents": count})
	})
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { answer(w, r.Stats()) })
	mux.HandleFunc("GET /exceptions", func(w http.ResponseWriter, _ *http.Request) {
		list, err := r.Exceptions(exceptionsPage)
		if err != nil {
			r.failed(w, err)
			return
		}
		answer(w, list)
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if err := r.enter(); err != nil {
			r.failed(w, err)
			return
		}
		defer r.leave()
		answer(w, r.Health())
	})
	r.mountOperations(mux)
	r.mountArchive(mux)
	mux.Handle("/rail/", r.CallbackHandler())
	return mux
}

// CallbackHandler serves only what is for the world: /rail/…, as Handler does.
func (r *Runner) CallbackHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/rail/", http.StripPrefix("/rail", r.rail.Handler()))
	return mux
}

func (r *Runner) postOrders(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxOrdersBytes))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			problem(w, http.StatusRequestEntityTooLarge, string(messaging.FaultOversized), err.Error())
			return
		}
		problem(w, http.StatusBadRequest, string(messaging.FaultSyntax), err.Error())
		return
	}
	orders, err := decodeOrders(body)
	if err != nil {
		problem(w, http.StatusBadRequest, string(messaging.FaultSyntax), clip(err.Error(), 512))
		return
	}
	answers, err := r.PlaceOrders(req.Context(), orders)
	if err != nil {
		r.failed(w, err)
		return
	}
	answer(w, OrdersAnswer{Orders: answers})
}

// decodeOrders reads the body of POST /orders. Duplicate and unknown names and invalid UTF-8 are errors.
func decodeOrders(body []byte) ([]OrderRequest, error) {
	var request OrdersRequest
	if err := json.Unmarshal(body, &request, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	return request.Orders, nil
}

func (r *Runner) failed(w http.ResponseWriter, err error) {
	var fault *messaging.FaultError
	var unknown *UnknownOperationError
	var ended *EndedError
	var mayPay *MayPayError
	switch {
	case errors.As(err, &ended):
		problem(w, http.StatusConflict, "ended_otherwise", err.Error())
	case errors.As(err, &mayPay) && mayPay.Until.IsZero(): // it passes by itself
		problem(w, http.StatusServiceUnavailable, "may_still_pay", err.Error())
	case errors.As(err, &mayPay):
		problem(w, http.StatusConflict, "may_still_pay", err.Error())
	case errors.As(err, &fault):
		problem(w, http.StatusBadRequest, string(fault.Fault), fault.Detail)
	case errors.As(err, &unknown):
		problem(w, http.StatusNotFound, "unknown_operation", err.Error())
	case errors.Is(err, ErrNotRunning):
		problem(w, http.StatusServiceUnavailable, "not_running", err.Error())
	case errors.Is(err, ErrNotTold):
		problem(w, http.StatusServiceUnavailable, "not_told", err.Error())
	case errors.Is(err, context.Canceled): // whoever asked has gone
		problem(w, http.StatusServiceUnavailable, "canceled", "the request may be repeated")
	default:
		r.log.Error("request failed", "error", err)
		problem(w, http.StatusInternalServerError, "internal", "the request may be repeated")
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, body) // the client is gone: there is nobody to tell
}

// problem writes an error after RFC 9457; kind is stable.
func problem(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, map[string]any{
		"type": "urn:ayni:problem:" + kind, "title": http.StatusText(status), "status": status, "detail": detail,
	})
}
