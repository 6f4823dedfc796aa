package adaptertest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

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
	ident *tls.Config // of who is on the other side, where the URL is https
	rules []*rule
	seen  []*Exchange   // requests, without their answers, and strangers who hung up before they asked anything
	news  chan struct{} // closed and made again whenever one is over
}

const (
	maxTapped   = 16 << 20 // bytes of a body
	maxSeen     = 100_000  // exchanges kept
	tapDeadline = 10 * time.Second
)

// openTap listens on the loopback interface, for http or https. Until Set, nobody is on the other side; until Identify,
// nobody is let in by https.
func openTap(ctx context.Context, scheme string) (*Tap, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Tap{url: scheme + "://" + listener.Addr().String(), news: make(chan struct{})}
	t.server = &http.Server{Handler: http.HandlerFunc(t.serve), ReadHeaderTimeout: tapDeadline}
	if scheme == "https" {
		listener = tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: t.identity})
		t.server.ErrorLog = log.New(io.Discard, "", 0) // of those who hang up
		t.server.ConnState = t.hangUps()
	}
	go func() { _ = t.server.Serve(listener) }() // ends with Close
	return t, nil
}

// Identify says what the other side shows who connects by https.
func (t *Tap) Identify(as *tls.Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ident = as
}

func (t *Tap) identity(*tls.ClientHelloInfo) (*tls.Config, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ident == nil {
		return nil, errors.New("adaptertest: nobody is there")
	}
	return t.ident, nil
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
	x, to := &Exchange{Request: r, Body: body}, *r.URL
	seen := &Exchange{Request: &http.Request{Method: r.Method, URL: &to}, Body: body, at: time.Now()} // what is done at a moment may change x
	t.mu.Lock()
	next := t.next
	t.note(seen)
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.end(seen)
	}()
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

// Repeat sends the request of an exchange to the other side once more, and returns what comes back.
func (t *Tap) Repeat(ctx context.Context, x *Exchange) (*Exchange, bool) {
	t.mu.Lock()
	next := t.next
	t.mu.Unlock()
	again := &Exchange{Request: x.Request, Body: x.Body}
	answered := again.forward(ctx, next, true)
	return again, answered
}
