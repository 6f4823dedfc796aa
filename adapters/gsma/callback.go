package gsma

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
)

// Paths of callbacks below Config.CallbackPrefix.
const (
	pathPayout   = "/payout"   // + /{id}/{mac}: the operation
	pathReversal = "/reversal" // + /{id}/{mac}: the operation
	pathPrompt   = "/prompt"   // + /{id}/{mac}: the order
	pathNotice   = "/collection"
)

// macLength is how much of an HMAC-SHA256 a callback's URL carries: 128 bits.
const macLength = 16

// callbackURL says what a callback is about. A callback is unsigned, and an error names nothing, so only the MAC in the
// URL tells the answer to a request of ours from one that nobody asked for. It is "" where everything is polled.
func (r *Rail) callbackURL(path, id string) string {
	if r.cfg.CallbackBaseURL == "" {
		return ""
	}
	return r.cfg.CallbackBaseURL + r.cfg.CallbackPrefix.Reveal() + path + "/" + id + "/" + r.mac(path, id)
}

// NoticeURL is where the operator is to be told to send what customers pay; "" where everything is polled.
func (r *Rail) NoticeURL() string {
	if r.cfg.CallbackBaseURL == "" {
		return ""
	}
	return r.cfg.CallbackBaseURL + r.cfg.CallbackPrefix.Reveal() + pathNotice
}

func (r *Rail) mac(path, id string) string {
	key := keyedHash([]byte(r.cfg.APIKey.Reveal()+"\n"+r.cfg.Password.Reveal()), "ayni gsma callback "+r.cfg.CallbackPrefix.Reveal())
	return base64.RawURLEncoding.EncodeToString(keyedHash(key, path+"/"+id)[:macLength])
}

func keyedHash(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	_, _ = io.WriteString(hash, text) // never fails
	return hash.Sum(nil)
}

// take reads what a callback says about what its path names.
type take func(req *http.Request, id string, value strictjson.Value) error

// routes takes callbacks by PUT, and by POST, which operators use all the same.
func (r *Rail) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	if r.cfg.CallbackBaseURL == "" {
		return mux, nil
	}
	door, err := adapters.NewDoor(r.cfg.CallbackPrefix.Reveal(), r.cfg.Sources, maxCallbackBytes)
	if err != nil {
		return nil, &ConfigError{Field: "CallbackPrefix", Fault: err.Error()}
	}
	for _, method := range []string{http.MethodPut, http.MethodPost} {
		for path, do := range map[string]take{pathPayout: r.takePayout, pathReversal: r.takeReversal, pathPrompt: r.takePrompt} {
			door.Handle(mux, method, path+"/{id}/{mac}", func(w http.ResponseWriter, req *http.Request, body []byte) {
				id := req.PathValue("id")
				if !operationForm.MatchString(id) || !hmac.Equal([]byte(req.PathValue("mac")), []byte(r.mac(path, id))) {
					http.NotFound(w, req)
					return
				}
				serve(w, req, id, body, do)
			})
		}
		if !r.cfg.PayoutOnly {
			door.Handle(mux, method, pathNotice, func(w http.ResponseWriter, req *http.Request, body []byte) {
				serve(w, req, "", body, r.takeNotice)
			})
		}
	}
	return mux, nil
}

// serve answers 204 only when the sink has made what the callback says durable; 400 to what cannot be read, 503 to what
// may be sent again.
func serve(w http.ResponseWriter, req *http.Request, id string, body []byte, do take) {
	value, err := parse(body)
	if hash := req.Header.Get(headerHash); err == nil && hash != "" && !strings.EqualFold(hash, contentHash(body)) {
		err = &DecodeError{Fault: "X-Content-Hash is another body's"}
	}
	if err == nil {
		err = do(req, id, value)
	}
	var fault *DecodeError
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, &fault):
		http.Error(w, "malformed", http.StatusBadRequest)
	default:
		http.Error(w, "not taken", http.StatusServiceUnavailable)
	}
}

// isFailure tells an errorObject from a transaction.
func isFailure(value strictjson.Value) bool {
	code, err := value.Get("errorCode")
	return err == nil && !code.IsAbsent()
}

func (r *Rail) takePayout(req *http.Request, operation string, value strictjson.Value) error {
	return r.takeEvidence(req, operation, value, func(kind string) bool { return kind == r.cfg.PayoutType })
}

func (r *Rail) takeReversal(req *http.Request, operation string, value strictjson.Value) error {
	return r.takeEvidence(req, operation, value, func(kind string) bool { return kind == typeReversal })
}

func (r *Rail) takeEvidence(req *http.Request, operation string, value strictjson.Value, expected func(kind string) bool) error {
	e, t, err := readCallback(value, r.cfg.words())
	switch {
	case err != nil:
		return err
	case t != nil && !expected(t.kind):
		return &DecodeError{Fault: "the transaction is of another type"}
	case t != nil && t.ours != "" && t.ours != operation:
		return errOtherOperation
	}
	return r.sink.Evidence(req.Context(), operation, "", e)
}

// readCallback reads a callback: what became of a request, and the transaction that came of it, nil for an error.
func readCallback(value strictjson.Value, w words) (adapters.Evidence, *transaction, error) {
	if isFailure(value) {
		f, err := readFailure(value)
		if err != nil {
			return adapters.Evidence{}, nil, err
		}
		e := f.told()
		e.Origin = adapters.FromCallback
		return e, nil, nil
	}
	t, err := readTransaction(value)
	if err != nil {
		return adapters.Evidence{}, nil, err
	}
	e := t.evidence(w)
	e.Origin = adapters.FromCallback
	return e, &t, nil
}
