package machines_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
	"github.com/ayni-switch/ayni/ops/auth/machines"
	"github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// rig is a door, and one route behind it that says who came in.
type rig struct {
	theirs *authtest.Issuer
	keeper *store.Store
	mux    *http.ServeMux
	log    bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	keeper, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(keeper.Close)
	r := &rig{theirs: authtest.NewIssuer(t), keeper: keeper, mux: http.NewServeMux()}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	from, err := issuer.New(issuer.Config{
		URL: r.theirs.URL, ClientID: authtest.ClientID, Callback: "http://ayni.test/auth/callback", Audience: authtest.Audience,
		Claims: issuer.Claims{Groups: "groups", Participant: "participant", Roles: map[string]auth.Role{"auditors": auth.Auditor}},
	}, time.Now)
	require.NoError(t, err)
	door := &machines.Door{Keeper: keeper, Issuer: from, Log: log}
	guard, err := auth.NewGuard(auth.Config{
		Origin: "http://ayni.test", Bearer: door.Bearer, Certificate: door.Certificate, Log: log, Now: time.Now,
		Rates: auth.Rates{Principal: auth.Rate{PerSecond: 100, Burst: 100}, Address: auth.Rate{PerSecond: 100, Burst: 100}, Failed: auth.Rate{PerSecond: 1, Burst: 12}},
	})
	require.NoError(t, err)
	door.Mount(r.mux, guard)
	guard.Mount(r.mux, "GET /who", auth.Need{Roles: auth.Roles()}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, auth.From(r.Context()).Subject)
	}))
	return r
}

// machine makes a machine with a secret.
func (r *rig) machine(t *testing.T, name string) (secret string) {
	t.Helper()
	require.NoError(t, machines.Make(t.Context(), r.keeper, name, []auth.Role{auth.Participant}, "gcash-ph", "local test"))
	secret, err := machines.NewSecret(t.Context(), r.keeper, name, "local test")
	require.NoError(t, err)
	return secret
}

func (r *rig) ask(method, target, form string, headers ...string) *httptest.ResponseRecorder {
	asked := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		asked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		asked.Header.Add(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	r.mux.ServeHTTP(answer, asked)
	return answer
}

// who says who a token is of, by the guard.
func (r *rig) who(token string) string {
	answer := r.ask(http.MethodGet, "/who", "", "Authorization", "Bearer "+token)
	if answer.Code != http.StatusOK {
		return ""
	}
	return answer.Body.String()
}

func form(pairs ...string) string {
	v := url.Values{"grant_type": {"client_credentials"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func basic(name, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))
}

func tokenOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	var given struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Seconds int    `json:"expires_in"`
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &given))
	require.Equal(t, "Bearer", given.Type)
	require.Equal(t, 900, given.Seconds)
	return given.Token
}

func TestAMachineComesInByItsSecret(t *testing.T) {
	r := newRig(t)
	first := r.machine(t, "gcash")
	token := tokenOf(t, r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", first)))
	require.Equal(t, "client gcash", r.who(token))
	require.Equal(t, "client gcash", r.who(tokenOf(t, r.ask("POST", "/auth/token", form(), "Authorization", basic("gcash", first)))))
	require.Empty(t, r.who(first), "a secret is no token")

	second, err := machines.NewSecret(t.Context(), r.keeper, "gcash", "local test")
	require.NoError(t, err)
	_, err = machines.NewSecret(t.Context(), r.keeper, "gcash", "local test")
	require.ErrorIs(t, err, store.ErrSecrets)
	tokenOf(t, r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", first)))
	require.NoError(t, r.keeper.EndOldSecrets(t.Context(), "gcash", "local test"))
	require.Empty(t, r.who(token))
	require.Equal(t, 401, r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", first)).Code)
	token = tokenOf(t, r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", second)))

	other := r.machine(t, "other")
	require.Equal(t, 200, r.ask("POST", "/auth/revoke", form("token", token), "Authorization", basic("other", other)).Code)
	require.Equal(t, "client gcash", r.who(token), "nobody ends another's")
	require.Equal(t, 200, r.ask("POST", "/auth/revoke", form("token", token), "Authorization", basic("gcash", second)).Code)
	require.Empty(t, r.who(token))
	token = tokenOf(t, r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", second)))
	require.NoError(t, r.keeper.RevokeMachine(t.Context(), "gcash", "local test"))
	require.Empty(t, r.who(token))
	for _, secret := range []string{first, second, other, token} {
		require.NotContains(t, r.log.String(), secret)
	}
}

func TestRequestsForTokensThatAreNone(t *testing.T) {
	r := newRig(t)
	secret := r.machine(t, "gcash")
	good := form("client_id", "gcash", "client_secret", secret)
	for name, c := range map[string]struct {
		target, form string
		headers      []string
		status       int
		says         string
	}{
		"nothing":               {"/auth/token", "", nil, 400, "invalid_request"},
		"no secret":             {"/auth/token", form("client_id", "gcash"), nil, 400, "invalid_request"},
		"another secret":        {"/auth/token", form("client_id", "gcash", "client_secret", "x"), nil, 401, "invalid_client"},
		"another's secret":      {"/auth/token", form("client_id", "other", "client_secret", secret), nil, 401, "invalid_client"},
		"two names":             {"/auth/token", good + "&client_id=gcash", nil, 400, "invalid_request"},
		"both ways":             {"/auth/token", good, []string{"Authorization", basic("gcash", secret)}, 400, "invalid_request"},
		"two headers":           {"/auth/token", form(), []string{"Authorization", basic("gcash", secret), "Authorization", basic("gcash", secret)}, 400, "invalid_request"},
		"another name":          {"/auth/token", form("client_id", "x"), []string{"Authorization", basic("gcash", secret)}, 400, "invalid_request"},
		"in the address":        {"/auth/token?" + good, "", nil, 400, "invalid_request"},
		"another grant":         {"/auth/token", "grant_type=password&client_id=gcash&client_secret=" + secret, nil, 400, "unsupported_grant_type"},
		"from another site":     {"/auth/token", good, []string{"Origin", "https://evil.example"}, 403, "foreign_form"},
		"another's to be ended": {"/auth/revoke", form("token", "x"), nil, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := r.ask("POST", c.target, c.form, c.headers...)
			require.Equal(t, c.status, answer.Code)
			require.Contains(t, answer.Body.String(), c.says)
			require.NotContains(t, answer.Body.String(), secret)
		})
	}
	for range 20 {
		r.ask("POST", "/auth/token", form("client_id", "gcash", "client_secret", "guess"))
	}
	require.Equal(t, 429, r.ask("POST", "/auth/token", good).Code, "whoever guesses waits, right or wrong")
}

func TestAnIssuersTokens(t *testing.T) {
	r := newRig(t)
	require.Equal(t, r.theirs.URL+" m", r.who(r.theirs.AccessToken(map[string]any{"sub": "m", "groups": []string{"auditors"}})))
	require.Empty(t, r.who(r.theirs.AccessToken(map[string]any{"sub": "m", "groups": []string{"others"}})), "no role")
	bad := r.theirs.AccessToken(map[string]any{"sub": "m", "aud": authtest.ClientID})
	require.Empty(t, r.who(bad))
	require.Empty(t, r.who("a.b.c"))
	require.NotContains(t, r.log.String(), bad)
	r.theirs.Rotate(t)
	r.theirs.Away(true)
	answer := r.ask(http.MethodGet, "/who", "", "Authorization", "Bearer "+r.theirs.AccessToken(map[string]any{"sub": "m"}))
	require.Equal(t, http.StatusServiceUnavailable, answer.Code, "that it is away is not the machine's fault")
}

func TestMachinesThatCannotBe(t *testing.T) {
	r := newRig(t)
	var form *machines.FormError
	for _, c := range []struct {
		name        string
		roles       []auth.Role
		participant string
	}{
		{"Upper", []auth.Role{auth.Auditor}, ""},
		{"", []auth.Role{auth.Auditor}, ""},
		{"a b", []auth.Role{auth.Auditor}, ""},
		{"a", nil, ""},
		{"a", []auth.Role{"root"}, ""},
		{"a", []auth.Role{auth.Operator, auth.Approver}, ""},
		{"a", []auth.Role{auth.Participant}, ""},
		{"a", []auth.Role{auth.Participant}, "No Such"},
		{"a", []auth.Role{auth.Auditor}, "gcash-ph"},
	} {
		require.ErrorAs(t, machines.Make(t.Context(), r.keeper, c.name, c.roles, c.participant, "x"), &form, "%v", c)
	}
	r.machine(t, "a")
	require.ErrorAs(t, machines.AllowName(t.Context(), r.keeper, "a", "*.example\n", "x"), &form)
	_, err := machines.NewSecret(t.Context(), r.keeper, "b", "x")
	require.ErrorIs(t, err, store.ErrUnknown)
}

func FuzzCredentials(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=a&client_secret=b", "")
	f.Add("client_id=a&client_id=b&client_secret=c", basic("a", "b"))
	f.Add("%zz", "Basic ")
	f.Fuzz(func(t *testing.T, form, header string) {
		r := httptest.NewRequest(http.MethodPost, "/auth/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		name, secret, ok := machines.Credentials(r)
		if !ok {
			return
		}
		_, _, byHeader := r.BasicAuth()
		inForm := r.PostForm.Has("client_secret") && r.PostForm.Get("client_secret") != ""
		require.False(t, byHeader && inForm, "one way, not both")
		require.True(t, byHeader || name == r.PostForm.Get("client_id") && secret == r.PostForm.Get("client_secret"))
	})
}
