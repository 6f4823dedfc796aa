package web

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// asked is what the page to sign in shows.
type asked struct {
	Challenge string // the text to sign
	Coded     string // its bytes, for the script
	Nonce     string
	Next      string
	Key       string // what was filled in
	Fault     string // what was wrong with it
	Field     string
}

func (s *Site) signInPage(v *visit) (page, error) {
	if v.member != "" {
		return page{to: "/home"}, nil
	}
	return s.askToSignIn(asked{Next: v.r.URL.Query().Get("next")})
}

func (s *Site) askToSignIn(a asked) (page, error) {
	text, err := s.proofs.ask()
	if err != nil {
		return page{}, err
	}
	var status int
	if a.Fault != "" {
		status = http.StatusUnprocessableEntity
	}
	a.Next, a.Challenge, a.Coded = local(a.Next), string(text), coded.EncodeToString(text)
	_, nonce, _ := strings.Cut(a.Challenge, `"nonce":"`)
	a.Nonce, _, _ = strings.Cut(nonce, `"`)
	return page{name: "signin", data: a, status: status}, nil
}

// signIn takes a signed challenge.
func (s *Site) signIn(v *visit) (page, error) {
	form := v.r.PostForm
	again := func(field, fault string) (page, error) {
		return s.askToSignIn(asked{Next: form.Get("next"), Key: clip(form.Get("key"), tokenLength), Field: field, Fault: fault})
	}
	key, err := decode(form.Get("key"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return again("key", "bad_key")
	}
	signature, err := decode(form.Get("signature"))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return again("signature", "bad_signature")
	}
	nonce, err := decode(form.Get("nonce"))
	if err != nil {
		return again("", "late_proof")
	}
	switch inTime, proven := s.proofs.check(nonce, key, signature); {
	case !inTime:
		return again("", "late_proof")
	case !proven:
		return again("signature", "bad_signature")
	}
	member, err := s.Node.MemberOf(v.r.Context(), key)
	if errors.Is(err, ErrUnknown) {
		return again("key", "no_members_key")
	}
	if err != nil {
		return page{}, err
	}
	if !s.proofs.use(nonce) {
		return again("", "late_proof")
	}
	s.enter(v, member, key)
	return page{to: local(form.Get("next"))}, nil
}

func (s *Site) signOut(v *visit) (page, error) {
	s.sessions.drop(v.token)
	s.cookies.give(v.w)
	return page{to: "/"}, nil
}

// linkPage asks whoever follows a link to press a button: programs that look ahead at links press none.
func (s *Site) linkPage(v *visit) (page, error) {
	return page{name: "link", data: v.r.PathValue("token")}, nil
}

func (s *Site) followLink(v *visit) (page, error) {
	member, ok := s.links.take(v.r.PathValue("token"))
	if !ok {
		return page{name: "error", status: http.StatusGone, data: failed{Fault: "late_link"}}, nil
	}
	s.enter(v, member, nil)
	return page{to: "/home"}, nil
}

// local keeps a path of this site, and makes any other address the member's first page.
func local(next string) string {
	to, err := url.Parse(next)
	if err != nil || to.Scheme != "" || to.Host != "" || to.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || len(next) > 200 {
		return "/home"
	}
	return next
}
