package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const (
	maxRequestBytes = 64 << 10
	maxTokens       = 1024
	maxStale        = 5 * time.Minute // that X-Date may be off
	dateForm        = "2006-01-02T15:04:05.000Z"
)

// errorObject is how the API says no.
type errorObject struct {
	Category    string `json:"errorCategory"`
	Code        string `json:"errorCode"`
	Description string `json:"errorDescription,omitempty"`
	DateTime    string `json:"errorDateTime,omitempty"`
}

// answer writes a body with the API's date.
func (s *Server) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("X-Date", s.stamp(s.Now()))
	kit.WriteJSON(w, status, body)
}

func (s *Server) refuse(w http.ResponseWriter, status int, category, code string) {
	s.answer(w, status, s.failure(category, code))
}

func (s *Server) failure(category, code string) errorObject {
	return errorObject{Category: category, Code: code, Description: "The request could not be completed: " + code + ".", DateTime: s.stamp(s.Now())}
}

func (s *Server) invalid(w http.ResponseWriter, code string) {
	s.refuse(w, http.StatusBadRequest, "validation", code)
}

func (s *Server) internal(w http.ResponseWriter) {
	s.refuse(w, http.StatusInternalServerError, "internal", "genericError")
}

func (s *Server) unauthorized(w http.ResponseWriter) {
	s.refuse(w, http.StatusUnauthorized, "authorisation", "clientAuthorisationError")
}

func (s *Server) notFound(w http.ResponseWriter) {
	s.refuse(w, http.StatusNotFound, "identification", "identifierError")
}

func (s *Server) stamp(t time.Time) string { return t.UTC().Format(dateForm) }

// tokens are the bearer tokens that hold now. They do not survive a restart.
type tokens struct {
	life time.Duration
	now  func() time.Time
	mu   sync.Mutex
	live map[string]time.Time // token → expiry
}

func newTokens(life time.Duration, now func() time.Time) *tokens {
	return &tokens{life: life, now: now, live: map[string]time.Time{}}
}

func (t *tokens) issue() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for token, expiry := range t.live {
		if t.now().After(expiry) || len(t.live) >= maxTokens {
			delete(t.live, token)
		}
	}
	token := rand.Text()
	t.live[token] = t.now().Add(t.life)
	return token
}

func (t *tokens) holds(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	expiry, ok := t.live[token]
	return ok && t.now().Before(expiry)
}

// RevokeTokens makes every bearer token invalid, as an operator does at times.
func (s *Server) RevokeTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	clear(s.tokens.live)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	user, password, ok := r.BasicAuth()
	switch {
	case r.FormValue("grant_type") != "client_credentials":
		s.invalid(w, "formatError")
	case !ok || s.cfg.Username == "" || !same(user+"\x00"+password, s.cfg.Username+"\x00"+s.cfg.Password):
		s.unauthorized(w)
	default:
		s.answer(w, http.StatusOK, tokenAnswer{
			AccessToken: s.tokens.issue(), TokenType: "Bearer", ExpiresIn: int64(s.cfg.TokenLife / time.Second),
		})
	}
}

var correlationForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

// authorized reads the body of a request whose sender is known and whose headers are right. A request from another time
// is refused as one whose sender is not.
func (s *Server) authorized(serve func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		sent, undated := time.Parse(time.RFC3339, r.Header.Get("X-Date"))
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256(body)
		switch hash := r.Header.Get("X-Content-Hash"); {
		case err != nil:
			s.invalid(w, "lengthError")
		case !same(r.Header.Get("X-API-Key"), s.cfg.APIKey) || r.Header.Get("X-Client-Id") != s.cfg.ClientID,
			s.cfg.Username != "" && !s.tokens.holds(bearer),
			undated != nil || s.Now().Sub(sent).Abs() > maxStale:
			s.unauthorized(w)
		case hash != "" && hash != hex.EncodeToString(sum[:]):
			s.invalid(w, "formatError")
		case r.Method == http.MethodPost && !correlationForm.MatchString(r.Header.Get("X-CorrelationID")):
			s.invalid(w, "formatError")
		default:
			serve(w, r, body)
		}
	}
}
