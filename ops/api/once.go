package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ayni-switch/ayni/ops/api/apistore"
	"github.com/ayni-switch/ayni/ops/auth"
)

// The headers of a write.
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed"
)

// Limits of a write.
const (
	maxKey    = 255
	writeTime = 30 * time.Second // less than apistore.Lease: nobody takes a write over that is still at work
	maxAnswer = 1 << 20          // of an answer that is kept
)

// Answers is where the answers to writes are kept: *apistore.Store.
type Answers interface {
	Begin(ctx context.Context, key apistore.Key, request [32]byte) (apistore.Turn, error)
	Finish(ctx context.Context, key apistore.Key, turn apistore.Turn, answer apistore.Answer) error
	Release(ctx context.Context, key apistore.Key, turn apistore.Turn) error
}

func keyParam() *huma.Param {
	length := maxKey
	one := 1
	return &huma.Param{
		Name: keyHeader, In: "header", Required: true, Example: "5e0c8f0a-8f0e-4b5c-9f3b-2a5c1d6e7f80",
		Description: "Your own name for this write. Said again with the same body, the first answer is given again, and nothing is done twice.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &one, MaxLength: &length},
	}
}

// once has a write done once for each principal and key, and its first answer given ever after. What was refused is not
// kept: it can be sent again under the same key when the reason is gone.
func (a *API) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys := r.Header.Values(keyHeader)
		if len(keys) != 1 || keys[0] == "" || len(keys[0]) > maxKey {
			problem("key_missing", "One header of 1 to 255 bytes.").write(w, r)
			return
		}
		content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			problem("too_large", "At most 256 KiB.").write(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), writeTime)
		defer cancel()
		key := apistore.Key{Subject: auth.From(ctx).Subject, Name: keys[0]}
		turn, err := a.answers.Begin(ctx, key, fingerprint(r, content))
		switch {
		case errors.Is(err, apistore.ErrOther):
			problem("key_reused", "").write(w, r)
		case errors.Is(err, apistore.ErrInFlight):
			w.Header().Set("Retry-After", "1")
			problem("in_flight", "").write(w, r)
		case err != nil:
			_ = a.tell(ctx, "begin a write", err)
			problem("unavailable", "").write(w, r)
		case turn.Answer != nil:
			if _, err := auth.Scope(ctx); err != nil { // it was whoever asks that was given it, if they still are somebody
				problem("forbidden", "").write(w, r)
				return
			}
			w.Header().Set(replayedHeader, "true")
			give(w, *turn.Answer)
		default:
			r.Body = io.NopCloser(bytes.NewReader(content))
			a.writeOnce(w, r.WithContext(ctx), key, turn, next)
		}
	})
}

// writeOnce does a write whose turn it is, and keeps what came of it before anybody is told.
func (a *API) writeOnce(w http.ResponseWriter, r *http.Request, key apistore.Key, turn apistore.Turn, next http.Handler) {
	rec := &recorder{header: http.Header{}}
	ended := false
	keeping, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), writeTime)
	defer cancel()
	defer func() {
		if !ended { // the handler panicked
			_ = a.answers.Release(keeping, key, turn)
		}
	}()
	next.ServeHTTP(rec, r)
	ended = true
	answer := apistore.Answer{Status: max(rec.status, http.StatusOK), Header: map[string]string{}, Body: rec.body.Bytes()}
	for name := range rec.header {
		answer.Header[name] = rec.header.Get(name)
	}
	var err error
	if answer.Status < http.StatusBadRequest && len(answer.Body) <= maxAnswer {
		err = a.answers.Finish(keeping, key, turn, answer)
	} else {
		err = a.answers.Release(keeping, key, turn)
	}
	if err != nil {
		a.log.Warn("an answer was not kept: the same write sent again is done again, under the same key", "request", instance(r.Context()), "error", err)
	}
	give(w, answer)
}

func give(w http.ResponseWriter, answer apistore.Answer) {
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a client that left
}

// fingerprint tells one write from another.
func fingerprint(r *http.Request, content []byte) [32]byte {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Get("If-Match")} {
		_, _ = io.WriteString(h, part+"\x00") // hashes do not fail
	}
	_, _ = h.Write(content)
	return [32]byte(h.Sum(nil))
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
