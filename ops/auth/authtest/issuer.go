package authtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// The client that an Issuer knows.
const (
	ClientID     = "ayni-console"
	ClientSecret = "a secret of tests"
	Audience     = "ayni-api"
)

// Issuer is an OpenID Connect issuer on a port of this machine: it believes whoever asks to be the person that was set,
// holds clients to PKCE, takes a code once, and can change its keys and its mind.
type Issuer struct {
	URL string

	mu     sync.Mutex
	key    *rsa.PrivateKey
	keyID  int
	person map[string]any            // claims of who signs in next
	twist  func(map[string]any)      // changes an id token's claims before they are signed
	codes  map[string]map[string]any // by code: whose it is
	asked  map[string]url.Values     // by code: the question
	away   bool
}

// NewIssuer starts an issuer, which ends with the test.
func NewIssuer(tb testing.TB) *Issuer {
	tb.Helper()
	i := &Issuer{codes: map[string]map[string]any{}, asked: map[string]url.Values{}}
	i.Rotate(tb)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discover)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.away {
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// SignsIn sets who signs in from now on, by the claims beside those that every token has.
func (i *Issuer) SignsIn(claims map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.person = claims
}

// Twist has id tokens changed before they are signed.
func (i *Issuer) Twist(twist func(claims map[string]any)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.twist = twist
}

// Away has the issuer hang up on everybody, or not.
func (i *Issuer) Away(away bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.away = away
}

// Rotate has the issuer sign with another key, and forget the one before.
func (i *Issuer) Rotate(tb testing.TB) {
	tb.Helper()
	const bits = 2048
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(tb, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key, i.keyID = key, i.keyID+1
}

// Public is the key that the issuer publishes, and its id.
func (i *Issuer) Public() (key *rsa.PublicKey, id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return &i.key.PublicKey, strconv.Itoa(i.keyID)
}

// AccessToken signs claims for Audience, for an hour; what claims say goes first.
func (i *Issuer) AccessToken(claims map[string]any) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.sign(i.claims(Audience, claims))
}

// claims are what every token has, beside more.
func (i *Issuer) claims(audience string, more map[string]any) map[string]any {
	now := time.Now()
	all := map[string]any{"iss": i.URL, "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(all, more)
	return all
}

func (i *Issuer) sign(claims map[string]any) string {
	key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: i.key, KeyID: strconv.Itoa(i.keyID)}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

func (i *Issuer) discover(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, // a careless one says so
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &i.key.PublicKey, KeyID: strconv.Itoa(i.keyID), Algorithm: "RS256", Use: "sig"},
	}})
}

func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != ClientID || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" || asked.Get("state") == "" {
		http.Error(w, "bad question", http.StatusBadRequest)
		return
	}
	back, err := url.Parse(asked.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "bad redirect", http.StatusBadRequest)
		return
	}
	reply := url.Values{"state": {asked.Get("state")}, "iss": {i.URL}}
	if i.person == nil {
		reply.Set("error", "access_denied")
	} else {
		code := rand.Text()
		i.codes[code], i.asked[code] = i.person, asked
		reply.Set("code", code)
	}
	back.RawQuery = reply.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // in tests alone
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code string) { answer(w, http.StatusBadRequest, map[string]any{"error": code}) }
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if id != ClientID || secret != ClientSecret {
		refuse("invalid_client")
		return
	}
	person, asked := i.codes[r.FormValue("code")], i.asked[r.FormValue("code")]
	delete(i.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if person == nil || asked.Get("redirect_uri") != r.FormValue("redirect_uri") ||
		asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		refuse("invalid_grant")
		return
	}
	claims := i.claims(ClientID, person)
	claims["nonce"] = asked.Get("nonce")
	if i.twist != nil {
		i.twist(claims)
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": i.sign(claims)})
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // the client is gone: there is nobody to tell
}
