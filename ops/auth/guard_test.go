package auth

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
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

func TestAForgetfulHandlerAnswersNothing(t *testing.T) {
	own := Need{Roles: Roles(), Own: true}
	secret := "balance of mpesa-ke"
	for name, handler := range map[string]http.HandlerFunc{
		"writes": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", secret)
			_, err := io.WriteString(w, secret)
			assert.ErrorIs(t, err, errUnsaid)
		},
		"redirects":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+secret, http.StatusFound) },
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"says nothing": func(http.ResponseWriter, *http.Request) {},
		"flushes":      func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"says it late": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, secret)
			_ = Own(r.Context(), "gcash-ph")
		},
		"does not heed": func(w http.ResponseWriter, r *http.Request) {
			_ = Own(r.Context(), "mpesa-ke")
			_, _ = io.WriteString(w, secret)
		},
		"adds a trailer": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, secret)
			w.Header().Set(http.TrailerPrefix+"X", secret)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			answer := r.serve(own, handler, request("/x", "Authorization", "Bearer good"))
			require.Equal(t, http.StatusInternalServerError, answer.Code)
			require.NotContains(t, answer.Body.String(), secret)
			require.NotContains(t, answer.Header(), "Etag")
			require.NotContains(t, answer.Header(), "Location")
			require.NotContains(t, answer.Header(), http.TrailerPrefix+"X")
			require.NotEmpty(t, answer.Header().Get("Content-Security-Policy"))
			require.Contains(t, r.log.String(), "without saying whose")
		})
	}
	r := newRig(t, nil)
	answer := r.serve(own, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadRequest) }),
		request("/x", "Authorization", "Bearer good"))
	require.Equal(t, http.StatusBadRequest, answer.Code, "an error shows nothing")
}

// A stream leaves as it is written once it is known whose it is, and ends with the session of whoever reads it.
func TestAStreamEndsWithItsSession(t *testing.T) {
	r := newRig(t, nil)
	r.recheck = time.Millisecond
	ended := make(chan error, 1)
	server := httptest.NewServer(r.Route(Need{Roles: Roles(), Own: true}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := Scope(r.Context())
		assert.NoError(t, err)
		out := http.NewResponseController(w)
		assert.NoError(t, out.SetWriteDeadline(time.Time{}))
		_, _ = io.WriteString(w, "data: 1\n")
		assert.NoError(t, out.Flush())
		_, hijacks := w.(http.Hijacker)
		assert.False(t, hijacks)
		<-r.Context().Done()
		ended <- context.Cause(r.Context())
	})))
	defer server.Close()
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	asked.Header.Set("Cookie", cookie)
	answer, err := http.DefaultClient.Do(asked)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // it was read
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: 1\n", line)
	r.ended.Store(true)
	require.ErrorIs(t, <-ended, ErrNobody)
}

func TestLimits(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Rates = Rates{Principal: Rate{1, 2}, Address: Rate{1, 6}, Failed: Rate{1, 1}}
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's own
	})
	ask := func(from, token string) int {
		return r.ask(everybody, "/", "X-Forwarded-For", "6.6.6.6, "+from, "Authorization", "Bearer "+token).Code
	}
	require.Equal(t, 200, ask("10.0.0.1", "good"))
	require.Equal(t, 200, ask("10.0.0.2", "good"))
	require.Equal(t, 429, ask("10.0.0.3", "good"), "a principal's, wherever it is")
	require.Equal(t, 401, ask("10.0.0.4", "bad"))
	require.Equal(t, 429, ask("10.0.0.4", "bad"), "guessing")
	require.Equal(t, 401, ask("2001:db8::1", "bad"))
	require.Equal(t, 429, ask("2001:db8::2", "bad"), "one network, one guesser")
	for range 4 {
		ask("10.0.0.4", "bad")
	}
	require.Equal(t, 429, r.ask(Need{Public: true}, "/", "X-Forwarded-For", "10.0.0.4").Code, "an address's")
	r.now = r.now.Add(time.Second)
	require.Equal(t, 200, ask("10.0.0.3", "good"))

	large := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", MaxBody+1)))
	require.Equal(t, 413, r.serve(Need{Public: true}, http.NotFoundHandler(), large).Code)
	large = httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat("x", MaxBody+1)))) // of no length that it tells
	r.serve(Need{Public: true}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		var much *http.MaxBytesError
		assert.ErrorAs(t, err, &much)
	}), large)
}

func TestBucketsAreBoundedAndTheBusyKeepTheirs(t *testing.T) {
	now := time.Now()
	p := newPace(Rate{1, 1}, func() time.Time { return now })
	require.True(t, p.allow("busy"))
	for i := range 4 * maxPaced {
		p.allow(string(rune(i)) + "x")
		if i%(maxPaced/2) == 0 {
			require.False(t, p.allow("busy"))
		}
	}
	require.LessOrEqual(t, len(p.recent)+len(p.old), 2*maxPaced)
}

func TestAnAddressIsWhatOurProxiesSay(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, c := range [][3]string{
		{"192.0.2.7:1", "1.1.1.1", "192.0.2.7"}, // not a proxy: it says what it likes
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "6.6.6.6, 1.1.1.1", "1.1.1.1"},
		{"10.0.0.1:1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"},
		{"10.0.0.1:1", "1.1.1.1, nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"@", "1.1.1.1", "@"},
	} {
		asked := request("/", "X-Forwarded-For", c[1])
		asked.RemoteAddr = c[0]
		require.Equal(t, c[2], r.address(asked), "%v", c)
	}
}

func TestWhatCannotBeFoundOutIsNobodysFault(t *testing.T) {
	r := newRig(t, nil)
	r.away.Store(true)
	require.Equal(t, 503, r.ask(everybody, "/", "Cookie", cookie).Code)
	require.Equal(t, 200, r.ask(Need{Public: true}, "/", "Cookie", cookie).Code, "health answers without a database")
	require.NotContains(t, r.log.String(), sessionToken)
	_, err := NewGuard(Config{Origin: "https://ayni.test/"})
	require.Error(t, err)
}
