// Package authtest tries routes as everybody: as nobody, and as each role.
package authtest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Origin is where a guard of NewGuard says that it is.
const Origin = "http://ayni.test"

// NewGuard makes a guard that knows whoever As makes a request's.
func NewGuard(tb testing.TB) *auth.Guard {
	tb.Helper()
	guard, err := auth.NewGuard(auth.Config{Origin: Origin, Bearer: known, Rates: auth.DefaultRates(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	require.NoError(tb, err)
	return guard
}

// As has a request come from somebody with a role, of a participant where the role has one.
func As(r *http.Request, role auth.Role, participant string) {
	r.Header.Set("Authorization", "Bearer test~"+string(role)+"~"+participant)
}

// known reads what As writes.
func known(_ context.Context, token string) (auth.Principal, error) {
	parts := strings.Split(token, "~")
	if len(parts) != 3 || parts[0] != "test" {
		return auth.Principal{}, auth.ErrNobody
	}
	return auth.Principal{
		Subject: "client " + token, Name: parts[1], Roles: []auth.Role{auth.Role(parts[1])}, Participant: parts[2],
	}, nil
}

// Fixture is how a walk asks, and what it looks for.
type Fixture struct {
	// Request makes the request for a route, about a thing of one participant where the route is about single things.
	Request func(route auth.Route, owner string) *http.Request
	Mine    string // a participant, which the walk asks as
	Theirs  string // another
	// Secrets are words in what belongs to Theirs, which Mine must never be shown.
	Secrets []string
	// Endless are patterns that answer without end: only their status is looked at.
	Endless []string
}

// maxWait bounds how long a route may take to answer.
const maxWait = 10 * time.Second

// Walk asks for every route as nobody and as every role, and holds the answers against what each route needs: who may
// not use it is refused, who may is not, and a participant is shown nothing of another's.
func Walk(t *testing.T, handler http.Handler, routes []auth.Route, f Fixture) {
	t.Helper()
	require.NotEmpty(t, routes)
	for _, route := range routes {
		t.Run(strings.Trim(route.Method+" "+route.Pattern, " "), func(t *testing.T) {
			w := walker{handler: handler, route: route, f: f}
			w.nobody(t)
			for _, role := range auth.Roles() {
				w.role(t, role)
			}
		})
	}
}

type walker struct {
	handler http.Handler
	route   auth.Route
	f       Fixture
}

func (w walker) nobody(t *testing.T) {
	t.Helper()
	status, body := w.ask(t, w.f.Mine, func(*http.Request) {})
	if w.route.Need.Public {
		assert.NotEqual(t, http.StatusUnauthorized, status, "it is public")
		assert.Less(t, status, http.StatusInternalServerError, "nobody finds it broken: %s", body)
		return
	}
	assert.Equal(t, http.StatusUnauthorized, status, "nobody is answered: %s", body)
}

func (w walker) role(t *testing.T, role auth.Role) {
	t.Helper()
	owns := role == auth.Participant || role == auth.Pool
	participant := ""
	if owns {
		participant = w.f.Mine
	}
	as := func(r *http.Request) { As(r, role, participant) }
	status, body := w.ask(t, w.f.Mine, as)
	somebody := auth.Principal{Subject: "x", Roles: []auth.Role{role}, Participant: participant}
	if w.route.Need.Admit(somebody) != nil {
		assert.Equal(t, http.StatusForbidden, status, "a %s is answered: %s", role, body)
		return
	}
	if !w.route.Need.Public {
		assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, status, "a %s is refused: %s", role, body)
	}
	assert.Less(t, status, http.StatusInternalServerError, "a %s finds it broken: %s", role, body)
	if !owns {
		return
	}
	w.hides(t, body)
	if w.route.Need.Own && strings.Contains(w.route.Pattern, "{") {
		status, body = w.ask(t, w.f.Theirs, as)
		assert.Equal(t, http.StatusNotFound, status, "a %s is shown what is another's: %s", role, body)
		w.hides(t, body)
	}
}

func (w walker) hides(t *testing.T, body string) {
	t.Helper()
	for _, secret := range w.f.Secrets {
		assert.NotContains(t, body, secret, "it is another's")
	}
}

// ask asks, and returns status and body; of an endless answer the body is what came before the walk left.
func (w walker) ask(t *testing.T, owner string, as func(*http.Request)) (status int, body string) {
	t.Helper()
	r := w.f.Request(w.route, owner)
	require.NotNil(t, r, "the fixture does not know how to ask for this route")
	as(r)
	ctx, cancel := context.WithTimeout(t.Context(), maxWait)
	defer cancel()
	recorder := httptest.NewRecorder()
	var answer http.ResponseWriter = recorder
	if slices.Contains(w.f.Endless, w.route.Pattern) {
		answer = &leaver{ResponseRecorder: recorder, leave: cancel}
	}
	w.handler.ServeHTTP(answer, r.WithContext(ctx))
	return recorder.Code, recorder.Body.String()
}

// leaver goes away after the first flush, as a client does.
type leaver struct {
	*httptest.ResponseRecorder
	leave context.CancelFunc
}

// Flush leaves.
func (l *leaver) Flush() {
	l.ResponseRecorder.Flush()
	l.leave()
}
