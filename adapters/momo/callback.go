package momo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
)

// pathCallback is below Config.CallbackPrefix: + /{operation}/{mac}.
const pathCallback = "/transfer"

// macLength is how much of an HMAC-SHA256 a callback's URL carries: 128 bits.
const macLength = 16

// callbackURL says which operation a callback is about. A callback is unsigned and names no X-Reference-Id,
// so only the MAC in the URL tells the answer to a transfer of ours from one that nobody asked for.
func (r *Rail) callbackURL(operation string) string {
	return r.cfg.CallbackBaseURL + r.cfg.CallbackPrefix.Reveal() + pathCallback + "/" + operation + "/" + r.mac(operation)
}

func (r *Rail) mac(operation string) string {
	key := keyedHash([]byte(r.cfg.APIKey.Reveal()), "ayni momo callback "+r.cfg.CallbackPrefix.Reveal())
	return base64.RawURLEncoding.EncodeToString(keyedHash(key, pathCallback+"/"+operation)[:macLength])
}

func keyedHash(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	_, _ = io.WriteString(hash, text) // never fails
	return hash.Sum(nil)
}

// routes takes callbacks by PUT and by POST: operators differ.
func (r *Rail) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	if r.cfg.CallbackBaseURL == "" {
		return mux, nil
	}
	door, err := adapters.NewDoor(r.cfg.CallbackPrefix.Reveal(), r.cfg.Sources, maxBodyBytes)
	if err != nil {
		return nil, &ConfigError{Field: "CallbackPrefix", Fault: err.Error()}
	}
	for _, method := range []string{http.MethodPut, http.MethodPost} {
		door.Handle(mux, method, pathCallback+"/{operation}/{mac}", r.serveCallback)
	}
	return mux, nil
}

// serveCallback answers 200 only when the sink has made what the callback says durable; 400 to what cannot
// be read, 503 to what may be sent again.
func (r *Rail) serveCallback(w http.ResponseWriter, req *http.Request, body []byte) {
	operation := req.PathValue("operation")
	if !operationForm.MatchString(operation) || !hmac.Equal([]byte(req.PathValue("mac")), []byte(r.mac(operation))) {
		http.NotFound(w, req)
		return
	}
	err := r.takeCallback(req, operation, body)
	var fault *DecodeError
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.As(err, &fault):
		http.Error(w, "malformed", http.StatusBadRequest)
	default:
		http.Error(w, "not taken", http.StatusServiceUnavailable)
	}
}

func (r *Rail) takeCallback(req *http.Request, operation string, body []byte) error {
	t, err := decodeTransfer(body)
	if err != nil {
		return err
	}
	if t.externalID != operation {
		return errOtherTransfer
	}
	e := t.evidence(r.cfg.Currency)
	e.Origin, e.RailID = adapters.FromCallback, reference(operation)
	return r.sink.Evidence(req.Context(), operation, e.RailID, e)
}
