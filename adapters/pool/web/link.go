package web

import (
	"crypto/sha256"
	"sync"
	"time"
)

// How long a link signs in, and how many wait.
const (
	linkTime = 10 * time.Minute
	maxLinks = 1024
)

// links sign a member in once each, by the hash of their token.
type links struct {
	now func() time.Time
	mu  sync.Mutex
	all map[[32]byte]link
}

type link struct {
	member string
	until  time.Time
}

func newLinks(now func() time.Time) *links { return &links{now: now, all: map[[32]byte]link{}} }

// put makes a link's token. Of too many, the one that ends first is lost.
func (l *links) put(member string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first [32]byte
	for name, other := range l.all {
		if l.now().After(other.until) {
			delete(l.all, name)
		} else if kept, ok := l.all[first]; !ok || other.until.Before(kept.until) {
			first = name
		}
	}
	if len(l.all) >= maxLinks {
		delete(l.all, first)
	}
	token := newToken()
	l.all[sha256.Sum256([]byte(token))] = link{member: member, until: l.now().Add(linkTime)}
	return token
}

// take uses a token up.
func (l *links) take(token string) (member string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := sha256.Sum256([]byte(token))
	found, ok := l.all[name]
	delete(l.all, name)
	return found.member, ok && !l.now().After(found.until)
}
