package auth

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config is what a guard rests on. A way of saying who one is that is nil is not there. Each returns ErrNobody for
// whom it does not know; any other error is its own failure.
type Config struct {
	Origin      string // scheme and host as browsers see them: over https, cookies travel over TLS alone
	Session     func(ctx context.Context, token string, used bool) (Principal, error)
	Bearer      func(ctx context.Context, token string) (Principal, error)
	Certificate func(ctx context.Context, certificate *x509.Certificate) (Principal, error) // already verified
	Rates       Rates
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed
	Log         *slog.Logger
	Now         func() time.Time
}

// Guard stands before every route.
type Guard struct {
	config    Config
	tls       bool
	origins   *http.CrossOriginProtection
	addresses *pace
	people    *pace
	failures  *pace
	recheck   time.Duration // between two looks whether who reads a long answer still may

	mu     sync.Mutex
	routes []Route
}

// recheckEvery bounds how long a stream goes on after its session has ended.
const recheckEvery = 30 * time.Second

// NewGuard makes a guard.
func NewGuard(c Config) (*Guard, error) {
	origin, err := url.Parse(c.Origin)
	if err != nil || origin.Host == "" || origin.Scheme != "http" && origin.Scheme != "https" || c.Origin != origin.Scheme+"://"+origin.Host {
		return nil, fmt.Errorf("auth: origin %q: want http(s)://HOST[:PORT]", c.Origin)
	}
	for _, each := range []Rate{c.Rates.Principal, c.Rates.Address, c.Rates.Failed} {
		if each.PerSecond < 1 || each.Burst < 1 {
			return nil, fmt.Errorf("auth: rates %+v: nobody would come in", c.Rates)
		}
	}
	return &Guard{
		config: c, tls: origin.Scheme == "https", origins: http.NewCrossOriginProtection(), recheck: recheckEvery,
		addresses: newPace(c.Rates.Address, c.Now), people: newPace(c.Rates.Principal, c.Now), failures: newPace(c.Rates.Failed, c.Now),
	}, nil
}

// Route is a route that was mounted.
type Route struct {
	Method  string // "" for every method
	Pattern string // as net/http.ServeMux takes it, without the method
	Need    Need
}

// Mount guards a handler and mounts it at a pattern of net/http.ServeMux, and remembers it for Routes.
func (g *Guard) Mount(mux *http.ServeMux, pattern string, need Need, h http.Handler) {
	mux.Handle(pattern, g.Route(need, h))
	method, at, found := strings.Cut(pattern, " ")
	if !found {
		method, at = "", pattern
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.routes = append(g.routes, Route{Method: method, Pattern: strings.TrimLeft(at, " \t"), Need: need})
}

// Routes are all that were mounted.
func (g *Guard) Routes() []Route {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.routes)
}

// Route is a handler behind the guard: only who may use it reaches it, with From, Own, Nonce and FormToken in its
// request's context.
func (g *Guard) Route(need Need, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := random()
		g.secure(w, nonce, need.Public)
		who, err := g.enter(w, r, need)
		ctx := context.WithValue(r.Context(), visitKey{}, visit{nonce: nonce, session: who.session})
		if err != nil {
			g.refuse(w, r.WithContext(ctx), err)
			return
		}
		ctx, cancel := context.WithCancelCause(With(ctx, who.Principal))
		defer cancel(nil)
		if who.again != nil && !need.Public {
			go g.watch(ctx, cancel, who)
		}
		if need.Own {
			g.hold(w, r.WithContext(ctx), h, nonce)
			return
		}
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// hold serves what has owners.
func (g *Guard) hold(w http.ResponseWriter, r *http.Request, h http.Handler, nonce string) {
	ctx, permit := watched(r.Context())
	answer := &held{ResponseWriter: w, permit: permit, forgot: func() {
		g.config.Log.Error("a handler answered without saying whose things it shows, or after it was told that they are another's; the answer was refused",
			"method", r.Method, "pattern", r.Pattern)
		g.secure(w, nonce, false)
		errFailed.Answer(w, r)
	}}
	h.ServeHTTP(answer, r.WithContext(ctx))
	_ = answer.begin() // of a handler that wrote nothing; what was refused is answered
}

// watch ends a long answer when whoever reads it no longer may.
func (g *Guard) watch(ctx context.Context, cancel context.CancelCauseFunc, who caller) {
	ticker := time.NewTicker(g.recheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := who.still(ctx); err != nil {
				cancel(err)
				return
			}
		}
	}
}
