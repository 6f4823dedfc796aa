package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
)

// requestHeader carries a request's id both ways.
const requestHeader = "X-Request-Id"

// goodID is what a caller may name its request.
var goodID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

type requestKey struct{}

// identify gives every request an id: the caller's own where it is a sound one.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestHeader)
		if !goodID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// instance names a request in a problem; "" outside of one.
func instance(ctx context.Context) string {
	if id, ok := ctx.Value(requestKey{}).(string); ok {
		return "urn:ayni:request:" + id
	}
	return ""
}
