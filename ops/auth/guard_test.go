package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tokens of those whom a rig's guard knows.
var (
	sessionToken = strings.Repeat("s", tokenLength-1) + "A"
	wanjiku      = Principal{Subject: "https://idp wanjiku", Roles: []Role{Operator}}
	gcash        = Principal{Subject: "client gcash", Roles: []Role{Participant}, Participant: "gcash-ph"}
)

// rig is a guard that knows one session and one token, and can be told that the session has ended.
type rig struct {
	*Guard
	log   bytes.Buffer
	ended atomic.Bool
	away  atomic.Bool
	now   time.Time
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	c := Config{
		Origin: "https://ayni.test", Rates: DefaultRates(), Log: slog.New(slog.NewTextHandler(&r.log, nil)), Now: func() time.Time { return r.now },
		Session: func(_ context.Context, token string, _ bool) (Principal, error) {
			if r.away.Load() {
				return Principal{}, errors.New("the database is away")
			}
			if token != sessionToken || r.ended.Load() {
				return Principal{}, ErrNobody
			}
			return wanjiku, nil
		},
		Bearer: func(_ context.Context, token string) (Principal, error) {
			if token != "good" {
				return Principal{}, ErrNobody
			}
			return gcash, nil
		},
	}
	if change != nil {
		change(&c)
	}
	guard, err := NewGuard(c)
	require.NoError(t, err)
	r.Guard = guard
	return r
}

// ask sends a request through a route that says who asked.
func (r *rig) ask(need Need, target string, headers ...string) *httptest.ResponseRecorder {
	return r.serve(need, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello "+From(r.Context()).Subject)
	}), request(target, headers...))
}

func (r *rig) serve(need Need, h http.Handler, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r.Route(need, h).ServeHTTP(recorder, request)
	return recorder
}

func request(target string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

var (
	everybody = Need{Roles: Roles()}
	cookie    = "__Host-ayni=" + sessionToken
)

func TestWhoComesIn(t *testing.T) {
	for name, c := range map[string]struct {
		need    Need
		target  string
		headers []string
		status  int
		says    string
	}{
		"nobody":                   {everybody, "/", nil, 401, "urn:ayni:problem:sign_in"},
		"nobody, public":           {Need{Public: true}, "/", nil, 200, "hello "},
		"a token":                  {everybody, "/", []string{"Authorization", "Bearer good"}, 200, "hello client gcash"},
		"a token, any case":        {everybody, "/", []string{"Authorization", "bearer good"}, 200, "hello client gcash"},
		"an unknown token":         {everybody, "/", []string{"Authorization", "Bearer bad"}, 401, "bad_token"},
		"an unknown token, public": {Need{Public: true}, "/", []string{"Authorization", "Bearer bad"}, 200, "hello "},
		"a token, another's role":  {Need{Roles: []Role{Operator}}, "/", []string{"Authorization", "Bearer good"}, 403, "forbidden"},
		"a session":                {everybody, "/", []string{"Cookie", cookie}, 200, "hello https://idp wanjiku"},
		"an unknown session":       {everybody, "/", []string{"Cookie", "__Host-ayni=" + strings.Repeat("A", tokenLength)}, 401, "sign_in"},
		"a session without its prefix, as a neighbour may set": {everybody, "/", []string{"Cookie", "ayni=" + sessionToken}, 401, "sign_in"},
		"two sessions":                      {everybody, "/", []string{"Cookie", cookie + "; " + cookie}, 401, "sign_in"},
		"a session in two headers":          {everybody, "/", []string{"Cookie", cookie, "Cookie", cookie}, 401, "sign_in"},
		"oversized cookies":                 {everybody, "/", []string{"Cookie", cookie + "; x=" + strings.Repeat("x", maxCookies)}, 401, "sign_in"},
		"a bad token beside a good session": {everybody, "/", []string{"Cookie", cookie, "Authorization", "Bearer bad"}, 401, "bad_token"},
		"two Authorization headers":         {everybody, "/", []string{"Authorization", "Bearer good", "Authorization", "Bearer good"}, 400, "bad_credentials"},
		"two tokens in one header":          {everybody, "/", []string{"Authorization", "Bearer good, Bearer good"}, 400, "bad_credentials"},
		"another scheme":                    {everybody, "/", []string{"Authorization", "Basic Z29vZDo="}, 400, "bad_credentials"},
		"an oversized token":                {everybody, "/", []string{"Authorization", "Bearer " + strings.Repeat("x", maxBearer+1)}, 400, "bad_credentials"},
		"a token in the query":              {everybody, "/?access_token=good", nil, 400, "token_in_query"},
		"and with a header":                 {everybody, "/?a=1&token=good", []string{"Authorization", "Bearer good"}, 400, "token_in_query"},
		"escaped":                           {everybody, "/?%61ccess_token=good", nil, 400, "token_in_query"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := newRig(t, nil).ask(c.need, c.target, c.headers...)
			require.Equal(t, c.status, answer.Code)
			require.Contains(t, answer.Body.String(), c.says)
			require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
			require.Equal(t, "max-age=31536000", answer.Header().Get("Strict-Transport-Security"))
			require.Contains(t, answer.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
			require.NotContains(t, answer.Header().Get("Content-Security-Policy"), "unsafe")
			if !c.need.Public {
				require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
			}
		})
	}
}

func TestABrowserIsLedToSignInAndBack(t *testing.T) {
	r := newRig(t, nil)
	answer := r.ask(everybody, "/console/transfers?state=queued", "Accept", "text/html,*/*")
	require.Equal(t, http.StatusSeeOther, answer.Code)
	require.Equal(t, "/auth/sign-in?return_to=%2Fconsole%2Ftransfers%3Fstate%3Dqueued", answer.Header().Get("Location"))
	answer = r.ask(everybody, "//evil.example/x", "Accept", "text/html")
	require.Equal(t, "/auth/sign-in", answer.Header().Get("Location"))
	answer = r.ask(everybody, "/console/flow", "HX-Request", "true")
	require.Equal(t, "true", answer.Header().Get("HX-Refresh"))
	answer = r.ask(Need{Roles: []Role{Auditor}}, "/", "Accept", "text/html", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, answer.Code)
	require.Contains(t, answer.Body.String(), "<h1>Forbidden</h1>")
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	r := newRig(t, nil)
	var token string
	r.serve(everybody, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		token = FormToken(r.Context())
		assert.NotEqual(t, token, FormToken(r.Context()))
	}), request("/", "Cookie", cookie))
	require.NotEmpty(t, token)

	post := func(form string, headers ...string) int {
		asked := httptest.NewRequest(http.MethodPost, "https://ayni.test/", strings.NewReader(form))
		asked.Header.Set("Cookie", cookie)
		asked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			asked.Header.Set(headers[i], headers[i+1])
		}
		return r.serve(everybody, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if form != "" && r.PostFormValue("cap") != "5" {
				w.WriteHeader(http.StatusTeapot) // the guard has read the form, and the handler cannot
			}
		}), asked).Code
	}
	require.Equal(t, 200, post("cap=5&csrf="+token))
	require.Equal(t, 200, post("", FormHeader, token))
	require.Equal(t, 200, post("cap=5&csrf="+token, "Origin", "https://ayni.test"))
	require.Equal(t, 403, post("cap=5"), "without a token")
	require.Equal(t, 403, post("cap=5&csrf="+token[:len(token)-2]+"AA"), "with another")
	require.Equal(t, 403, post("cap=5&csrf="+token, "Content-Type", "text/plain"), "as a form that needs no preflight")
	require.Equal(t, 403, post("cap=5&csrf="+token, "Origin", "https://evil.example"))
	require.Equal(t, 403, post("cap=5&csrf="+token, "Origin", "null"))
	require.Equal(t, 403, post("cap=5&csrf="+token, "Sec-Fetch-Site", "cross-site"))
	require.Equal(t, 403, post("cap=5&csrf="+token, "Sec-Fetch-Site", "same-site"), "a neighbour is another site")
	require.Equal(t, 200, post("cap=5", "Authorization", "Bearer good"), "a machine has no pages: its token is enough")
}

func TestWhatCannotBeFoundOutIsNobodysFault(t *testing.T) {
	r := newRig(t, nil)
	r.away.Store(true)
	require.Equal(t, 503, r.ask(everybody, "/", "Cookie", cookie).Code)
	require.Equal(t, 200, r.ask(Need{Public: true}, "/", "Cookie", cookie).Code, "health answers without a database")
	require.NotContains(t, r.log.String(), sessionToken)
}

func TestGuardsThatCannotBe(t *testing.T) {
	for _, c := range []Config{
		{Origin: "https://ayni.test/", Rates: DefaultRates()},
		{Origin: "ayni.test", Rates: DefaultRates()},
		{Origin: "ftp://ayni.test", Rates: DefaultRates()},
		{Origin: "https://ayni.test"},
	} {
		_, err := NewGuard(c)
		require.Error(t, err, "%+v", c)
	}
}
