package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const (
	maxRequestBytes = 64 << 10
	maxTokens       = 1024
)

// gatewayError is how the gateway in front of the products says no.
type gatewayError struct {
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
}

// errorAnswer is how a product says no.
type errorAnswer struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	kit.WriteJSON(w, status, errorAnswer{Code: code, Message: message})
}

func denied(w http.ResponseWriter, message string) {
	kit.WriteJSON(w, http.StatusUnauthorized, gatewayError{StatusCode: http.StatusUnauthorized, Message: message})
}

// tokens are the bearer tokens that hold now. They do not survive a restart.
type tokens struct {
	life time.Duration
	now  func() time.Time
	mu   sync.Mutex
	live map[string]grant
}

// grant is what a token is good for.
type grant struct {
	product string
	expiry  time.Time
}

func newTokens(life time.Duration, now func() time.Time) *tokens {
	return &tokens{life: life, now: now, live: map[string]grant{}}
}

func (t *tokens) issue(product string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for token, g := range t.live {
		if t.now().After(g.expiry) || len(t.live) >= maxTokens {
			delete(t.live, token)
		}
	}
	token := rand.Text()
	t.live[token] = grant{product: product, expiry: t.now().Add(t.life)}
	return token
}

func (t *tokens) holds(product, token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.live[token]
	return ok && g.product == product && t.now().Before(g.expiry)
}

// RevokeTokens makes every bearer token invalid, as an operator does at times.
func (s *Server) RevokeTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	clear(s.tokens.live)
}

// subscribed tells whether a request bears the product's subscription key, and answers where it does not.
func (s *Server) subscribed(w http.ResponseWriter, r *http.Request, product string) bool {
	if same(r.Header.Get("Ocp-Apim-Subscription-Key"), s.cfg.Products[product].SubscriptionKey) {
		return true
	}
	denied(w, "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.")
	return false
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// tokenAnswer is a bearer token of one product.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
}

func (s *Server) token(product string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.subscribed(w, r, product) {
			return
		}
		known := s.cfg.Products[product]
		user, key, ok := r.BasicAuth()
		if !ok || !same(user+"\x00"+key, known.APIUser+"\x00"+known.APIKey) {
			kit.WriteJSON(w, http.StatusUnauthorized, map[string]string{"error": "login_failed"})
			return
		}
		kit.WriteJSON(w, http.StatusOK, tokenAnswer{
			AccessToken: s.tokens.issue(product), TokenType: "access_token", ExpiresIn: int64(s.cfg.TokenLife / time.Second),
		})
	}
}

// authorized reads the body of a request to a product whose key and token hold.
func (s *Server) authorized(product string, serve func(http.ResponseWriter, *http.Request, string, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.subscribed(w, r, product) {
			return
		}
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case !ok || !s.tokens.holds(product, token):
			denied(w, "Unauthorized. Access token is missing or invalid.")
			return
		case r.Header.Get("X-Target-Environment") != s.cfg.Environment:
			refuse(w, http.StatusInternalServerError, "NOT_ALLOWED_TARGET_ENVIRONMENT", "Access to target environment is forbidden.")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		if err != nil {
			badRequest(w, "body")
			return
		}
		serve(w, r, product, body)
	}
}

func badRequest(w http.ResponseWriter, what string) {
	refuse(w, http.StatusBadRequest, "BAD_REQUEST", "Invalid "+what+".")
}

func internal(w http.ResponseWriter) {
	refuse(w, http.StatusInternalServerError, "INTERNAL_PROCESSING_ERROR", "An internal error occurred while processing.")
}
