package upi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	idleConnsPerHost = 256
	contentJSON      = "application/json"
	contentXML       = "application/xml"
)

// client speaks HTTP with the PSP.
type client struct {
	http     *http.Client
	baseURL  string
	merchant string
	apiKey   string
	timeout  time.Duration
}

func newClient(cfg Config) *client {
	return &client{
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				DialContext:           (&net.Dialer{Timeout: cfg.Timers.SubmitTimeout, KeepAlive: 30 * time.Second}).DialContext,
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
		baseURL: cfg.BaseURL, merchant: cfg.MerchantID, apiKey: cfg.APIKey, timeout: cfg.Timers.SubmitTimeout,
	}
}

// callError says that a call brought no answer to believe. With retrySafe nothing reached the PSP's engine.
type callError struct {
	path      string
	status    int // 0 without an answer
	retrySafe bool
	cause     error
}

func (e *callError) Error() string {
	return fmt.Sprintf("upi: %s: HTTP %d: %v", e.path, e.status, e.cause)
}

func (e *callError) Unwrap() error { return e.cause }

func retrySafe(err error) bool {
	var call *callError
	return errors.As(err, &call) && call.retrySafe
}

var errStatus = errors.New("no answer of the API's own")

// postJSON sends request and reads the answer. Errors are *callError and *DecodeError.
func (c *client) postJSON(ctx context.Context, path string, request any) (Answer, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return Answer{}, &callError{path: path, retrySafe: true, cause: err}
	}
	answer, err := c.post(ctx, path, contentJSON, body, MaxJSONBytes)
	if err != nil {
		return Answer{}, err
	}
	return decodeAnswer(answer)
}

// post sends body and returns the body of a 200. Errors are *callError.
func (c *client) post(ctx context.Context, path, contentType string, body []byte, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, &callError{path: path, retrySafe: true, cause: err}
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set(HeaderMerchant, c.merchant)
	request.Header.Set(HeaderAPIKey, c.apiKey)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &callError{path: path, retrySafe: !connected.Load(), cause: err}
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, &callError{path: path, status: response.StatusCode, cause: err}
	case int64(len(answer)) > limit:
		return nil, &callError{path: path, status: response.StatusCode, cause: errors.New("an answer too long")}
	case response.StatusCode != http.StatusOK:
		return nil, &callError{path: path, status: response.StatusCode, retrySafe: stoppedAtTheGate(response.StatusCode), cause: errStatus}
	}
	return answer, nil
}

// stoppedAtTheGate lists the answers of a gateway that keeps calls away from the engine behind it.
func stoppedAtTheGate(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests
}
