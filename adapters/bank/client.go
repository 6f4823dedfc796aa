package bank

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
	"sync/atomic"
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The paths of either side's API, below its base or prefix, named for the message that is posted there.
const (
	PathCreditTransfer = "/pacs.008"
	PathStatusRequest  = "/pacs.028"
	PathPaymentReturn  = "/pacs.004"
	PathRecall         = "/camt.056" // below ours only: it is answered with camt.029
	PathStatusReport   = "/pacs.002" // below ours only: the bank answers the first three with it
	PathRejection      = "/admi.002" // likewise: either side answers what it cannot read with it
)

// ContentType is that of every message.
const ContentType = "application/xml"

// CallError says that a call brought no answer to believe. With RetrySafe nothing reached the bank's books, and the same
// call may be made again; without it, only a status request is safe.
type CallError struct {
	Path      string
	Status    int // HTTP, 0 without an answer
	RetrySafe bool
	Err       error
}

func (e *CallError) Error() string {
	return fmt.Sprintf("bank: %s: HTTP %d: %v", e.Path, e.Status, e.Err)
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }

var errStatus = errors.New("no answer of the API's own")

// idleConns keeps connections alive between calls: a payout is one short call, many at a time.
const idleConns = 64

func newClient(timeout time.Duration, shown *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: timeout}).DialContext,
			TLSClientConfig:     shown,
			TLSHandshakeTimeout: timeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        2 * idleConns,
			MaxIdleConnsPerHost: idleConns,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends a message and returns the one that answers it. Errors are *CallError.
func (r *Rail) post(ctx context.Context, path string, message []byte) ([]byte, error) {
	fail := func(status int, safe bool, err error) ([]byte, error) {
		return nil, &CallError{Path: path, Status: status, RetrySafe: safe, Err: err}
	}
	var connected atomic.Bool // to somebody whose certificate holds, where there is one
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, r.cfg.BaseURL+path, bytes.NewReader(message))
	if err != nil {
		return fail(0, true, err)
	}
	request.Header.Set("Content-Type", ContentType)
	if r.cfg.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.cfg.Token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return fail(0, !connected.Load(), err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, iso20022.MaxMessageBytes+1))
	switch {
	case err != nil:
		return fail(response.StatusCode, false, err)
	case len(answer) > iso20022.MaxMessageBytes:
		return fail(response.StatusCode, false, errors.New("answer too long"))
	case response.StatusCode != http.StatusOK:
		return fail(response.StatusCode, stoppedAtTheGate(response.StatusCode), said(answer))
	}
	return answer, nil
}

// said is why a message was refused, where the bank says it in a message.
func said(answer []byte) error {
	rejection, err := iso20022.ParseMessageRejection(answer)
	if err != nil {
		return errStatus
	}
	return fmt.Errorf("%w: %s %s", errUnread, rejection.Reason, rejection.Info)
}

// stoppedAtTheGate lists the answers of a gateway that keeps calls away from the books behind it.
func stoppedAtTheGate(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	return false
}
