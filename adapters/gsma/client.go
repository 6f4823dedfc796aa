package gsma

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// Headers of the API.
const (
	headerAPIKey      = "X-API-Key"
	headerClient      = "X-Client-Id"
	headerHash        = "X-Content-Hash"
	headerDate        = "X-Date"
	headerCorrelation = "X-CorrelationID"
	headerCallback    = "X-Callback-URL"
)

const (
	idleConnsPerHost = 256
	contentJSON      = "application/json"
	dateForm         = "2006-01-02T15:04:05.000Z"
)

// client speaks HTTP with one operator: headers, perhaps a token, an answer of bounded size and time.
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

// unsentError says that the request never left, so it may be sent again.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return "nothing was sent: " + e.cause.Error() }
func (e *unsentError) Unwrap() error { return e.cause }

// call is one request to the API.
type call struct {
	method      string
	path        string
	body        []byte // nil for none
	correlation string // X-CorrelationID, "" for none
	callback    string // X-Callback-URL, "" for none
}

// do sends a request and returns the answer. A refused token is replaced once. Errors are *unsentError, or the
// transport's, after which nothing is known.
func (c *client) do(ctx context.Context, asked call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timers.SubmitTimeout)
	defer cancel()
	if c.cfg.TokenURL == "" {
		return c.once(ctx, asked, "")
	}
	bearer, err := c.bearer(ctx, "")
	if err != nil {
		return answer{}, &unsentError{cause: err}
	}
	got, err := c.once(ctx, asked, bearer)
	if err != nil || got.status != http.StatusUnauthorized {
		return got, err
	}
	if bearer, err = c.bearer(ctx, bearer); err != nil {
		return answer{}, &unsentError{cause: err}
	}
	return c.once(ctx, asked, bearer)
}

// get asks for something that is there to be read.
func (c *client) get(ctx context.Context, path string) (answer, error) {
	return c.do(ctx, call{method: http.MethodGet, path: path})
}

func (c *client) once(ctx context.Context, asked call, bearer string) (answer, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(traced, asked.method, c.cfg.BaseURL+asked.path, bytes.NewReader(asked.body))
	if err != nil {
		return answer{}, &unsentError{cause: err}
	}
	for header, value := range map[string]string{
		headerClient: c.cfg.ClientID, headerAPIKey: c.cfg.APIKey.Reveal(), headerDate: c.now().UTC().Format(dateForm),
		headerCorrelation: asked.correlation, headerCallback: asked.callback,
	} {
		if value != "" {
			request.Header.Set(header, value)
		}
	}
	if asked.body != nil {
		request.Header.Set("Content-Type", contentJSON)
		request.Header.Set(headerHash, contentHash(asked.body))
	}
	switch {
	case bearer != "":
		request.Header.Set("Authorization", "Bearer "+bearer)
	case c.cfg.Username != "":
		request.SetBasicAuth(c.cfg.Username, c.cfg.Password.Reveal())
	}
	got, err := c.send(request)
	if err != nil && !connected.Load() {
		return answer{}, &unsentError{cause: err}
	}
	return got, err
}

func (c *client) send(request *http.Request) (answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxAnswerBytes {
		return answer{}, &DecodeError{Fault: fmt.Sprintf("an answer of more than %d bytes", maxAnswerBytes)}
	}
	return answer{status: response.StatusCode, body: body}, nil
}

// contentHash is the X-Content-Hash of a body.
func contentHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// unanswered is what a request without an answer leaves known.
func unanswered(err error) adapters.Evidence {
	var unsent *unsentError
	return adapters.Evidence{State: adapters.Unknown, RetrySafe: errors.As(err, &unsent), Err: err}
}
