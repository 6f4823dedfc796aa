package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// caller is who asks, and how that is known.
type caller struct {
	Principal
	session string                                   // its token, "" of whoever has none
	bearer  bool                                     // by a token in the Authorization header
	again   func(context.Context) (Principal, error) // finds out again; nil of nobody
}

// still fails with ErrNobody or ErrForbidden once a caller is not who it was. What cannot be found out changes nothing.
func (c caller) still(ctx context.Context) error {
	now, err := c.again(ctx)
	switch {
	case errors.Is(err, ErrNobody):
		return ErrNobody
	case err == nil && (now.Subject != c.Subject || now.Participant != c.Participant || !slices.Equal(now.Roles, c.Roles)):
		return ErrForbidden
	default:
		return nil
	}
}

// enter lets a request in, or says why not: *Problem, ErrNobody, ErrForbidden.
func (g *Guard) enter(w http.ResponseWriter, r *http.Request, need Need) (caller, error) {
	address := g.address(r)
	switch {
	case !g.addresses.allow(address):
		return caller{}, errTooFast
	case r.ContentLength > MaxBody:
		return caller{}, errTooLarge
	case tokenInQuery(r):
		return caller{}, errQuery
	case g.origins.Check(r) != nil:
		return caller{}, errForeign
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	who, err := g.known(w, r, address)
	if err != nil && !need.Public {
		return caller{}, err
	}
	if who.Subject != "" && !g.people.allow(who.Subject) {
		return caller{}, errTooFast
	}
	if err := need.Admit(who.Principal); err != nil {
		return caller{}, err
	}
	if who.session != "" && !safe(r.Method) && !fromOurPage(who.session, formTokenOf(r)) {
		return caller{}, errForeign
	}
	return who, nil
}

// known finds who asks. Tokens of an address that sent too many unknown ones are not looked up for a while: to verify
// one may cost a question to an issuer.
func (g *Guard) known(w http.ResponseWriter, r *http.Request, address string) (caller, error) {
	who, err := g.claim(r)
	if err != nil || who.again == nil {
		return caller{}, err
	}
	if who.bearer && !g.failures.left(address) {
		return caller{}, errTooFast
	}
	who.Principal, err = who.again(r.Context())
	switch {
	case err == nil:
		who.again = g.unused(who)
		return who, nil
	case !errors.Is(err, ErrNobody):
		g.config.Log.Error("who asks could not be found out", "error", err)
		return caller{}, errAway
	case who.bearer:
		g.failures.allow(address)
		return caller{}, errBadToken
	case who.session != "":
		g.SetSession(w, "")
	}
	return caller{}, ErrNobody
}

// claim is who somebody says to be: the Authorization header before the session before the certificate.
func (g *Guard) claim(r *http.Request) (caller, error) {
	token, err := bearer(r.Header)
	if err != nil {
		return caller{}, err
	}
	c := g.config
	if token != "" && c.Bearer != nil {
		return caller{bearer: true, again: func(ctx context.Context) (Principal, error) { return c.Bearer(ctx, token) }}, nil
	}
	if token != "" {
		return caller{}, errBadToken
	}
	if session := g.SessionOf(r); session != "" && c.Session != nil {
		return caller{session: session, again: func(ctx context.Context) (Principal, error) { return c.Session(ctx, session, true) }}, nil
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && c.Certificate != nil {
		certificate := r.TLS.VerifiedChains[0][0]
		return caller{again: func(ctx context.Context) (Principal, error) { return c.Certificate(ctx, certificate) }}, nil
	}
	return caller{}, nil
}

// unused finds a caller out again without counting it as a use of the session.
func (g *Guard) unused(who caller) func(context.Context) (Principal, error) {
	if who.session == "" {
		return who.again
	}
	return func(ctx context.Context) (Principal, error) { return g.config.Session(ctx, who.session, false) }
}

// refuse answers who may not enter. A browser that asked for a page is led to sign in, and back.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem, known := ProblemOf(err)
	if !known {
		g.config.Log.Error("a request could not be let in", "error", err)
		problem = errFailed
	}
	if problem == errNobody && r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Refresh", "true") // the page asks again as a whole, and is led to sign in
	} else if problem == errNobody && wantsPage(r) && safe(r.Method) {
		http.Redirect(w, r, signIn(r.URL.RequestURI()), http.StatusSeeOther) //nolint:gosec // signIn is a page of ours
		return
	}
	problem.Answer(w, r)
}
