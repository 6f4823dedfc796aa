package web

import (
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

// How long somebody stays signed in, and on how many browsers at once.
const (
	sessionIdle  = 30 * time.Minute
	sessionWhole = 8 * time.Hour
	maxSessions  = 8
)

// session is a member on one browser.
type session struct {
	member     string
	key        ed25519.PublicKey // that it was proven with; nil after a link
	born, last time.Time
}

// sessions are who is signed in, by the hash of the browser's token. A restart signs everybody out.
type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	all map[[32]byte]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[[32]byte]*session{}}
}

func (s *sessions) put(token, member string, key ed25519.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var oldest [32]byte
	count := 0
	for name, other := range s.all {
		if other.over(now) {
			delete(s.all, name)
		} else if other.member == member {
			if count++; count == 1 || other.last.Before(s.all[oldest].last) {
				oldest = name
			}
		}
	}
	if count >= maxSessions {
		delete(s.all, oldest)
	}
	s.all[sha256.Sum256([]byte(token))] = &session{member: member, key: key, born: now, last: now}
}

// get is the browser's session, and keeps it alive.
func (s *sessions) get(token string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.all[sha256.Sum256([]byte(token))]
	now := s.now()
	if found == nil || found.over(now) {
		return session{}, false
	}
	found.last = now
	return *found, true
}

func (s *sessions) drop(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(token)))
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.last) > sessionIdle || now.Sub(s.born) > sessionWhole
}

// memberOf tells who is signed in on a browser, "" for nobody. A key that is no longer the member's ends what it began.
func (s *Site) memberOf(r *http.Request, token string) string {
	if token == "" {
		return ""
	}
	found, ok := s.sessions.get(token)
	if !ok {
		return ""
	}
	if found.key != nil {
		if member, err := s.Node.MemberOf(r.Context(), found.key); err != nil || member != found.member {
			s.sessions.drop(token)
			return ""
		}
	}
	return found.member
}

// enter signs a member in, on a browser that is given a new token for it.
func (s *Site) enter(v *visit, member string, key ed25519.PublicKey) {
	s.sessions.drop(v.token)
	v.token = s.cookies.give(v.w)
	s.sessions.put(v.token, member, key)
}
