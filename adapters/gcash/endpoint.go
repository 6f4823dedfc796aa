package gcash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// endpoint is one peer's HTTP API, signed both ways.
type endpoint struct {
	name, base, contentType string
	signer                  *Signer
	verifier                *Verifier
	client                  *http.Client
	now                     func() time.Time
}

// CallError says that a call brought no answer to believe. With RetrySafe nothing reached the rail's
// engine, and the same call may be made again; without it, only an inquiry is safe.
type CallError struct {
	Endpoint  string
	Status    int // HTTP, 0 without an answer
	RetrySafe bool
	Err       error
}

func (e *CallError) Error() string {
	return fmt.Sprintf("gcash: %s: HTTP %d: %v", e.Endpoint, e.Status, e.Err)
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }

func retrySafe(err error) bool {
	var call *CallError
	return errors.As(err, &call) && call.RetrySafe
}

var errStatus = errors.New("no answer of the API's own")

// post sends body and returns the answer's body once its signature holds. Errors are *CallError.
func (e *endpoint) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	fail := func(status int, safe bool, err error) ([]byte, error) {
		return nil, &CallError{Endpoint: e.name + " " + path, Status: status, RetrySafe: safe, Err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.base+path, bytes.NewReader(body))
	if err != nil {
		return fail(0, true, err)
	}
	signedPath := request.URL.EscapedPath()
	request.Header.Set("Content-Type", e.contentType)
	if err := e.signer.Request(request.Header, http.MethodPost, signedPath, body, e.now()); err != nil {
		return fail(0, true, err)
	}
	response, err := e.client.Do(request)
	if err != nil {
		return fail(0, neverConnected(err), err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, MaxBodyBytes+1))
	switch {
	case err != nil:
		return fail(response.StatusCode, false, err)
	case len(answer) > MaxBodyBytes:
		return fail(response.StatusCode, false, errors.New("answer too long"))
	case response.StatusCode != http.StatusOK:
		return fail(response.StatusCode, stoppedAtTheGate(response.StatusCode), errStatus)
	}
	if err := e.verifier.Response(response.Header, http.MethodPost, signedPath, answer, e.now()); err != nil {
		return fail(response.StatusCode, false, err)
	}
	return answer, nil
}

// neverConnected tells whether a call failed before a byte could leave.
func neverConnected(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}

// stoppedAtTheGate lists the answers of a gateway that keeps calls away from the engine behind it.
func stoppedAtTheGate(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	return false
}
