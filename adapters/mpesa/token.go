package mpesa

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
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
)

// bearer returns a token that the rail still takes, fetching one where there is none. One caller
// fetches, the others wait for it. refused is a token that the rail has just refused, "" otherwise.
func (c *client) bearer(ctx context.Context, refused string) (string, error) {
	select {
	case c.tokenTurn <- struct{}{}:
		defer func() { <-c.tokenTurn }()
	case <-ctx.Done():
		return "", fmt.Errorf("mpesa: wait for token: %w", ctx.Err())
	}
	if c.token.text != "" && c.token.text != refused && c.now().Before(c.token.renewAt) {
		return c.token.text, nil
	}
	fetched, err := c.fetchToken(ctx)
	if err != nil {
		return "", err
	}
	c.token = fetched
	return fetched.text, nil
}

func (c *client) fetchToken(ctx context.Context) (token, error) {
	asked := c.now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		c.baseURL+"/oauth/v1/generate?grant_type=client_credentials", nil)
	if err != nil {
		return token{}, fmt.Errorf("mpesa: token: %w", err)
	}
	request.SetBasicAuth(c.consumerKey, c.consumerSecret)
	status, body, err := c.do(request)
	if err != nil {
		return token{}, fmt.Errorf("mpesa: token: %w", err)
	}
	if status != http.StatusOK {
		return token{}, fmt.Errorf("mpesa: token: %w", newAnswerError(status, body))
	}
	fetched, life, err := decodeToken(body)
	if err != nil {
		return token{}, fmt.Errorf("mpesa: token: %w", err)
	}
	return token{text: fetched, renewAt: asked.Add(life - min(maxRenewalMargin, life/10))}, nil
}

// decodeToken reads the token and how long it lives; expires_in is a text on the rail, a number in its
// documents.
func decodeToken(body []byte) (string, time.Duration, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return "", 0, err
	}
	var text, seconds string
	if err := root.Fields(map[string]*string{"access_token": &text, "expires_in": &seconds}); err != nil {
		return "", 0, err
	}
	life, err := strconv.ParseUint(seconds, 10, 31)
	if err != nil || life == 0 {
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
	return text, min(time.Duration(life)*time.Second, maxTokenLife), nil
}
