package gcash

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Handler implements adapters.Rail. It serves the wallet's notifyPayment and the bank's pacs.002 below
// Config.CallbackPrefix, to Config.CallbackSources. Signatures cover the path as the sender knows it, so a proxy in
// front may strip the path of Config.CallbackBaseURL, and nothing else.
func (r *Rail) Handler() http.Handler {
	mux := http.NewServeMux()
	r.door.Handle(mux, http.MethodPost, PathNotifyPayment, r.notifyPayment)
	r.door.Handle(mux, http.MethodPost, PathStatusReport, r.statusReport)
	return mux
}

// callbackTimeout bounds how long a callback may take to become durable before its sender is told to
// come again.
const callbackTimeout = 10 * time.Second

// The answers to notifyPayment. On U the wallet sends the notification again.
var (
	ackSuccess = mustJSON(Result{ResultCode: "SUCCESS", ResultStatus: ResultSuccess, ResultMessage: "success"})
	ackIllegal = mustJSON(Result{ResultCode: "PARAM_ILLEGAL", ResultStatus: ResultFail, ResultMessage: "malformed notification"})
	ackRetry   = mustJSON(Result{ResultCode: "UNKNOWN_EXCEPTION", ResultStatus: ResultUnknown, ResultMessage: "not recorded, send again"})
)

func mustJSON(result Result) []byte {
	body, err := json.Marshal(ResultOnly{Result: result})
	if err != nil {
		panic(err) // a constant
	}
	return body
}

// notifyPayment records a customer's payment, and says so only once it is durable.
func (r *Rail) notifyPayment(w http.ResponseWriter, q *http.Request, body []byte) {
	path := r.callbackPath + PathNotifyPayment
	if err := r.wallet.verifier.Request(q.Header, http.MethodPost, path, body, r.now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.acknowledge(w, path, r.collected(q.Context(), body))
}

// collected returns the answer to a notification whose signature holds.
func (r *Rail) collected(ctx context.Context, body []byte) []byte {
	n, collection, err := decodeNotification(body)
	if err != nil || n.PartnerID != r.cfg.Wallet.PartnerID {
		return ackIllegal
	}
	if n.PaymentStatus != StatusSuccess {
		return ackSuccess // heard: there is no money, and nothing to record
	}
	ctx, cancel := context.WithTimeout(ctx, callbackTimeout)
	defer cancel()
	if err := r.sink.Collected(ctx, collection); err != nil {
		return ackRetry
	}
	return ackSuccess
}

// decodeNotification reads a notifyPayment body. A failed payment states what would have been paid, too.
func decodeNotification(body []byte) (PaymentNotification, adapters.Collection, error) {
	n, err := decode[PaymentNotification](body)
	if err != nil {
		return PaymentNotification{}, adapters.Collection{}, err
	}
	c, err := paid(n.PaymentID, n.PaymentAmount, n.CustomerID, adapters.FromCallback)
	switch {
	case err != nil:
	case !validID(n.PaymentRequestID):
		err = errors.New("bad paymentRequestId")
	case n.PaymentStatus != StatusSuccess && n.PaymentStatus != StatusFail:
		err = errors.New("unlisted paymentStatus")
	}
	if err != nil {
		return PaymentNotification{}, adapters.Collection{}, fmt.Errorf("gcash: notifyPayment: %w", err)
	}
	c.OrderRef = n.PaymentRequestID
	return n, c, nil
}

// acknowledge answers the wallet, signed.
func (r *Rail) acknowledge(w http.ResponseWriter, path string, body []byte) {
	signature, err := r.acks.signed(r.wallet.signer, path, body, r.now())
	if err != nil {
		http.Error(w, "cannot sign", http.StatusInternalServerError)
		return
	}
	maps.Copy(w.Header(), signature)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the wallet may have gone; then it sends again
}

// ackCache keeps the signatures of the last second's answers. An answer is one of three constants and
// its signed time has whole seconds, so one RSA signature serves every answer of a second.
type ackCache struct {
	mu      sync.Mutex
	second  int64
	headers map[string]http.Header
}

func (c *ackCache) signed(signer *Signer, path string, body []byte, now time.Time) (http.Header, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Unix() != c.second {
		c.second, c.headers = now.Unix(), map[string]http.Header{}
	}
	if h, ok := c.headers[string(body)]; ok {
		return h, nil
	}
	h := http.Header{}
	if err := signer.Response(h, http.MethodPost, path, body, now); err != nil {
		return nil, err
	}
	c.headers[string(body)] = h
	return h, nil
}

// statusReport hands a bank's pacs.002 on, and answers 200 only once it is durable.
func (r *Rail) statusReport(w http.ResponseWriter, q *http.Request, body []byte) {
	path := r.callbackPath + PathStatusReport
	if err := r.bank.verifier.Request(q.Header, http.MethodPost, path, body, r.now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	report, err := iso20022.ParseStatusReport(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	operation, err := clearing.OperationOf(report)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
	defer cancel()
	err = r.sink.Evidence(ctx, operation, report.ServicerRef, clearing.Evidence(report, adapters.FromCallback))
	var unknownOperation *adapters.UnknownOperationError
	switch {
	case errors.As(err, &unknownOperation):
		http.Error(w, "no such payment", http.StatusConflict)
	case err != nil:
		http.Error(w, "not recorded, send again", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}
