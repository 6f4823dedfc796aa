package people_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
	"github.com/ayni-switch/ayni/ops/auth/people"
	"github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// rig is a site with sign-in, and one page that says who looks at it.
type rig struct {
	theirs *authtest.Issuer
	keeper *store.Store
	guard  *auth.Guard
	origin string
	log    *bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	keeper, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(keeper.Close)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r := &rig{theirs: authtest.NewIssuer(t), keeper: keeper, origin: server.URL, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	from, err := issuer.New(issuer.Config{
		URL: r.theirs.URL, ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret, Callback: server.URL + "/auth/callback",
		Claims: issuer.Claims{Groups: "groups", Participant: "participant", Roles: map[string]auth.Role{"operators": auth.Operator}},
	}, time.Now)
	require.NoError(t, err)
	r.guard, err = auth.NewGuard(auth.Config{Origin: server.URL, Session: keeper.Session, Rates: auth.DefaultRates(), Log: log, Now: time.Now})
	require.NoError(t, err)
	people.Mount(mux, people.Config{Guard: r.guard, Keeper: keeper, Issuer: from, Name: "Ayni", Log: log})
	r.guard.Mount(mux, "GET /console/{page}", auth.Need{Roles: auth.Roles()}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("page")+" for "+auth.From(r.Context()).Name+" "+auth.FormToken(r.Context()))
	}))
	return r
}

// browser keeps cookies, and says what it sees and where it ended.
type browser struct {
	t      *testing.T
	client *http.Client
	origin string
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, client: &http.Client{Jar: jar}, origin: r.origin}
}

func (b *browser) get(at string) (status int, sees, where string) {
	return b.do(http.MethodGet, at, nil)
}

func (b *browser) do(method, at string, form url.Values) (status int, sees, where string) {
	b.t.Helper()
	asked, err := http.NewRequestWithContext(b.t.Context(), method, b.origin+at, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	asked.Header.Set("Accept", "text/html")
	asked.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		asked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.client.Do(asked)
	require.NoError(b.t, err)
	defer answer.Body.Close() //nolint:errcheck // it is read
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return answer.StatusCode, string(text), strings.TrimPrefix(answer.Request.URL.String(), b.origin)
}

// cookie is the session's token that the browser has.
func (b *browser) cookie() string {
	at, err := url.Parse(b.origin)
	require.NoError(b.t, err)
	for _, cookie := range b.client.Jar.Cookies(at) {
		if cookie.Name == "ayni" {
			return cookie.Value
		}
	}
	return ""
}

// formToken is the token in a page's form.
func formToken(t *testing.T, sees string) string {
	t.Helper()
	found := regexp.MustCompile(`name="csrf" value="([^"]*)"`).FindStringSubmatch(sees)
	require.NotNil(t, found, sees)
	return found[1]
}

var wanjiku = map[string]any{"sub": "w", "name": "Wanjiku", "groups": []string{"operators"}}

func TestAPersonSignsInAndOut(t *testing.T) {
	r := newRig(t)
	r.theirs.SignsIn(wanjiku)
	b := r.browser(t)
	_, sees, where := b.get("/console/flow?day=2")
	require.Equal(t, "/auth/sign-in?return_to=%2Fconsole%2Fflow%3Fday%3D2", where)
	require.Contains(t, sees, `href="/auth/begin?return_to=%2fconsole%2fflow%3fday%3d2"`)
	status, sees, where := b.get("/auth/begin?return_to=" + url.QueryEscape("/console/flow?day=2"))
	require.Equal(t, "/console/flow?day=2", where)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, sees, "flow for Wanjiku")
	_, sees, _ = b.get("/auth/me")
	require.JSONEq(t, `{"subject":"`+r.theirs.URL+` w","name":"Wanjiku","roles":["operator"]}`, sees)
	first := b.cookie()

	status, _, _ = b.do(http.MethodPost, "/auth/sign-out", url.Values{"csrf": {"forged"}})
	require.Equal(t, http.StatusForbidden, status, "nobody signs another out")
	_, sees, _ = b.get("/auth/link")
	_, _, where = b.do(http.MethodPost, "/auth/sign-out", url.Values{"csrf": {formToken(t, sees)}})
	require.Equal(t, "/auth/sign-in", where)
	require.Empty(t, b.cookie())
	_, err := r.keeper.Session(t.Context(), first, true)
	require.ErrorIs(t, err, auth.ErrNobody, "on the server too")

	b.get("/auth/begin")
	other := r.browser(t)
	other.get("/auth/begin")
	require.NotEqual(t, b.cookie(), other.cookie())
	_, sees, _ = b.get("/auth/link")
	b.do(http.MethodPost, "/auth/sign-out-everywhere", url.Values{"csrf": {formToken(t, sees)}})
	_, _, where = other.get("/console/flow")
	require.Contains(t, where, "/auth/sign-in")
	require.NotContains(t, r.log.String(), first)
}

// Whoever plants a session in a browser does not have the one that is begun in it.
func TestSessionsAreNotFixed(t *testing.T) {
	r := newRig(t)
	r.theirs.SignsIn(wanjiku)
	mallory := r.browser(t)
	mallory.get("/auth/begin")
	planted := mallory.cookie()
	b := r.browser(t)
	at, err := url.Parse(r.origin)
	require.NoError(t, err)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "ayni", Value: planted, Path: "/"}})
	b.get("/auth/begin")
	require.NotEqual(t, planted, b.cookie())
	_, err = r.keeper.Session(t.Context(), planted, true)
	require.ErrorIs(t, err, auth.ErrNobody, "and the planted one has ended")
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	r := newRig(t)
	r.theirs.SignsIn(wanjiku)
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/auth/begin", "javascript:alert(1)"} {
		b := r.browser(t)
		_, sees, _ := b.get("/auth/sign-in?return_to=" + url.QueryEscape(elsewhere))
		require.Contains(t, sees, `return_to=%2f"`, elsewhere)
		_, _, where := b.get("/auth/begin?return_to=" + url.QueryEscape(elsewhere))
		require.Equal(t, "/", where, elsewhere)
	}
	b := r.browser(t)
	at, err := url.Parse(r.origin)
	require.NoError(t, err)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "ayni-flow", Value: strings.Repeat("x", 43) + ".aHR0cHM6Ly9ldmls", Path: "/"}})
	status, _, _ := b.get("/auth/callback?code=x&state=y")
	require.Equal(t, http.StatusForbidden, status)
	status, _, _ = r.browser(t).get("/auth/callback?code=x&state=y")
	require.Equal(t, http.StatusForbidden, status, "nothing was begun here")
}

func TestWhoHasNoRoleDoesNotComeIn(t *testing.T) {
	r := newRig(t)
	r.theirs.SignsIn(map[string]any{"sub": "x", "groups": []string{"others"}})
	b := r.browser(t)
	status, sees, _ := b.get("/auth/begin")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, sees, "ask whoever runs the switch")
	require.Empty(t, b.cookie())
	r.theirs.SignsIn(nil)
	status, _, _ = b.get("/auth/begin")
	require.Equal(t, http.StatusForbidden, status, "who turned back at the issuer")
	r.theirs.Twist(func(claims map[string]any) { claims["nonce"] = "replayed" })
	r.theirs.SignsIn(wanjiku)
	status, _, _ = b.get("/auth/begin")
	require.Equal(t, http.StatusForbidden, status)
	require.Empty(t, b.cookie())
}

func TestALinkSignsInOnce(t *testing.T) {
	r := newRig(t)
	akinyi := auth.Principal{Subject: "local akinyi", Name: "Akinyi", Roles: []auth.Role{auth.Approver}}
	link, err := people.MakeLink(t.Context(), r.keeper, r.origin, akinyi)
	require.NoError(t, err)
	path := strings.TrimPrefix(link, r.origin)
	b := r.browser(t)
	for range 3 {
		_, sees, _ := b.get(path)
		require.Contains(t, sees, "<button", "a look does not use it up")
		require.Empty(t, b.cookie())
	}
	at, err := url.Parse(link)
	require.NoError(t, err)
	form := url.Values{"code": {at.Query().Get("code")}}
	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.origin+"/auth/link", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(foreign)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusForbidden, answer.StatusCode, "nobody is signed in by another site")

	b.do(http.MethodPost, "/auth/link", form)
	_, sees, _ := b.get("/console/requests")
	require.Contains(t, sees, "requests for Akinyi")
	status, sees, _ := r.browser(t).do(http.MethodPost, "/auth/link", form)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, sees, "The link was used")
	require.NotContains(t, r.log.String(), at.Query().Get("code"))
}

// Every route of signing in, as everybody. The keeper is one that knows nobody.
func TestWalk(t *testing.T) {
	guard, mux := authtest.NewGuard(t), http.NewServeMux()
	people.Mount(mux, people.Config{Guard: guard, Keeper: nobodys{}, Name: "Ayni", Log: slog.New(slog.DiscardHandler)})
	authtest.Walk(t, mux, guard.Routes(), authtest.Fixture{
		Request: func(route auth.Route, _ string) *http.Request {
			return httptest.NewRequest(route.Method, route.Pattern, http.NoBody)
		},
		Mine: "mpesa-ke", Theirs: "gcash-ph",
	})
}

type nobodys struct{}

func (nobodys) BeginSession(context.Context, string, auth.Principal) error { return nil }
func (nobodys) EndSession(context.Context, string) error                   { return nil }
func (nobodys) EndSessions(context.Context, string, string) error          { return nil }
func (nobodys) AddLink(context.Context, string, auth.Principal, time.Duration) error {
	return nil
}

func (nobodys) TakeLink(context.Context, string) (auth.Principal, error) {
	return auth.Principal{}, auth.ErrNobody
}
