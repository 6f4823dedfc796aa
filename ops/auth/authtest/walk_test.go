package authtest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
)

func TestWalk(t *testing.T) {
	guard, mux := authtest.NewGuard(t), http.NewServeMux()
	guard.Mount(mux, "GET /health", auth.Need{Public: true}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	guard.Mount(mux, "POST /caps", auth.Need{Roles: []auth.Role{auth.Operator}}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	guard.Mount(mux, "GET /things/{owner}", auth.Need{Roles: auth.Roles(), Own: true}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := auth.Own(r.Context(), r.PathValue("owner")); errors.Is(err, auth.ErrNotYours) {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "a thing of "+r.PathValue("owner"))
	}))
	guard.Mount(mux, "GET /live", auth.Need{Roles: auth.Roles(), Own: true}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whose, err := auth.Scope(r.Context())
		if err != nil {
			return
		}
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, "data: of "+whose+"\n")
			_ = http.NewResponseController(w).Flush()
		}
	}))
	authtest.Walk(t, mux, guard.Routes(), authtest.Fixture{
		Request: func(route auth.Route, owner string) *http.Request {
			return httptest.NewRequest(route.Method, strings.ReplaceAll(route.Pattern, "{owner}", owner), http.NoBody)
		},
		Mine: "mpesa-ke", Theirs: "gcash-ph", Secrets: []string{"gcash-ph"}, Endless: []string{"/live"},
	})
}
