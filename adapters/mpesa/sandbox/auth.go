package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const (
	maxRequestBytes = 64 << 10
	maxTokens       = 1024
	maxCredentials  = 64
)

// errorAnswer is how Daraja says no.
type errorAnswer struct {
	RequestID    string `json:"requestId"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	kit.WriteJSON(w, status, errorAnswer{RequestID: rand.Text(), ErrorCode: code, ErrorMessage: message})
}

// tokens are the bearer tokens that hold now. They do not survive a restart.
type tokens struct {
	life time.Duration
	mu   sync.Mutex
	live map[string]time.Time // token → expiry
}

func newTokens(life time.Duration) *tokens { return &tokens{life: life, live: map[string]time.Time{}} }

func (t *tokens) issue() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for token, expiry := range t.live {
		if now.After(expiry) || len(t.live) >= maxTokens {
			delete(t.live, token)
		}
	}
	token := rand.Text()
	t.live[token] = now.Add(t.life)
	return token
}

func (t *tokens) holds(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	expiry, ok := t.live[token]
	return ok && time.Now().Before(expiry)
}

// RevokeTokens makes every bearer token invalid, as an operator does at times.
func (s *Server) RevokeTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	clear(s.tokens.live)
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	user, password, ok := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(s.cfg.ConsumerKey+"\x00"+s.cfg.ConsumerSecret))
	switch {
	case r.URL.Query().Get("grant_type") != "client_credentials":
		refuse(w, http.StatusBadRequest, "400.008.02", "Invalid grant type passed")
	case !ok || same != 1:
		refuse(w, http.StatusBadRequest, "400.008.01", "Invalid Authentication passed")
	default:
		kit.WriteJSON(w, http.StatusOK, map[string]string{
			"access_token": s.tokens.issue(),
			"expires_in":   strconv.FormatInt(int64(s.cfg.TokenLife/time.Second), 10),
		})
	}
}

// authorized reads the body of a request whose token holds.
func (s *Server) authorized(serve func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || !s.tokens.holds(token) {
			refuse(w, http.StatusUnauthorized, "401.002.01", "Error Occurred - Invalid Access Token")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		if err != nil {
			refuse(w, http.StatusBadRequest, "400.002.02", "Bad Request - Unreadable body")
			return
		}
		serve(w, r, body)
	}
}

// SetInitiatorPassword replaces the initiator's password, as an operator's portal does. What was sealed with another is
// refused from now on.
func (s *Server) SetInitiatorPassword(password string) {
	s.credentials.mu.Lock()
	defer s.credentials.mu.Unlock()
	s.credentials.password = password
	clear(s.credentials.right)
}

// credentials opens SecurityCredentials. It remembers those that were right, for opening one costs a
// millisecond and an adapter sends the same one again and again.
type credentials struct {
	key *rsa.PrivateKey

	mu       sync.Mutex
	password string
	right    map[string]bool
}

func newCredentials(key *rsa.PrivateKey, password string) *credentials {
	return &credentials{key: key, password: password, right: map[string]bool{}}
}

func (c *credentials) check(sealed string) bool {
	c.mu.Lock()
	known, password := c.right[sealed], c.password
	c.mu.Unlock()
	if known {
		return true
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return false
	}
	opened, err := rsa.DecryptPKCS1v15(nil, c.key, raw) //nolint:staticcheck // Daraja knows no other padding
	if err != nil || subtle.ConstantTimeCompare(opened, []byte(password)) != 1 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.password != password {
		return false
	}
	if len(c.right) >= maxCredentials {
		clear(c.right)
	}
	c.right[sealed] = true
	return true
}
