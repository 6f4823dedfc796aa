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
}

// callbackTimeout bounds how long a message may take to become durable before the bank is told to send it again.
const callbackTimeout = 10 * time.Second

// taker takes one message. The answer is nil where there is nothing to say; an error is a *refusal, a
// *iso20022.FormatError, or the sink's, after which the same message may be sent again.
type taker func(ctx context.Context, m message) (answer []byte, err error)

// takers are who takes what, by the paths of Handler and the kinds of a folder's files.
func (r *Rail) takers() map[string]taker {
	return map[string]taker{
		kindTransfer: r.takePayment, kindRequest: r.takeQuestion, kindReport: r.takeReport, kindReturn: r.takeReturn,
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
		r.door.HandleUnread(mux, http.MethodPost, "/"+kind, maxEnvelopeBytes, func(w http.ResponseWriter, q *http.Request) {
			if why := r.admit(q); why != nil {
				refuse(w, why)
				return
			}
			body, ok := adapters.ReadBody(w, q)
			if !ok {
				return
			}
			ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
			defer cancel()
			m, err := readMessage(body, r.now())
			if err != nil {
				refuse(w, err)
				return
			}
			answer, err := take(ctx, m)
			if err != nil {
				refuse(w, err)
				return
			}
			w.Header().Set("Content-Type", ContentType)
			_, _ = w.Write(answer) // the bank may have gone; then it sends again
		})
	}
	return mux
}

// refusal is why a message gets no answer of its own. Status tells the bank whether sending it again may help.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return "bank: " + e.text }

var (
	errNotKept = &refusal{http.StatusServiceUnavailable, "not recorded, send again"}
	errNotOurs = &refusal{http.StatusConflict, "no such payment"}
)

// refuse answers what cannot be taken: 4xx where the same message fails again, 503 where it may be sent again.
func refuse(w http.ResponseWriter, err error) {
	if known, ok := errors.AsType[*refusal](err); ok {
		http.Error(w, known.text, known.status)
		return
	}
	if format, ok := errors.AsType[*iso20022.FormatError](err); ok {
		http.Error(w, format.Error(), http.StatusBadRequest)
		return
	}
	http.Error(w, errNotKept.text, errNotKept.status)
}
