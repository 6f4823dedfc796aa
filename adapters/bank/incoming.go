package bank

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Counter is a Sink that takes orders, as *adapters.Runner does: what it answers is on its disk, and the same order
// gets the same answer for ever. It keeps what the bank sends.
type Counter interface {
	adapters.Archive
	PlaceOrders(ctx context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error)
	Order(ref string) (status adapters.OrderStatus, found bool, err error)
	Recall(ctx context.Context, ref, reason string) error
}

// How long a message may take to become durable before the bank is told to send it again. What was taken until then
// stays taken.
const (
	callbackTimeout = 10 * time.Second
	groupTimeout    = 2 * time.Minute
)

// maxGroups is how many messages with many payments are in memory at once.
const maxGroups = 2

// taker takes one message. The answer is nil where there is nothing to say; an error is a *refusal, a
// *iso20022.FormatError, or the sink's, after which the same message may be sent again.
type taker func(ctx context.Context, m message) (answer []byte, err error)

// takers are who takes what, by the paths of Handler and the kinds of a folder's files.
func (r *Rail) takers() map[string]taker {
	return map[string]taker{
		kindTransfer: r.takePayments, kindRequest: r.takeQuestion, kindReport: r.takeReport, kindReturn: r.takeReturn,
		kindRecall: r.takeRecall, kindRejection: r.takeRejection,
	}
}

// Handler implements adapters.Rail. It serves the messages of the bank below Config.CallbackPrefix, to
// Config.CallbackSources and to who shows what Config wants to see of the bank: certificate, token, or both.
func (r *Rail) Handler() http.Handler {
	mux := http.NewServeMux()
	if r.folder != nil { // the bank puts files there, and calls nobody
		return mux
	}
	for kind, take := range r.takers() {
		most := int64(iso20022.MaxMessageBytes)
		if kind == kindTransfer {
			most = iso20022.MaxGroupBytes
		}
		r.door.HandleUnread(mux, http.MethodPost, "/"+kind, most, func(w http.ResponseWriter, q *http.Request) {
			if why := r.admit(q); why != nil {
				r.refuse(w, why)
				return
			}
			leave, ok := r.enter(q)
			if !ok {
				r.refuse(w, errBusy)
				return
			}
			defer leave()
			if body, ok := adapters.ReadBody(w, q); ok {
				r.serve(w, q, kind, body, take)
			}
		})
	}
	return mux
}

// enter finds a place for a request that may be large.
func (r *Rail) enter(q *http.Request) (leave func(), ok bool) {
	if q.ContentLength >= 0 && q.ContentLength <= iso20022.MaxMessageBytes {
		return func() {}, true
	}
	select {
	case r.groups <- struct{}{}:
		return func() { <-r.groups }, true
	default:
		return nil, false
	}
}

func (r *Rail) serve(w http.ResponseWriter, q *http.Request, kind string, body []byte, take taker) {
	m, err := r.readMessage(body)
	if err == nil && m.family() != kind {
		err = errOtherPath
	}
	if err != nil {
		r.refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), timeout(body))
	defer cancel()
	answer, err := take(ctx, m)
	if err != nil {
		r.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	_, _ = w.Write(answer) // the bank may have gone; then it sends again
}

// timeout is how long a message may take.
func timeout(body []byte) time.Duration {
	if len(body) > iso20022.MaxMessageBytes {
		return groupTimeout
	}
	return callbackTimeout
}

// refusal is why a message gets no answer of its own. Status tells the bank whether sending it again may help.
type refusal struct {
	status int
	reason string // ISO 20022 status reason, "" where the bank is not even spoken to in messages
	text   string
}

func (e *refusal) Error() string { return "bank: " + e.text }

var (
	errNotKept   = &refusal{http.StatusServiceUnavailable, "", "not recorded, send again"}
	errNotOurs   = &refusal{http.StatusConflict, "NOOR", "no such payment"}
	errOtherPath = &refusal{http.StatusBadRequest, "FF01", "this is the path of another message"}
)

// refuse answers what cannot be taken: 4xx where the same message fails again, with an admi.002 that says why, and 503
// where it may be sent again.
func (r *Rail) refuse(w http.ResponseWriter, err error) {
	status, text := errNotKept.status, errNotKept.text
	if known, ok := errors.AsType[*refusal](err); ok {
		status, text = known.status, known.text
	} else if _, ok := errors.AsType[*iso20022.FormatError](err); ok {
		status = http.StatusBadRequest
	}
	rejection, ok := r.rejection(err, "")
	if !ok {
		http.Error(w, text, status)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	w.WriteHeader(status)
	_, _ = w.Write(rejection) //nolint:gosec // XML of our own, and the bank may have gone
}

// rejection is the admi.002 about a message that was refused for good; ok is false where it may be sent again, or was
// not read at all. related names it, "" where nobody could read its name.
func (r *Rail) rejection(err error, related string) (text []byte, ok bool) {
	rejected := iso20022.MessageRejection{Related: related, Rejected: r.now()}
	known, refused := errors.AsType[*refusal](err)
	format, malformed := errors.AsType[*iso20022.FormatError](err)
	switch {
	case refused && known.reason != "":
		rejected.Reason, rejected.Info = known.reason, known.text
	case malformed:
		rejected.Reason, rejected.Location, rejected.Info = format.Reason, clip(format.Path), clip(string(format.Fault)+": "+format.Detail)
	default:
		return nil, false
	}
	text, err = rejected.Marshal()
	return text, err == nil
}

// clip cuts a text to Max350Text.
func clip(text string) string {
	signs := []rune(text)
	return string(signs[:min(len(signs), 350)])
}
