// Package rail is the switch's word with the adapters: it asks their private APIs what is open, what waits and how they
// are, and tells them how something ended that only people could find out. Adapters owe it nothing but what
// adapters.Runner.Handler serves.
package rail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
)

const (
	callTimeout = 10 * time.Second // from the request to the answer's last byte
	maxAnswer   = 8 << 20          // bytes: a thousand of the longest operations fit
	maxProblem  = 16 << 10
)

// Client talks to one participant's adapter.
type Client struct {
	Participant string
	base        string
	http        *http.Client
}

// NewClient makes a client of the adapter whose private address that is, as in http://10.0.0.7:8081.
func NewClient(participant, address string) (*Client, error) {
	at, err := url.Parse(address)
	switch {
	case !messaging.ValidParticipant(participant):
		return nil, fmt.Errorf("rail: %.40q cannot name a participant", participant)
	case err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "":
		return nil, fmt.Errorf("rail: %s: its adapter's address is no http://HOST:PORT", participant)
	}
	return &Client{Participant: participant, base: strings.TrimSuffix(address, "/"), http: &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Error says what went wrong with an adapter.
type Error struct {
	Participant string
	Status      int    // of HTTP; 0 where no whole answer came
	Kind        string // the adapter's problem type without its prefix, as in may_still_pay; "" where it gave none
	Detail      string
	Again       bool // asking again may go well, and does nothing twice
	Err         error
}

func (e *Error) Error() string {
	text := "rail: " + e.Participant + "'s adapter"
	if e.Status == 0 {
		return fmt.Sprintf("%s did not answer: %v", text, e.Err)
	}
	return fmt.Sprintf("%s answered %d %s: %s", text, e.Status, e.Kind, e.Detail)
}

func (e *Error) Unwrap() error { return e.Err }

// problemPrefix begins the types of adapters' problems.
const problemPrefix = "urn:ayni:problem:"

// call asks the adapter; into is nil where the answer's body says nothing. safe says that the same call twice does what
// one does. Errors are *Error, and ctx's within one.
func (c *Client) call(ctx context.Context, method, path string, body, into any, safe bool) error {
	failed := func(status int, kind, detail string, again bool, err error) error {
		return &Error{Participant: c.Participant, Status: status, Kind: kind, Detail: detail, Again: again && safe, Err: err}
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body, json.Deterministic(true)); err != nil {
			return failed(0, "", "", false, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return failed(0, "", "", false, err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return failed(0, "", "", true, withoutAddress(err))
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	if answer.StatusCode >= http.StatusMultipleChoices {
		kind, detail := problem(io.LimitReader(answer.Body, maxProblem))
		busy := answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests
		return failed(answer.StatusCode, kind, detail, busy, nil)
	}
	if into == nil {
		return nil
	}
	limited := &io.LimitedReader{R: answer.Body, N: maxAnswer + 1}
	if err := json.UnmarshalRead(limited, into); err != nil {
		if limited.N <= 0 {
			return failed(answer.StatusCode, "oversized", fmt.Sprintf("an answer of more than %d bytes", maxAnswer), false, nil)
		}
		return failed(0, "", "", true, err)
	}
	return nil
}

// withoutAddress takes the URL off an error of net/http: where adapters are is for nobody's eyes.
func withoutAddress(err error) error {
	if at, ok := errors.AsType[*url.Error](err); ok {
		return at.Err
	}
	return err
}

// problem reads what an adapter says of its refusal, clipped, empty where it says nothing that reads.
func problem(body io.Reader) (kind, detail string) {
	var p struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
	}
	if json.UnmarshalRead(body, &p) != nil {
		return "", ""
	}
	return clip(strings.TrimPrefix(p.Type, problemPrefix), 40), clip(p.Detail, 512)
}

func clip(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }
