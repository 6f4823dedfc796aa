package mpesa

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
)

// client speaks HTTP with the rail: a token, a request, an answer of bounded size and time.
type client struct {
	http           *http.Client
	baseURL        string
	consumerKey    string
	consumerSecret string
	timeout        time.Duration
	now            func() time.Time
	skew           atomic.Int64 // how far the rail's clock is ahead of ours, in ns

	tokenTurn chan struct{} // capacity 1: held by whoever reads or replaces token
	token     token
}

func newClient(cfg Config) *client {
	return &client{
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				DialContext:           (&net.Dialer{Timeout: cfg.Timers.SubmitTimeout, KeepAlive: 30 * time.Second}).DialContext,
				TLSClientConfig:       &tls.Config{RootCAs: cfg.Authorities, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2:     true,
				MaxIdleConns:          4 * idleConnsPerHost,
				MaxIdleConnsPerHost:   idleConnsPerHost,
				IdleConnTimeout:       90 * time.Second,
				TLSHandshakeTimeout:   cfg.Timers.SubmitTimeout,
				ExpectContinueTimeout: time.Second,
			},
			// A redirect would carry a payment to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		baseURL:        cfg.BaseURL,
		consumerKey:    cfg.ConsumerKey,
		consumerSecret: cfg.ConsumerSecret,
		timeout:        cfg.Timers.SubmitTimeout,
		now:            time.Now,
		tokenTurn:      make(chan struct{}, 1),
	}
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

// newAnswerError reads {requestId, errorCode, errorMessage}; whatever else came leaves them empty.
func newAnswerError(status int, body []byte) *answerError {
	e := &answerError{status: status}
	if root, err := parse(body, maxCallbackBytes); err == nil {
		if root.Fields(map[string]*string{"errorCode": &e.code, "errorMessage": &e.text}) != nil {
			e.code, e.text = "", ""
		}
	}
	e.code = shortenCode(e.code)
	e.text = shortenText(e.text)
	return e
}

// unsentError says that the request never left, so it may be sent again.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return "nothing was sent: " + e.cause.Error() }
func (e *unsentError) Unwrap() error { return e.cause }

// post sends request as JSON under a token and returns the body of a 200. A refused token is replaced
// once. Errors are *unsentError and *answerError, or the transport's, after which nothing is known.
func (c *client) post(ctx context.Context, path string, request any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	payload, err := json.Marshal(request)
	if err != nil {
		return nil, &unsentError{cause: err}
	}
	bearer, err := c.bearer(ctx, "")
	if err != nil {
		return nil, &unsentError{cause: err}
	}
	body, err := c.postOnce(ctx, path, bearer, payload)
	if !isTokenRefusal(err) {
		return body, err
	}
	if bearer, err = c.bearer(ctx, bearer); err != nil {
		return nil, &unsentError{cause: err}
	}
	return c.postOnce(ctx, path, bearer, payload)
}

func isTokenRefusal(err error) bool {
	var answer *answerError
	return errors.As(err, &answer) && (answer.code == errorToken || answer.code == errorTokenOld)
}

func (c *client) postOnce(ctx context.Context, path, bearer string, payload []byte) ([]byte, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, c.baseURL+path, bytes.NewReader(payload))
	if err != nil {
		return nil, &unsentError{cause: err}
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Content-Type", "application/json")
	status, body, err := c.do(request)
	switch {
	case err != nil && !connected.Load():
		return nil, &unsentError{cause: err}
	case err != nil:
		return nil, err
	case status != http.StatusOK:
		return nil, newAnswerError(status, body)
	default:
		return body, nil
	}
}

func (c *client) do(request *http.Request) (int, []byte, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	c.noteClock(response.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return 0, nil, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxAnswerBytes {
		return 0, nil, &DecodeError{Fault: fmt.Sprintf("an answer of more than %d bytes", maxAnswerBytes)}
	}
	return response.StatusCode, body, nil
}

// What the rail's clock may differ by without counting, for answers take time and say whole seconds; and by how much
// it is believed at most.
const (
	clockTolerance = 5 * time.Second
	maxClockSkew   = 7 * 24 * time.Hour
)

// noteClock learns from an answer what time it is on the rail. Pull queries name times, and a rail that is an hour
// behind has the payments of this hour an hour ago.
func (c *client) noteClock(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	skew := at.Sub(c.now())
	if skew.Abs() < clockTolerance || skew.Abs() > maxClockSkew {
		skew = 0
	}
	c.skew.Store(int64(skew))
}

// railTime is what a time of ours is on the rail's clock.
func (c *client) railTime(t time.Time) time.Time { return t.Add(time.Duration(c.skew.Load())) }

// ack is the acknowledgement of an asynchronous request: the rail has taken it, nothing more.
type ack struct {
	originatorConversationID string
	conversationID           string
	code                     string
	text                     string
}

// decodeAck reads an acknowledgement. registerurl misspells OriginatorConversationID.
func decodeAck(body []byte) (ack, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return ack{}, err
	}
	var a ack
	var misspelt string
	err = root.Fields(map[string]*string{
		"OriginatorConversationID": &a.originatorConversationID,
		"OriginatorCoversationID":  &misspelt,
		"ConversationID":           &a.conversationID,
		"ResponseCode":             &a.code,
		"ResponseDescription":      &a.text,
	})
	if err != nil {
		return ack{}, err
	}
	if a.originatorConversationID == "" {
		a.originatorConversationID = misspelt
	}
	if a.code == "" {
		return ack{}, &DecodeError{Fault: "ResponseCode is missing"}
	}
	if len(a.conversationID) > maxRailIDLength {
		return ack{}, &DecodeError{Fault: "ConversationID is too long"}
	}
	a.code = shortenCode(a.code)
	a.text = shortenText(a.text)
	return a, nil
}

// ask posts a request that is acknowledged now and answered by callback. Without an acknowledgement
// the evidence says what is known instead.
func (c *client) ask(ctx context.Context, path string, request any) (ack, *adapters.Evidence) {
	body, err := c.post(ctx, path, request)
	if err != nil {
		return ack{}, refusal(err)
	}
	a, err := decodeAck(body)
	if err != nil {
		return ack{}, &adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	if a.code != codeSuccess || a.conversationID == "" {
		return ack{}, &adapters.Evidence{
			State: adapters.Unknown, Code: a.code, Text: a.text,
			Err: &DecodeError{Fault: "no acceptance: ResponseCode " + a.code},
		}
	}
	return a, nil
}

// refusal maps a failed request to what it leaves known.
func refusal(err error) *adapters.Evidence {
	e := &adapters.Evidence{State: adapters.Unknown, Err: err}
	var unsent *unsentError
	var answer *answerError
	switch {
	case errors.As(err, &unsent):
		e.RetrySafe = true
	case errors.As(err, &answer):
		e.Code, e.Text = answer.code, answer.text
		switch answer.code {
		case errorInvalid:
			e.State, e.Reason, e.Err = adapters.Failed, reasonFormat, nil
		case errorToken, errorTokenOld, errorSpikeArrest, errorQuota: // the gateway's, before it forwards
			e.RetrySafe = true
		case errorBeingHandled:
			if strings.Contains(strings.ToLower(answer.text), textBeingProcessed) {
				e.State, e.Err = adapters.Accepted, nil
			}
		}
	}
	return e
}
