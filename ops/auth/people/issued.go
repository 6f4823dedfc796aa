package people

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
)

// A browser remembers for some minutes that it began to sign in. Of two flows at once it keeps the later.
const (
	flowCookie = "ayni-flow"
	flowLasts  = 10 * time.Minute
)

// begin sends a browser to the issuer.
func (s *Site) begin(w http.ResponseWriter, r *http.Request) {
	if s.Issuer == nil {
		auth.NewProblem(http.StatusNotFound, "not_found", "nobody signs in this way here").Answer(w, r)
		return
	}
	flow := auth.NewToken()
	at, err := s.Issuer.Begin(r.Context(), issuer.Flow(flow))
	if !s.did(w, r, err) {
		return
	}
	next := auth.ReturnTo(r.URL.Query().Get("return_to"))
	s.Guard.SetCookie(w, flowCookie, flow+"."+base64.RawURLEncoding.EncodeToString([]byte(next)), flowLasts)
	http.Redirect(w, r, at, http.StatusSeeOther)
}

// finish takes a browser back from the issuer.
func (s *Site) finish(w http.ResponseWriter, r *http.Request) {
	flow, next := s.began(r)
	s.Guard.SetCookie(w, flowCookie, "", 0)
	if flow == "" || s.Issuer == nil {
		s.wrong(w, r, errors.New("no flow was begun in this browser"))
		return
	}
	if !s.Guard.MayGuess(r) {
		auth.TooFast().Answer(w, r)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.wrong(w, r, err)
		return
	}
	p, err := s.Issuer.Finish(r.Context(), issuer.Flow(flow), query)
	if _, refused := errors.AsType[*issuer.RefusedError](err); refused || errors.Is(err, auth.ErrNobody) {
		s.wrong(w, r, err)
		return
	}
	if s.did(w, r, err) {
		s.signIn(w, r, p, next)
	}
}

// wrong answers who did not sign in.
func (s *Site) wrong(w http.ResponseWriter, r *http.Request, why error) {
	s.Guard.Wrong(r)
	s.Log.Info("somebody did not sign in", "error", why)
	auth.NewProblem(http.StatusForbidden, "not_signed_in", "signing in did not work: begin again").Answer(w, r)
}

// began is the flow that a browser began, and where it leads; "" where it began none.
func (s *Site) began(r *http.Request) (flow, next string) {
	const length = 43 // of a token's text
	flow, coded, _ := strings.Cut(s.Guard.CookieOf(r, flowCookie), ".")
	to, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if err != nil || len(flow) != length {
		return "", ""
	}
	return flow, auth.ReturnTo(string(to))
}
