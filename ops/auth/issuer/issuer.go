// Package issuer reads what an OpenID Connect issuer says of people, and of machines that it gives tokens to.
package issuer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Config is an issuer, and what its words mean here.
type Config struct {
	URL          string // exactly as in its tokens
	ClientID     string
	ClientSecret string // "" of a client without one: the code's verifier protects it
	Callback     string // where it sends people back to
	Audience     string // of access tokens that machines bring; "": none is accepted
	Claims       Claims
}

// Limits on talking with an issuer.
const (
	timeout   = 5 * time.Second
	maxAnswer = 1 << 20          // bytes
	fresh     = 10 * time.Minute // of what it said of itself and its keys: one that it withdrew is not believed for longer
	again     = 5 * time.Second  // after it did not answer
	perSecond = 1                // questions about itself, which strangers' tokens may provoke
	burst     = 10
)

// algorithms that signatures may have: of these, none is made with what is public.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// ErrAway says that the issuer does not answer: trying again may help.
var ErrAway = errors.New("auth: the issuer does not answer")

// Issuer is an issuer that is asked when it is needed: it may come up later, and change its keys.
type Issuer struct {
	config Config
	client *http.Client
	asks   *rate.Limiter // about itself
	now    func() time.Time

	mu       sync.Mutex
	provider *oidc.Provider // nil before it first answered
	keys     oidc.KeySet
	next     time.Time // when it is asked again
	away     error     // why it did not answer
}

// New makes an issuer, and does not ask it yet.
func New(c Config, now func() time.Time) (*Issuer, error) {
	at, err := url.Parse(c.URL)
	if err != nil || at.Host == "" || at.Scheme != "https" && (at.Scheme != "http" || !loopback(at.Hostname())) {
		return nil, fmt.Errorf("auth: issuer %q: want an https address", c.URL)
	}
	if c.ClientID == "" || c.Audience == c.ClientID {
		return nil, fmt.Errorf("auth: issuer %s: want a client id, and another audience: an id token is no access token", c.URL)
	}
	if err := c.Claims.valid(); err != nil {
		return nil, fmt.Errorf("auth: issuer %s: %w", c.URL, err)
	}
	i := &Issuer{config: c, asks: rate.NewLimiter(perSecond, burst), now: now}
	i.client = &http.Client{
		Timeout: timeout, Transport: transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return i, nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// URL is the issuer's.
func (i *Issuer) URL() string { return i.config.URL }

// transport bounds answers.
type transport struct{}

// RoundTrip implements http.RoundTripper.
func (transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// slowly asks no oftener than the issuer can be expected to bear.
type slowly struct {
	http.RoundTripper
	asks *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.asks.Allow() {
		return nil, fmt.Errorf("%w: it was asked too often", ErrAway)
	}
	return s.RoundTripper.RoundTrip(r)
}

// known is what the issuer said of itself, asked again when that is old. What it said before holds while it is away.
func (i *Issuer) known(ctx context.Context) (*oidc.Provider, oidc.KeySet, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := i.now(); !now.Before(i.next) {
		i.next = now.Add(again)
		if i.away = i.ask(ctx); i.away == nil {
			i.next = now.Add(fresh)
		}
	}
	if i.provider == nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrAway, i.config.URL, i.away)
	}
	return i.provider, i.keys, nil
}

// ask asks the issuer what it is.
func (i *Issuer) ask(ctx context.Context) error {
	asking := *i.client
	asking.Transport = slowly{i.client.Transport, i.asks}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), &asking) // all wait for the answer, not only who asked first
	provider, err := oidc.NewProvider(ctx, i.config.URL)
	if err != nil {
		return err
	}
	var said struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&said); err != nil {
		return err
	}
	i.provider, i.keys = provider, watching{oidc.NewRemoteKeySet(ctx, said.Keys)}
	return nil
}

// watching are keys that could not be fetched, told apart from those that do not fit.
type watching struct{ oidc.KeySet }

type awayKey struct{}

// VerifySignature implements oidc.KeySet.
func (k watching) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	if away, ok := ctx.Value(awayKey{}).(*bool); ok && errors.Is(err, ErrAway) {
		*away = true
	}
	return payload, err
}

// verify reads a token for an audience. The error is auth.ErrNobody where it is not good, ErrAway where that cannot be
// known.
func (i *Issuer) verify(ctx context.Context, audience, token string) (*oidc.IDToken, error) {
	_, keys, err := i.known(ctx)
	if err != nil {
		return nil, err
	}
	away := false
	verifier := oidc.NewVerifier(i.config.URL, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms, Now: i.now})
	read, err := verifier.Verify(context.WithValue(ctx, awayKey{}, &away), token)
	if away {
		return nil, fmt.Errorf("%w: %s: %w", ErrAway, i.config.URL, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", auth.ErrNobody, err)
	}
	return read, nil
}

// oauth is the client of the code flow.
func (i *Issuer) oauth(ctx context.Context) (*oauth2.Config, error) {
	provider, _, err := i.known(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: i.config.ClientID, ClientSecret: i.config.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: i.config.Callback, Scopes: append([]string{oidc.ScopeOpenID}, i.config.Claims.Scopes...),
	}, nil
}
