package momo

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Headers of the rail.
const (
	headerSubscription = "Ocp-Apim-Subscription-Key"
	headerEnvironment  = "X-Target-Environment"
	headerReference    = "X-Reference-Id"
	headerCallback     = "X-Callback-Url"
)

const idleConnsPerHost = 256

// client speaks HTTP with one product: a token, a request, an answer of bounded size and time.
type client struct {
	http *http.Client
	cfg  Config
	now  func() time.Time

	tokenTurn chan struct{} // capacity 1: held by whoever reads or replaces token
	token     token
}

func newClient(cfg Config, authorities *x509.CertPool) *client {
	return &client{
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				DialContext:           (&net.Dialer{Timeout: cfg.Timers.SubmitTimeout, KeepAlive: 30 * time.Second}).DialContext,
				TLSClientConfig:       &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2:     true,
				MaxIdleConns:          2 * idleConnsPerHost,
				MaxIdleConnsPerHost:   idleConnsPerHost,
				IdleConnTimeout:       90 * time.Second,
				TLSHandshakeTimeout:   cfg.Timers.SubmitTimeout,
				ExpectContinueTimeout: time.Second,
			},
			// A redirect would carry a payment to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cfg: cfg, now: time.Now, tokenTurn: make(chan struct{}, 1),
	}
}

// answer is what the rail answered, whatever the status.
type answer struct {
	status int
	body   []byte
}

// answerError is an answer of the rail that is no success.
type answerError struct {
	status int
	code   string
	text   string
}

func (e *answerError) Error() string {
	return fmt.Sprintf("rail answered HTTP %d, code %q: %s", e.status, e.code, e.text)
}

// newAnswerError reads {code, message}; whatever else came leaves them empty.
func newAnswerError(got answer) *answerError {
	e := &answerError{status: got.status}
	value, err := parse(got.body)
	if err != nil || value.Fields(map[string]*string{"code": &e.code, "message": &e.text}) != nil {
		e.code, e.text = "", ""
	}
	e.code, e.text = shorten(e.code, messaging.MaxRailCodeLength), shorten(e.text, messaging.MaxRailTextLength)
	return e
}

// unsentError says that the request never left, so it may be sent again.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return "nothing was sent: " + e.cause.Error() }
func (e *unsentError) Unwrap() error { return e.cause }

// call sends a request to the product under a token and returns the answer. A refused token is replaced
// once. Errors are *unsentError, or the transport's, after which nothing is known.
func (c *client) call(ctx context.Context, method, path string, headers map[string]string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timers.SubmitTimeout)
	defer cancel()
	bearer, err := c.bearer(ctx, "")
	if err != nil {
		return answer{}, &unsentError{cause: err}
	}
	got, err := c.once(ctx, method, path, bearer, headers, body)
	if err != nil || got.status != http.StatusUnauthorized {
		return got, err
	}
	if bearer, err = c.bearer(ctx, bearer); err != nil {
		return answer{}, &unsentError{cause: err}
	}
	return c.once(ctx, method, path, bearer, headers, body)
}

func (c *client) once(ctx context.Context, method, path, bearer string, headers map[string]string, body []byte) (answer, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(traced, method, c.cfg.BaseURL+"/"+string(c.cfg.Product)+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, &unsentError{cause: err}
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set(headerSubscription, c.cfg.SubscriptionKey.Reveal())
	request.Header.Set(headerEnvironment, c.cfg.Environment)
	got, err := c.do(request)
	if err != nil && !connected.Load() {
		return answer{}, &unsentError{cause: err}
	}
	return got, err
}

func (c *client) do(request *http.Request) (answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBodyBytes+1))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxBodyBytes {
		return answer{}, &DecodeError{Fault: fmt.Sprintf("an answer of more than %d bytes", maxBodyBytes)}
	}
	return answer{status: response.StatusCode, body: body}, nil
}

// unanswered is what a call without an answer leaves known.
func unanswered(err error) adapters.Evidence {
	var unsent *unsentError
	return adapters.Evidence{State: adapters.Unknown, RetrySafe: errors.As(err, &unsent), Err: err}
}

// atTheGate lists the answers of the gateway that keeps calls away from the engine behind it.
func atTheGate(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests
}
