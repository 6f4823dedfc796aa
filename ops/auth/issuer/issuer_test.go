package issuer_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
)

const callback = "http://ayni.test/auth/callback"

type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func open(t *testing.T) (*authtest.Issuer, *issuer.Issuer, *clock) {
	t.Helper()
	theirs, c := authtest.NewIssuer(t), &clock{time.Now()}
	ours, err := issuer.New(issuer.Config{
		URL: theirs.URL, ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret, Callback: callback, Audience: authtest.Audience,
		Claims: issuer.Claims{
			Scopes: []string{"profile"}, Groups: "groups", Participant: "participant",
			Roles: map[string]auth.Role{"ayni-operators": auth.Operator, "ayni-approvers": auth.Approver, "ayni-participants": auth.Participant},
		},
	}, c.now)
	require.NoError(t, err)
	return theirs, ours, c
}

// asks has the issuer asked in place of a browser, and returns what it sends it back with.
func asks(t *testing.T, ours *issuer.Issuer, flow issuer.Flow) url.Values {
	t.Helper()
	at, err := ours.Begin(t.Context(), flow)
	require.NoError(t, err)
	require.NotContains(t, at, string(flow))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, http.NoBody)
	require.NoError(t, err)
	answer, err := client.Do(asked)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	back, err := answer.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(back.String(), callback))
	return back.Query()
}

var wanjiku = map[string]any{"sub": "w", "name": "Wanjiku\u202e", "groups": []string{"ayni-operators", "others"}, "participant": "mpesa-ke"}

func TestAPersonSignsIn(t *testing.T) {
	theirs, ours, _ := open(t)
	theirs.SignsIn(wanjiku)
	back := asks(t, ours, "flow")
	p, err := ours.Finish(t.Context(), "flow", back)
	require.NoError(t, err)
	require.Equal(t, auth.Principal{Subject: theirs.URL + " w", Name: "Wanjiku", Roles: []auth.Role{auth.Operator}}, p, "who is no participant has none")
	_, err = ours.Finish(t.Context(), "flow", back)
	require.ErrorIs(t, err, auth.ErrNobody, "a code is taken once")

	theirs.Rotate(t)
	_, err = ours.Finish(t.Context(), "flow", asks(t, ours, "flow"))
	require.NoError(t, err, "it signs with another key now")

	theirs.SignsIn(map[string]any{"sub": "g", "preferred_username": "g", "groups": "ayni-participants", "participant": "gcash-ph"})
	p, err = ours.Finish(t.Context(), "flow", asks(t, ours, "flow"))
	require.NoError(t, err)
	require.Equal(t, auth.Principal{Subject: theirs.URL + " g", Name: "g", Roles: []auth.Role{auth.Participant}, Participant: "gcash-ph"}, p)

	theirs.SignsIn(nil)
	_, err = ours.Finish(t.Context(), "flow", asks(t, ours, "flow"))
	var refused *issuer.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "access_denied", refused.Code)
}

func TestAnswersThatAreNotToTheQuestion(t *testing.T) {
	theirs, ours, _ := open(t)
	theirs.SignsIn(wanjiku)
	for name, change := range map[string]func(url.Values){
		"no state":        func(v url.Values) { v.Del("state") },
		"another state":   func(v url.Values) { v.Set("state", "x"+v.Get("state")[1:]) },
		"two states":      func(v url.Values) { v.Add("state", v.Get("state")) },
		"another issuer":  func(v url.Values) { v.Set("iss", "https://evil.example") },
		"no code":         func(v url.Values) { v.Del("code") },
		"another code":    func(v url.Values) { v.Set("code", "guess") },
		"an endless code": func(v url.Values) { v.Set("code", strings.Repeat("x", 5000)) },
	} {
		back := asks(t, ours, "flow")
		change(back)
		_, err := ours.Finish(t.Context(), "flow", back)
		require.ErrorIs(t, err, auth.ErrNobody, name)
	}
	back := asks(t, ours, "theirs")
	_, err := ours.Finish(t.Context(), "mine", back)
	require.ErrorIs(t, err, auth.ErrNobody, "a code that somebody else began")
	own := asks(t, ours, "mine")
	own.Set("code", back.Get("code"))
	_, err = ours.Finish(t.Context(), "mine", own)
	require.ErrorIs(t, err, auth.ErrNobody, "a code put into another flow: its verifier is another")

	for name, twist := range map[string]func(map[string]any){
		"another nonce":    func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":         func(c map[string]any) { delete(c, "nonce") },
		"another audience": func(c map[string]any) { c["aud"] = "somebody-else" },
		"another issuer":   func(c map[string]any) { c["iss"] = "https://evil.example" },
		"expired":          func(c map[string]any) { c["exp"] = time.Now().Add(-time.Second).Unix() },
		"without end":      func(c map[string]any) { delete(c, "exp") },
		"not yet":          func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() },
		"no subject":       func(c map[string]any) { delete(c, "sub") },
	} {
		theirs.Twist(twist)
		_, err := ours.Finish(t.Context(), "flow", asks(t, ours, "flow"))
		require.ErrorIs(t, err, auth.ErrNobody, name)
	}
}

// signed signs claims otherwise than the issuer does.
func signed(t *testing.T, key jose.SigningKey, options *jose.SignerOptions, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, options)
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	jws, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := jws.CompactSerialize()
	require.NoError(t, err)
	return token
}

func TestAccessTokens(t *testing.T) {
	theirs, ours, _ := open(t)
	machine := map[string]any{"sub": "m", "client_id": "reports", "groups": []string{"ayni-operators"}}
	good := theirs.AccessToken(machine)
	p, err := ours.AccessToken(t.Context(), good)
	require.NoError(t, err)
	require.Equal(t, auth.Principal{Subject: theirs.URL + " m", Name: "reports", Roles: []auth.Role{auth.Operator}}, p)

	public, id := theirs.Public()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	shown := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	claims := map[string]any{"iss": theirs.URL, "aud": authtest.Audience, "sub": "m", "exp": time.Now().Add(time.Hour).Unix(), "groups": "ayni-operators"}
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	text := base64.RawURLEncoding.EncodeToString
	parts := strings.Split(good, ".")
	with := func(change map[string]any) string {
		all := map[string]any{"sub": "m", "groups": []string{"ayni-operators"}}
		maps.Copy(all, change)
		return theirs.AccessToken(all)
	}
	for name, token := range map[string]string{
		"signed by nobody":          text([]byte(`{"alg":"none"}`)) + "." + text(payload) + ".",
		"by Nobody":                 text([]byte(`{"alg":"nOnE"}`)) + "." + text(payload) + ".",
		"with what is public":       signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: shown, KeyID: id}}, nil, claims),
		"with the DER of it":        signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: der, KeyID: id}}, nil, claims),
		"with a key of their own":   signed(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: own, KeyID: id}}, nil, claims),
		"with a key that it brings": signed(t, jose.SigningKey{Algorithm: jose.RS256, Key: own}, &jose.SignerOptions{EmbedJWK: true}, claims),
		"changed":                   parts[0] + "." + text(payload) + "." + parts[2],
		"cut":                       parts[0] + "." + parts[1] + ".",
		"no token":                  "opaque",
		"for people":                with(map[string]any{"aud": authtest.ClientID}),
		"expired":                   with(map[string]any{"exp": 1}),
		"another issuer's":          with(map[string]any{"iss": "https://evil.example"}),
	} {
		_, err := ours.AccessToken(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrNobody, name)
		require.NotContains(t, err.Error(), token, name)
	}
}

func TestAnIssuerMayComeAndGo(t *testing.T) {
	theirs, ours, c := open(t)
	theirs.SignsIn(wanjiku)
	theirs.Away(true)
	_, err := ours.Begin(t.Context(), "flow")
	require.ErrorIs(t, err, issuer.ErrAway)
	theirs.Away(false)
	_, err = ours.Begin(t.Context(), "flow")
	require.ErrorIs(t, err, issuer.ErrAway, "it is not asked all the time")
	c.Time = c.Add(5 * time.Second)
	good := theirs.AccessToken(map[string]any{"sub": "m"})
	_, err = ours.AccessToken(t.Context(), good)
	require.NoError(t, err)

	theirs.Away(true)
	c.Time = c.Add(20 * time.Minute)
	_, err = ours.AccessToken(t.Context(), good)
	require.NoError(t, err, "what it said holds while it is away")
	theirs.Away(false)
	theirs.Rotate(t)
	c.Time = c.Add(20 * time.Minute)
	_, err = ours.AccessToken(t.Context(), good)
	require.ErrorIs(t, err, auth.ErrNobody, "a key that it withdrew")

	theirs.Away(true)
	_, err = ours.AccessToken(t.Context(), theirs.AccessToken(map[string]any{"sub": "m"}))
	require.NoError(t, err)
	theirs.Rotate(t)
	_, err = ours.AccessToken(t.Context(), theirs.AccessToken(map[string]any{"sub": "m"}))
	require.ErrorIs(t, err, issuer.ErrAway, "a key that nobody can ask about now")
}

func TestIssuersThatAreNone(t *testing.T) {
	claims := issuer.Claims{Groups: "groups", Participant: "participant"}
	for _, c := range []issuer.Config{
		{URL: "http://issuer.example", ClientID: "a", Claims: claims},
		{URL: "ftp://localhost", ClientID: "a", Claims: claims},
		{URL: "https://issuer.example", Claims: claims},
		{URL: "https://issuer.example", ClientID: "a", Audience: "a", Claims: claims},
		{URL: "https://issuer.example", ClientID: "a"},
		{URL: "https://issuer.example", ClientID: "a", Claims: issuer.Claims{Groups: "groups", Participant: "p", Roles: map[string]auth.Role{"x": "root"}}},
	} {
		_, err := issuer.New(c, time.Now)
		require.Error(t, err)
	}
}
