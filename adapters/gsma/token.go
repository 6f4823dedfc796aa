package gsma

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/strictjson"
)

// token is a bearer token and the moment from which it is replaced, somewhat before it expires.
type token struct {
	text    string
	renewAt time.Time
}

const (
	maxTokenLength   = 4096
	maxTokenLife     = 24 * time.Hour
	maxRenewalMargin = 60 * time.Second
	grant            = "grant_type=client_credentials" // RFC 6749, section 4.4
)

// bearer returns a token that the rail still takes, fetching one where there is none. One caller fetches, the others
// wait for it. refused is a token that the rail has just refused, "" otherwise.
func (c *client) bearer(ctx context.Context, refused string) (string, error) {
	select {
	case c.tokenTurn <- struct{}{}:
		defer func() { <-c.tokenTurn }()
	case <-ctx.Done():
		return "", fmt.Errorf("gsma: wait for token: %w", ctx.Err())
	}
	if c.token.text != "" && c.token.text != refused && c.now().Before(c.token.renewAt) {
		return c.token.text, nil
	}
	fetched, err := c.fetchToken(ctx)
	if err != nil {
		return "", fmt.Errorf("gsma: token: %w", err)
	}
	c.token = fetched
	return fetched.text, nil
}

func (c *client) fetchToken(ctx context.Context) (token, error) {
	asked := c.now()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.TokenURL, strings.NewReader(grant))
	if err != nil {
		return token{}, err
	}
	request.SetBasicAuth(c.cfg.Username, c.cfg.Password.Reveal())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := c.send(request)
	if err != nil {
		return token{}, err
	}
	if got.status != http.StatusOK {
		return token{}, newFailure(got)
	}
	value, err := parse(got.body)
	if err != nil {
		return token{}, err
	}
	text, life, err := readToken(value)
	if err != nil {
		return token{}, err
	}
	return token{text: text, renewAt: asked.Add(life - min(maxRenewalMargin, life/10))}, nil
}

// readToken reads the token and how long it lives. Errors are *DecodeError.
func readToken(value strictjson.Value) (string, time.Duration, error) {
	var text, life string
	if err := value.Fields(map[string]*string{"access_token": &text, "expires_in": &life}); err != nil {
		return "", 0, malformed(err)
	}
	seconds, err := strconv.ParseUint(life, 10, 31)
	if err != nil || seconds == 0 {
		return "", 0, &DecodeError{Fault: "expires_in is not a positive number of seconds"}
	}
	if text == "" || len(text) > maxTokenLength {
		return "", 0, &DecodeError{Fault: "access_token is missing or too long"}
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return "", 0, &DecodeError{Fault: "access_token holds a character that no header may"}
		}
	}
	return text, min(time.Duration(seconds)*time.Second, maxTokenLife), nil
}
