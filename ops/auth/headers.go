package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
)

// coded is how bytes travel in cookies, forms and headers. Strict: what is the same has one text.
var coded = base64.RawURLEncoding.Strict()

// policy lets a page load what is ours, and inline only what bears the answer's nonce; nobody may frame it.
const policy = "default-src 'none'; script-src 'self' 'nonce-NONCE'; style-src 'self' 'nonce-NONCE'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// fixed headers are said with every answer.
var fixed = [][2]string{
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	{"Referrer-Policy", "same-origin"}, // not less: without it browsers tell our own forms' origin to nobody, us too
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
}

// secure says what every answer says. What is not public is kept by nobody, unless its handler says more.
func (g *Guard) secure(w http.ResponseWriter, nonce string, public bool) {
	h := w.Header()
	for _, each := range fixed {
		h.Set(each[0], each[1])
	}
	h.Set("Content-Security-Policy", strings.ReplaceAll(policy, "NONCE", nonce))
	if g.tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !public {
		h.Set("Cache-Control", "no-store")
	}
}

// random is a text of 128 bits that nobody guesses.
func random() string {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // never fails
	return coded.EncodeToString(bits[:])
}

// visit is what a page needs of the request that asks for it.
type visit struct {
	nonce   string
	session string // the session's token, "" without one
}

type visitKey struct{}

// Nonce is what an inline script or style of an answer has to bear, "" outside a guarded route.
func Nonce(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.nonce
}
