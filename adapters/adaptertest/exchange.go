package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"time"
)

// Moment is when something can be seen on the wire, and so done to the adapter.
type Moment string

// The moments of one exchange on the wire.
const (
	Arrived   Moment = "arrived"   // the request is here; the other side has not seen it
	Forwarded Moment = "forwarded" // the other side is about to see it, whatever becomes of who sent it
	Ready     Moment = "ready"     // the other side has answered; the answer is here
	Sent      Moment = "sent"      // the answer is on its way back
)

// Exchange is one request and, once it is there, its answer.
type Exchange struct {
	Request *http.Request
	Body    []byte
	Status  int
	Header  http.Header
	Answer  []byte

	at   time.Time // when it arrived
	over bool      // it was answered, cut or given up
}

// anything is what every exchange is about.
func anything(*Exchange) bool { return true }

// mentions tells whether the request speaks of any of these texts.
func (x *Exchange) mentions(texts ...string) bool {
	for _, t := range texts {
		if t != "" && (bytes.Contains(x.Body, []byte(t)) || bytes.Contains([]byte(x.Request.URL.String()), []byte(t))) {
			return true
		}
	}
	return false
}

// forward has the other side answer; false where it does not. Alone, it answers also to who is not there any more.
func (x *Exchange) forward(ctx context.Context, next http.Handler, alone bool) (answered bool) {
	if next == nil {
		return false
	}
	if alone {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), tapDeadline)
		defer done()
	}
	request := x.Request.Clone(ctx)
	request.Body = io.NopCloser(bytes.NewReader(x.Body))
	request.ContentLength = int64(len(x.Body))
	recorder := &recorder{header: http.Header{}}
	defer func() {
		if why := recover(); why != nil {
			if err, ok := why.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(why)
			}
			answered = false
		}
	}()
	next.ServeHTTP(recorder, request)
	x.Status, x.Header, x.Answer = max(recorder.status, http.StatusOK), recorder.header, recorder.body.Bytes()
	return true
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// toURL passes everything on to where base says, at the time of each request; "" is nobody.
func toURL(base func() string) http.Handler {
	client := &http.Client{
		Timeout:       tapDeadline,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: tapDeadline}, // each life has an address of its own
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := base()
		if to == "" {
			panic(http.ErrAbortHandler)
		}
		request, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		request.Header, request.ContentLength = r.Header.Clone(), r.ContentLength
		response, err := client.Do(request)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = response.Body.Close() }()
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	})
}
