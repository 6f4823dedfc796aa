package store

import (
	"slices"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
)

// maxRemembered bounds who is remembered: beyond it everybody is found out anew.
const maxRemembered = 4096

// memory is who was found a moment ago, by the hash of what they brought. Who was not found is not remembered.
type memory struct {
	lasts time.Duration // 0: nothing is remembered

	mu     sync.Mutex
	forgot uint64 // how often
	known  map[[32]byte]remembered
}

type remembered struct {
	who   auth.Principal
	until time.Time
}

// Remember has sessions and tokens that were found stay found for some time, so that who asks all the time
// does not have the database asked each time. What this Store changes is seen at once; what another process changes (a
// machine revoked by command, a session ended on another node, its end by age) is seen when that time is over. Call it
// before anything else.
func (s *Store) Remember(lasts time.Duration) { s.memory.lasts = lasts }

// whose finds out who brings something, or remembers.
func (m *memory) whose(key []byte, find func() (auth.Principal, error)) (auth.Principal, error) {
	if m.lasts == 0 {
		return find()
	}
	asked, now := [32]byte(key), time.Now()
	m.mu.Lock()
	had, forgot := m.known[asked], m.forgot
	m.mu.Unlock()
	if now.Before(had.until) {
		return had.copied(), nil
	}
	who, err := find()
	if err != nil {
		return who, err
	}
	found := remembered{who: who, until: now.Add(m.lasts)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.forgot == forgot { // else the answer may be of before what was changed meanwhile
		if m.known == nil || len(m.known) >= maxRemembered {
			m.known = map[[32]byte]remembered{}
		}
		m.known[asked] = found
	}
	return found.copied(), nil
}

// copied is a principal that may be changed by whoever has it.
func (r remembered) copied() auth.Principal {
	who := r.who
	who.Roles = slices.Clone(who.Roles)
	return who
}

// forget is called behind every change, whether or not it worked.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgot++
	m.known = nil
}
