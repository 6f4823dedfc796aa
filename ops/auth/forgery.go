package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net/http"
)

// Where a request of a session says that it comes from one of our pages.
const (
	FormField  = "csrf"         // of a form, urlencoded
	FormHeader = "X-CSRF-Token" // of a script
)

// FormToken is what forms and scripts of a page have to send along. It is another at each call, so that an answer's
// compressed length tells nothing of it; all are good while the session lasts. Without a session it is "".
func FormToken(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(visit)
	if v.session == "" {
		return ""
	}
	var token [2 * sha256.Size]byte
	pad, masked := token[:sha256.Size], token[sha256.Size:]
	_, _ = rand.Read(pad) // never fails
	subtle.XORBytes(masked, pad, formSecret(v.session))
	return coded.EncodeToString(token[:])
}

// formSecret follows from a session's token, and the token not from it.
func formSecret(session string) []byte {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("ayni.form.v1"))
	return mac.Sum(nil)
}

// fromOurPage says whether a form token was made for a session.
func fromOurPage(session, token string) bool {
	bits, err := coded.DecodeString(token)
	if err != nil || len(bits) != 2*sha256.Size {
		return false
	}
	secret := make([]byte, sha256.Size)
	subtle.XORBytes(secret, bits[:sha256.Size], bits[sha256.Size:])
	return subtle.ConstantTimeCompare(secret, formSecret(session)) == 1
}

// safe says whether a method changes nothing.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// formTokenOf is the token that a request brings, "" without one. It reads a form's body, which stays readable as
// r.PostForm; of other bodies nothing.
func formTokenOf(r *http.Request) string {
	if token := r.Header.Get(FormHeader); token != "" {
		return token
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return ""
	}
	return r.PostForm.Get(FormField)
}
