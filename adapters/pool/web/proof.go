package web

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// signInPrefix stands before a challenge in what is signed to sign in, so that it is never an act.
const signInPrefix = "ayni.pool.signin.v1\n"

// proofTime is how long a challenge may be answered: long enough to carry it to another device and back.
const proofTime = 10 * time.Minute

// proofs let a member prove a key by signing a challenge, once each. A challenge carries its own end under a MAC,
// so that nothing is kept of those that nobody answers.
type proofs struct {
	key          []byte
	pool, origin string
	now          func() time.Time
	mu           sync.Mutex
	used         map[string]time.Time // nonces of challenges that a member answered, until they end
}

func newProofs(key []byte, config Config) *proofs {
	return &proofs{key: key, pool: config.Pool, origin: config.Origin, now: config.Now, used: map[string]time.Time{}}
}

// challenge is what is signed: a device checks that it asks for this pool, at the address that it is on.
type challenge struct {
	Nonce  string `json:"nonce"`
	Origin string `json:"origin"`
	Pool   string `json:"pool"`
}

// nonceLength is 16 random bytes, the end in Unix seconds, and the MAC over both.
const nonceLength = 16 + 8 + sha256.Size

func (p *proofs) ask() ([]byte, error) {
	var nonce [nonceLength]byte
	if _, err := rand.Read(nonce[:16]); err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint64(nonce[16:], uint64(p.now().Add(proofTime).Unix())) //nolint:gosec // after 1970
	copy(nonce[24:], p.mac(nonce[:24]))
	return p.text(nonce[:])
}

func (p *proofs) text(nonce []byte) ([]byte, error) {
	return audit.Canonical(challenge{Nonce: coded.EncodeToString(nonce), Origin: p.origin, Pool: p.pool})
}

// check tells whether the signature is the key's under a challenge of ours that has the nonce, in time. A nonce
// that is spent afterwards, by use, is good for nobody else.
func (p *proofs) check(nonce []byte, key ed25519.PublicKey, signature []byte) (inTime, proven bool) {
	if len(nonce) != nonceLength || !hmac.Equal(nonce[24:], p.mac(nonce[:24])) || p.now().After(end(nonce)) {
		return false, false
	}
	text, err := p.text(nonce)
	if err != nil {
		return false, false
	}
	return true, ed25519.Verify(key, append([]byte(signInPrefix), text...), signature)
}

// use spends a nonce that was checked; false where it is spent.
func (p *proofs) use(nonce []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for other, until := range p.used {
		if p.now().After(until) {
			delete(p.used, other)
		}
	}
	if _, used := p.used[string(nonce)]; used {
		return false
	}
	p.used[string(nonce)] = end(nonce)
	return true
}

func end(nonce []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(nonce[16:24])), 0) //nolint:gosec // ours: the MAC was checked
}

func (p *proofs) mac(of []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte("ayni.pool.nonce.v1\n"))
	mac.Write(of)
	return mac.Sum(nil)
}
