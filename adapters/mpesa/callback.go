package mpesa

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Paths of callbacks below Config.CallbackPrefix. The rail refuses URLs with its own name in them.
const (
	pathResult          = "/result"           // + /{operation}/{mac}
	pathTimeout         = "/timeout"          // + /{operation}/{mac}
	pathReversalResult  = "/reversal"         // + /{operation}/{mac}
	pathReversalTimeout = "/reversal-timeout" // + /{operation}/{mac}
	pathStatusResult    = "/status"           // + /{kind}/{operation}/{seen}/{mac}
	pathStatusTimeout   = "/status-timeout"
	pathBalanceResult   = "/balance" // + /{question}/{mac}, also when it timed out
	pathPrompt          = "/prompt"  // + /{order}/{mac}
	pathConfirmation    = "/c2b/confirmation"
	pathValidation      = "/c2b/validation"
)

// Whether the rail had acknowledged an operation when its status was asked.
const (
	seenByRail    = "acknowledged"
	notSeenByRail = "unacknowledged"
)

// macLength is how much of an HMAC-SHA256 a callback's URL carries: 128 bits.
const macLength = 16

func (r *Rail) callbackURL(path string) string {
	return r.cfg.CallbackBaseURL + r.cfg.CallbackPrefix + path
}

// signedURL is a callback's URL that says what was asked about. Callbacks are unsigned and the prefix is
// the same for all of them, so only the MAC in the URL tells the answer to a request of ours from one
// that nobody asked for.
func (r *Rail) signedURL(path string, segments ...string) string {
	return r.callbackURL(path) + "/" + strings.Join(segments, "/") + "/" + r.mac(path, segments...)
}

func (r *Rail) mac(path string, segments ...string) string {
	key := keyedHash([]byte(r.cfg.ConsumerSecret), "ayni mpesa callback "+r.cfg.CallbackPrefix)
	sum := keyedHash(key, path+"/"+strings.Join(segments, "/"))
	return base64.RawURLEncoding.EncodeToString(sum[:macLength])
}

func keyedHash(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	_, _ = io.WriteString(hash, text) // never fails
	return hash.Sum(nil)
}

func (r *Rail) routes(door adapters.Door) http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, take func(*http.Request, []byte) error) {
		door.Handle(mux, http.MethodPost, path, func(w http.ResponseWriter, req *http.Request, body []byte) {
			answer(w, take(req, body))
		})
	}
	asked := func(path string, names []string, take func(*http.Request, []byte) error) {
		pattern := path + "/{" + strings.Join(names, "}/{") + "}/{mac}"
		door.Handle(mux, http.MethodPost, pattern, func(w http.ResponseWriter, req *http.Request, body []byte) {
			segments := make([]string, len(names))
			for i, name := range names {
				segments[i] = req.PathValue(name)
			}
			if !hmac.Equal([]byte(req.PathValue("mac")), []byte(r.mac(path, segments...))) {
				http.NotFound(w, req)
				return
			}
			answer(w, take(req, body))
		})
	}
	operation := []string{"operation"}
	asked(pathResult, operation, r.takeResult)
	asked(pathTimeout, operation, r.takeTimeout)
	asked(pathReversalResult, operation, r.takeReversal)
	asked(pathReversalTimeout, operation, r.takeReversalTimeout)
	asked(pathStatusResult, []string{"kind", "operation", "seen"}, r.takeStatus)
	handle(pathStatusTimeout, func(*http.Request, []byte) error { return nil }) // only the question timed out
	asked(pathBalanceResult, []string{"question"}, r.takeBalance)
	asked(pathPrompt, []string{"order"}, r.takePrompt)
	handle(pathConfirmation, r.takeConfirmation)
	door.Handle(mux, http.MethodPost, pathValidation, func(w http.ResponseWriter, _ *http.Request, body []byte) {
		r.serveValidation(w, body)
	})
	return mux
}

// answer is 200 only when the sink has made what the callback says durable; 400 to what cannot be read, 503
// to what may be sent again.
func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		writeCallbackAnswer(w, http.StatusOK, c2bAccepted, "Accepted")
	case malformed(err):
		writeCallbackAnswer(w, http.StatusBadRequest, c2bOther, "Malformed")
	default:
		writeCallbackAnswer(w, http.StatusServiceUnavailable, c2bOther, "Not taken")
	}
}

// writeCallbackAnswer takes constants only, so that nothing is to be escaped.
func writeCallbackAnswer(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"ResultCode":"`+code+`","ResultDesc":"`+text+`"}`) // the rail may have gone
}

var errOtherOperation = &DecodeError{Fault: "the OriginatorConversationID is another operation's"}

func (r *Rail) takeResult(req *http.Request, body []byte) error {
	result, err := decodeResult(body)
	if err != nil {
		return err
	}
	if result.originatorConversationID != req.PathValue("operation") {
		return errOtherOperation
	}
	e := result.payoutEvidence(r.cfg.Currency)
	r.noteAccount(messaging.KindPayout, result.originatorConversationID, e)
	return r.sinkEvidence(req, result.originatorConversationID, e)
}

func (r *Rail) takeTimeout(req *http.Request, body []byte) error {
	result, err := decodeResult(body)
	if err != nil {
		return err
	}
	if result.originatorConversationID != req.PathValue("operation") {
		return errOtherOperation
	}
	return r.sinkEvidence(req, result.originatorConversationID, result.timedOut())
}

func (r *Rail) takeReversal(req *http.Request, body []byte) error {
	result, err := decodeResult(body)
	if err != nil {
		return err
	}
	operation, e := req.PathValue("operation"), result.refundEvidence(r.cfg.Currency)
	r.noteAccount(messaging.KindRefund, operation, e)
	if e.State == adapters.Settled {
		r.receipts.keep(operation, e.RailRef)
	}
	return r.sinkEvidence(req, operation, e)
}

// noteAccount holds submissions where the rail refuses the account, and ends the hold where it decided about
// the operation that was sent to try.
func (r *Rail) noteAccount(kind messaging.Kind, operation string, e adapters.Evidence) {
	switch {
	case e.State == adapters.Failed && accountRefusals[e.Code]:
		r.holds.refuse(kind, e.Code, e.Text, time.Now())
	case e.State == adapters.Failed || e.State == adapters.Settled:
		r.holds[kind].decided(operation)
	}
}

func (r *Rail) takeReversalTimeout(req *http.Request, body []byte) error {
	result, err := decodeResult(body)
	if err != nil {
		return err
	}
	return r.sinkEvidence(req, req.PathValue("operation"), result.timedOut())
}

func (r *Rail) takeStatus(req *http.Request, body []byte) error {
	result, err := decodeResult(body)
	if err != nil {
		return err
	}
	operation, kind := req.PathValue("operation"), messaging.Kind(req.PathValue("kind"))
	if kind != messaging.KindPayout && kind != messaging.KindRefund {
		return &DecodeError{Fault: "no such kind"}
	}
	r.asked.end(operation)
	// A payout's originator id is ours; a reversal's is the rail's own.
	about := result.parameter("OriginatorConversationID")
	if kind == messaging.KindPayout && about != "" && about != operation {
		return errOtherOperation
	}
	unacknowledged := req.PathValue("seen") == notSeenByRail
	switch result.code { // a question costs nobody a payout
	case codeBadInitiator, codeLockedCredential:
		r.holds.refuse(kind, result.code, result.text, time.Now())
	case codeSuccess:
		r.holds.proved()
	}
	e := result.statusEvidence(kind, r.cfg.Currency, unacknowledged)
	if e.State == adapters.Settled {
		r.holds[kind].decided(operation)
	}
	// An answer that does not say whose end it tells ends no payout. The rail's own id is known, and then
	// matched by the sink, once it has acknowledged the payout.
	unnamed := about == "" || e.RailID == "" && !unacknowledged
	if kind == messaging.KindPayout && e.State != adapters.Unknown && unnamed {
		e.State, e.Reason = adapters.Unknown, ""
		e.Err = &DecodeError{Fault: "a final status without the conversation that it is about"}
	}
	return r.sinkEvidence(req, operation, e)
}

func (r *Rail) takeConfirmation(req *http.Request, body []byte) error {
	c, err := decodeConfirmation(body, r.cfg.Currency)
	if err != nil {
		return err
	}
	if c.shortcode != r.cfg.Shortcode {
		return &DecodeError{Fault: "the payment is to another shortcode"}
	}
	return r.sink.Collected(req.Context(), c.collected)
}

func (r *Rail) sinkEvidence(req *http.Request, operation string, e adapters.Evidence) error {
	if !operationForm.MatchString(operation) {
		return &DecodeError{Fault: "the operation's id is none of ours"}
	}
	return r.sink.Evidence(req.Context(), operation, e.RailID, e)
}

// timedOut is the evidence of a queue timeout, whatever code it carries.
func (r result) timedOut() adapters.Evidence {
	return adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromCallback, RailID: r.conversationID, Code: r.code, Text: r.text,
	}
}
