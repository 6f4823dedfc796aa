package persons

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
	"sync"
)

// MaxPersonBytes bounds a participant's name and an account together.
const MaxPersonBytes = 512

// Person is somebody at a participant: the participant's name and the account as an intent writes it. One account
// written in two ways is two persons.
type Person struct{ Participant, Account string }

func (p Person) check() error {
	switch size := len(p.Participant) + 1 + len(p.Account); {
	case p.Participant == "" || p.Account == "":
		return &PersonError{Why: "a person has a participant and an account"}
	case strings.Contains(p.Participant, "\n"):
		return &PersonError{Why: "a participant's name has no line feed"} // so that the first one ends it
	case size > MaxPersonBytes:
		return &LimitError{What: "bytes of a person", Got: size, Max: MaxPersonBytes}
	}
	return nil
}

// Path is a person's place in the tree: the first 64 bits of HMAC-SHA256(pepper, participant LF account). It names
// nobody to whoever lacks the pepper. Whoever has it can test a guess, so it is a pseudonym and no more.
//
// Erasing one person erases another with a probability of persons / 2^64: for a thousand million, once in 10^10
// erasures. Nobody can look for such a pair without the pepper.
type Path uint64

// step is the child that the path takes from a node of a level.
func (p Path) step(level int) int { return int(p >> (64 - stepBits*(level+1)) & (fan - 1)) }

// hasher makes paths, and what else is derived from the pepper. The HMACs are pooled, because a new one costs more
// than what it hashes.
type hasher struct{ pool sync.Pool }

type workspace struct {
	mac hash.Hash
	in  []byte
	out [sha256.Size]byte
}

func newHasher(pepper seed) *hasher {
	h := &hasher{}
	h.pool.New = func() any { return &workspace{mac: hmac.New(sha256.New, pepper[:])} }
	return h
}

func (h *hasher) path(p Person) (Path, error) {
	if err := p.check(); err != nil {
		return 0, err
	}
	sum := h.sum(p.Participant, p.Account)
	return Path(binary.BigEndian.Uint64(sum[:8])), nil
}

// id names the keys that these paths belong to.
func (h *hasher) id() ID {
	name := h.derive("ayni.person.keys.v1")
	return ID(name[:])
}

// derive makes a secret for one use. No participant's name is empty, so no person's path is made from it.
func (h *hasher) derive(use string) [sha256.Size]byte { return h.sum("", use) }

func (h *hasher) sum(first, second string) [sha256.Size]byte {
	w, _ := h.pool.Get().(*workspace)
	defer h.pool.Put(w)
	w.in = append(append(append(w.in[:0], first...), '\n'), second...)
	w.mac.Reset()
	w.mac.Write(w.in)
	w.mac.Sum(w.out[:0])
	return w.out
}
