package auth

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// Limits on what a request may bring.
const (
	MaxBody    = 1 << 20 // bytes
	maxBearer  = 8 << 10 // bytes of a token: a JWT with many groups has some thousand
	maxCookies = 8 << 10 // bytes of all cookies
)

// tokenLength is that of a session's token as text: 32 bytes.
const tokenLength = 43

// bearer is the token of a request, "" without one. The error is a *Problem: of two headers each reader may take
// another, so both are refused.
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || !validToken(token) {
		return "", errCredential
	}
	return token, nil
}

// validToken says whether a text may be a token of RFC 6750.
func validToken(token string) bool {
	body := strings.TrimRight(token, "=")
	if body == "" || len(token) > maxBearer {
		return false
	}
	for _, c := range []byte(body) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-._~+/", rune(c)) {
			return false
		}
	}
	return true
}

// tokenInQuery says whether a token stands in the address, where logs and other sites read it.
func tokenInQuery(r *http.Request) bool {
	if !strings.Contains(r.URL.RawQuery, "token") {
		return false
	}
	query := r.URL.Query()
	return query.Has("access_token") || query.Has("token") || query.Has("id_token")
}

// NewToken makes a secret of 256 bits that nobody guesses.
func NewToken() string {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // never fails
	return coded.EncodeToString(bits[:])
}

// cookieName names a cookie. Over TLS a browser takes it from this host alone, and sends it nowhere else.
func (g *Guard) cookieName(name string) string {
	if g.tls {
		return "__Host-" + name
	}
	return name
}

// SetCookie has the browser keep something for some time, 0 for as long as it is open, and sent to this site alone.
// What is "" is forgotten.
func (g *Guard) SetCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	age := int(lasts / time.Second)
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without TLS only where the origin says so, as on one's own machine
		Name: g.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: g.tls, SameSite: http.SameSiteLaxMode, MaxAge: age,
	})
}

// CookieOf is what a browser kept, "" where it kept nothing. Of two it is not known which is ours, even where one of
// them cannot be read.
func (g *Guard) CookieOf(r *http.Request, name string) string {
	name = g.cookieName(name)
	size, named := 0, 0
	for _, line := range r.Header.Values("Cookie") {
		size += len(line)
		for pair := range strings.SplitSeq(line, ";") {
			if each, _, _ := strings.Cut(pair, "="); strings.TrimSpace(each) == name {
				named++
			}
		}
	}
	cookies := r.CookiesNamed(name)
	if size > maxCookies || named != 1 || len(cookies) != 1 {
		return ""
	}
	return cookies[0].Value
}

// session is the cookie with a session's token.
const session = "ayni"

// SetSession has the browser keep a session's token; "" has it forget. The server ends it before the browser does.
func (g *Guard) SetSession(w http.ResponseWriter, token string) { g.SetCookie(w, session, token, 0) }

// SessionOf is the session's token that a browser sent, "" where it sent none.
func (g *Guard) SessionOf(r *http.Request) string {
	token := g.CookieOf(r, session)
	if _, err := coded.DecodeString(token); err != nil || len(token) != tokenLength {
		return ""
	}
	return token
}
