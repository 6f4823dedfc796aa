// Package client speaks to the switch's API. Types and methods are generated from its OpenAPI document; here is what they
// have in common.
package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Client is one who asks. Its methods may be called at once.
type Client struct {
	URL   string                                              // of the switch, without a path
	Token func(ctx context.Context) (token string, err error) // "" asks as nobody
	HTTP  *http.Client
}

// timeout bounds one call, unless HTTP or its context says less.
const timeout = 30 * time.Second

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// New makes a client with a token that does not change.
func New(address, token string) *Client {
	return &Client{
		URL: strings.TrimSuffix(address, "/"), HTTP: &http.Client{Timeout: timeout},
		Token: func(context.Context) (string, error) { return token, nil },
	}
}

// Problem is what the API refuses with.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	Type     string   `json:"type"` // urn:ayni:problem: and a name that stays
	Title    string   `json:"title"`
	Status   int      `json:"status"`
	Detail   string   `json:"detail,omitzero"`
	Instance string   `json:"instance,omitzero"` // of the request: name it when you ask for help
	Errors   []Wanted `json:"errors,omitzero"`
}

// Wanted is one thing that is wrong with a request.
type Wanted struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("ayni: %d %s %s (%s)", p.Status, p.Title, p.Detail, p.Instance)
}

// Retry says whether the same request may be sent again, with the same key where it is a write.
func (p *Problem) Retry() bool {
	return p.Status == http.StatusTooManyRequests || p.Status >= http.StatusInternalServerError || p.Type == "urn:ayni:problem:in_flight"
}

func (c *Client) read(ctx context.Context, path string, query url.Values, answer any) (tag string, err error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil, nil, answer)
}

func (c *Client) write(ctx context.Context, method, path, key, match string, body, answer any) error {
	header := http.Header{"Idempotency-Key": {key}}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("ayni: %s %s: %w", method, path, err)
		}
		header.Set("Content-Type", "application/json")
	}
	if match != "" {
		header.Set("If-Match", match)
	}
	_, err := c.do(ctx, method, path, header, text, answer)
	return err
}

// do asks once. Errors are *Problem, and the network's: after these a write can be sent again under its key.
func (c *Client) do(ctx context.Context, method, path string, header http.Header, body []byte, answer any) (tag string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("ayni: %w", err)
	}
	maps.Copy(r.Header, header)
	token, err := c.Token(ctx)
	if err != nil {
		return "", fmt.Errorf("ayni: token: %w", err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w, err := c.HTTP.Do(r)
	if err != nil {
		return "", fmt.Errorf("ayni: %w", err)
	}
	defer w.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("ayni: %s %s: %w", method, path, err)
	}
	if w.StatusCode >= http.StatusBadRequest {
		p := &Problem{Status: w.StatusCode, Title: http.StatusText(w.StatusCode)}
		_ = json.Unmarshal(text, p) // a proxy's own words
		return "", p
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return "", fmt.Errorf("ayni: %s %s: %w", method, path, err)
	}
	return w.Header.Get("ETag"), nil
}
