package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
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
}

// mentions tells whether the request speaks of any of these texts.
func (x *Exchange) mentions(texts ...string) bool {
	for _, t := range texts {
		if t != "" && (bytes.Contains(x.Body, []byte(t)) || bytes.Contains([]byte(x.Request.URL.String()), []byte(t))) {
			return true
		}
	}
	return false
}

// errCut ends an exchange without an answer, and at Arrived without the other side.
var errCut = errors.New("adaptertest: cut")

// rule is something to do at a moment of the exchanges that it is about.
type rule struct {
	at    Moment
	about func(*Exchange) bool
	do    func(*Exchange) error // errCut cuts the connection
	left  int                   // how often; below 0 for ever
}

// Tap stands between two sides of a wire.
type Tap struct {
	server *http.Server
	url    string

	mu    sync.Mutex
	next  http.Handler
	rules []*rule
	seen  []*Exchange // requests, without their answers, from the newest noted on
}

const (
	maxTapped   = 16 << 20 // bytes of a body
	maxSeen     = 100_000  // exchanges kept
	tapDeadline = 10 * time.Second
)

// openTap listens on the loopback interface. Until Set, nobody is on the other side.
func openTap(ctx context.Context) (*Tap, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Tap{url: "http://" + listener.Addr().String()}
	t.server = &http.Server{Handler: http.HandlerFunc(t.serve), ReadHeaderTimeout: tapDeadline}
	go func() { _ = t.server.Serve(listener) }() // ends with Close
	return t, nil
}

// URL is where the tap stands.
func (t *Tap) URL() string { return t.url }

// Close cuts every connection.
func (t *Tap) Close() { _ = t.server.Close() }

// Set says who is on the other side.
func (t *Tap) Set(next http.Handler) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = next
}

// On has something done at a moment of exchanges, so many times, below 0 for ever. forget undoes it.
func (t *Tap) On(at Moment, times int, about func(*Exchange) bool, do func(*Exchange) error) (forget func()) {
	r := &rule{at: at, about: about, do: do, left: times}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = append(t.rules, r)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		r.left = 0
	}
}

// Count tells how many requests were about something.
func (t *Tap) Count(about func(*Exchange) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, x := range t.seen {
		if about(x) {
			n++
		}
	}
	return n
}

// passes does what is to be done at a moment.
func (t *Tap) passes(at Moment, x *Exchange) error {
	t.mu.Lock()
	var due []*rule
	for _, r := range t.rules {
		if r.at == at && r.left != 0 && r.about(x) {
			r.left--
			due = append(due, r)
		}
	}
	t.mu.Unlock()
	var err error
	for _, r := range due {
		err = errors.Join(err, r.do(x))
	}
	return err
}

func (t *Tap) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxTapped))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	x := &Exchange{Request: r, Body: body}
	t.mu.Lock()
	next := t.next
	if len(t.seen) < maxSeen {
		at := *r.URL // what is done at a moment may change the exchange's own
		t.seen = append(t.seen, &Exchange{Request: &http.Request{Method: r.Method, URL: &at}, Body: body})
	}
	t.mu.Unlock()
	if t.passes(Arrived, x) != nil {
		panic(http.ErrAbortHandler)
	}
	cut := t.passes(Forwarded, x) != nil
	answered := x.forward(r.Context(), next, cut)
	if cut || !answered || t.passes(Ready, x) != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range x.Header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(x.Status)
	_, _ = w.Write(x.Answer)
	_ = http.NewResponseController(w).Flush()
	if t.passes(Sent, x) != nil {
		panic(http.ErrAbortHandler)
	}
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

// Repeat sends the request of an exchange to the other side once more, and returns what comes back.
func (t *Tap) Repeat(ctx context.Context, x *Exchange) (*Exchange, bool) {
	t.mu.Lock()
	next := t.next
	t.mu.Unlock()
	again := &Exchange{Request: x.Request, Body: x.Body}
	answered := again.forward(ctx, next, true)
	return again, answered
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
		Transport:     &http.Transport{DisableKeepAlives: true}, // a life ends with its connections
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
