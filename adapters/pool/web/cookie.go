package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
)

// errForeignForm says that a form is not from one of our pages, or from one that is too old.
var errForeignForm = errors.New("pool: the form is not from this site")

// coded is how bytes travel in forms and cookies. Strict: what is the same has one text.
var coded = base64.RawURLEncoding.Strict()

// tokenLength is that of a token's text: 32 bytes.
const tokenLength = 43

// newToken makes a secret that nobody guesses.
func newToken() string {
	var token [32]byte
	_, _ = rand.Read(token[:]) // never fails
	return coded.EncodeToString(token[:])
}

// cookies names a browser by a secret of its own. A form's CSRF token is made of it, so nothing has to be kept
// of browsers that are not signed in.
type cookies struct {
	key    []byte
	secure bool // over TLS only
}

func (c cookies) name() string {
	if c.secure {
		return "__Host-ayni"
	}
	return "ayni"
}

// token is the browser's, "" where it brought none.
func (c cookies) token(r *http.Request) string {
	cookie, err := r.Cookie(c.name())
	if err != nil || len(cookie.Value) != tokenLength {
		return ""
	}
	return cookie.Value
}

// give gives the browser a new token.
func (c cookies) give(w http.ResponseWriter) string {
	token := newToken()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without TLS only where the origin says so, as on a member's own machine
		Name: c.name(), Value: token, Path: "/", HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteStrictMode,
	})
	return token
}

// csrf is what forms on the browser's pages bear.
func (c cookies) csrf(token string) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte("ayni.pool.csrf.v1\n" + token))
	return coded.EncodeToString(mac.Sum(nil))
}

func (c cookies) mine(token, csrf string) bool {
	return token != "" && subtle.ConstantTimeCompare([]byte(c.csrf(token)), []byte(csrf)) == 1
}
