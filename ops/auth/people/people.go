// Package people signs people in and out: by an issuer, or by a link that is good once.
package people

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
)

// Keeper keeps sessions and links: *store.Store.
type Keeper interface {
	BeginSession(ctx context.Context, token string, p auth.Principal) error
	EndSession(ctx context.Context, token string) error
	EndSessions(ctx context.Context, subject, actor string) error
	LinkKeeper
	TakeLink(ctx context.Context, code string) (auth.Principal, error)
}

// Config is what signing in rests on.
type Config struct {
	Guard  *auth.Guard
	Keeper Keeper
	Issuer *issuer.Issuer // nil: by links alone
	Name   string         // of the switch, as people know it
	Log    *slog.Logger
}

// Site is the pages of signing in.
type Site struct {
	Config
}

// Mount mounts everything under /auth/ that is for people.
func Mount(mux *http.ServeMux, c Config) {
	s := &Site{c}
	public, all := auth.Need{Public: true}, auth.Need{Roles: auth.Roles()}
	for _, route := range []struct {
		pattern string
		need    auth.Need
		serve   http.HandlerFunc
	}{
		{"GET " + auth.SignInPath, public, s.choose},
		{"GET /auth/begin", public, s.begin},
		{"GET /auth/callback", public, s.finish},
		{"GET /auth/link", public, s.offer},
		{"POST /auth/link", public, s.redeem},
		{"POST /auth/sign-out", public, s.leave},
		{"POST /auth/sign-out-everywhere", all, s.leaveEverywhere},
		{"GET /auth/me", all, s.me},
	} {
		c.Guard.Mount(mux, route.pattern, route.need, route.serve)
	}
}

// signIn begins a session of somebody in place of whatever session the browser had, and goes on.
func (s *Site) signIn(w http.ResponseWriter, r *http.Request, p auth.Principal, next string) {
	if len(p.Roles) == 0 {
		s.Log.Info("somebody without a role signed in", "subject", p.Subject)
		auth.NewProblem(http.StatusForbidden, "no_role", "you are known, and may do nothing here: ask whoever runs the switch for a role").Answer(w, r)
		return
	}
	token := auth.NewToken()
	if !s.ended(w, r) || !s.did(w, r, s.Keeper.BeginSession(r.Context(), token, p)) {
		return
	}
	s.Log.Info("somebody signed in", "subject", p.Subject)
	s.Guard.SetSession(w, token)
	http.Redirect(w, r, auth.ReturnTo(next), http.StatusSeeOther) //nolint:gosec // ReturnTo is a page of ours
}

// ended ends the browser's session, if it has one.
func (s *Site) ended(w http.ResponseWriter, r *http.Request) bool {
	token := s.Guard.SessionOf(r)
	return token == "" || s.did(w, r, s.Keeper.EndSession(r.Context(), token))
}

// did answers what failed.
func (s *Site) did(w http.ResponseWriter, r *http.Request, err error) bool {
	if err == nil {
		return true
	}
	s.Log.Error("signing in or out failed", "error", err)
	auth.NewProblem(http.StatusServiceUnavailable, "unavailable", "that cannot be done now: try again").Answer(w, r)
	return false
}

func (s *Site) leave(w http.ResponseWriter, r *http.Request) {
	if !s.ended(w, r) {
		return
	}
	s.Guard.SetSession(w, "")
	http.Redirect(w, r, auth.SignInPath, http.StatusSeeOther)
}

func (s *Site) leaveEverywhere(w http.ResponseWriter, r *http.Request) {
	subject := auth.From(r.Context()).Subject
	if !s.did(w, r, s.Keeper.EndSessions(r.Context(), subject, subject)) {
		return
	}
	s.Guard.SetSession(w, "")
	http.Redirect(w, r, auth.SignInPath, http.StatusSeeOther)
}

// me says who asks.
func (s *Site) me(w http.ResponseWriter, r *http.Request) {
	p := auth.From(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, struct { // the client is gone: there is nobody to tell
		Subject     string      `json:"subject"`
		Name        string      `json:"name"`
		Roles       []auth.Role `json:"roles"`
		Participant string      `json:"participant,omitzero"`
	}{p.Subject, p.Name, p.Roles, p.Participant})
}

// linkLasts is how long a link is good.
const linkLasts = 10 * time.Minute
