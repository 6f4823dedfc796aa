package persons

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"
)

// MaxDestroyed bounds how many persons one Keys can destroy: each adds some 6 KB to what is kept.
const MaxDestroyed = 16384

// ID tells Keys apart; it is derived from their secret and says nothing of it.
type ID [8]byte

// Keys are the keys of all persons. They are safe for concurrent use.
type Keys struct {
	id     ID
	pepper seed
	hash   *hasher
	hide   cipher.Block // see hidden

	mu        sync.RWMutex
	root      node
	near      near
	destroyed int
}

// Generate makes new Keys.
func Generate() *Keys {
	var pepper, root seed
	_, _ = rand.Read(pepper[:]) // never fails: crypto/rand ends the program instead
	_, _ = rand.Read(root[:])
	return newKeys(pepper, node{state: held, seed: root})
}

func newKeys(pepper seed, root node) *Keys {
	k := &Keys{pepper: pepper, hash: newHasher(pepper), root: root}
	k.id = k.hash.id()
	hide := k.hash.derive("ayni.person.hide.v1")
	k.hide, _ = aes.NewCipher(hide[:]) // 32 bytes are a key of AES-256
	k.near = newNear(&k.root)
	k.destroyed = len(k.root.gone())
	return k
}

// ID names these Keys.
func (k *Keys) ID() ID { return k.id }

// Format implements fmt.Formatter: no verb prints a secret.
func (k *Keys) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "persons.Keys(%x)", k.id[:]) }

// Path is the place of a person. Errors are *PersonError and *LimitError.
func (k *Keys) Path(p Person) (Path, error) { return k.hash.path(p) }

// Key computes a person's key. Errors are *ErasedError, *PersonError and *LimitError.
func (k *Keys) Key(p Person) (Key, error) {
	path, err := k.Path(p)
	if err != nil {
		return Key{}, err
	}
	return k.at(path)
}

func (k *Keys) at(path Path) (Key, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if from := k.near.at(path); from != nil {
		return Key{secret: descend(*from, path, nearLevel, levels)}, nil
	}
	secret, ok := k.root.key(path)
	if !ok {
		return Key{}, &ErasedError{}
	}
	return Key{secret: secret}, nil
}

// Destroy destroys the keys at these paths, all or none; those that are gone stay gone. It is done in memory alone:
// see Store. The error is *LimitError.
func (k *Keys) Destroy(paths ...Path) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := map[Path]bool{}
	for _, path := range paths {
		if _, ok := k.root.key(path); ok {
			fresh[path] = true
		}
	}
	if count := k.destroyed + len(fresh); count > MaxDestroyed {
		return &LimitError{What: "persons destroyed", Got: count, Max: MaxDestroyed}
	}
	for path := range fresh {
		k.root.puncture(path)
		k.near.drop(path)
	}
	k.destroyed += len(fresh)
	return nil
}

// Destroyed lists the paths that were destroyed, in ascending order: what another copy of these Keys needs to
// destroy the same.
func (k *Keys) Destroyed() []Path {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.root.gone()
}

var _ fmt.Formatter = (*Keys)(nil)
