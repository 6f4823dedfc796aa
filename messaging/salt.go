package messaging

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// SaltSecretSize is how long a Salter's secret is, in bytes.
const SaltSecretSize = 32

// saltSize is how long a salt is: 128 bits, so that nobody finds what a commitment hides by trying what it might be.
const saltSize = 16

// Salter makes the salts of a participant's closed lines. They follow from its secret, so that what is
// published again has the same bytes, after whatever crash. Who has the secret and an open line can try what a closed
// line may have said; so it stays with the participant, and is apart from the signing key, which may change.
// It is safe for use from many goroutines.
type Salter struct{ secret [SaltSecretSize]byte }

// NewSalter makes a Salter of a secret: random, made once, kept for ever.
func NewSalter(secret [SaltSecretSize]byte) *Salter { return &Salter{secret: secret} }

// salts writes salts one after the other.
type salts struct {
	mac hash.Hash
	buf []byte
}

func (s *Salter) salts() salts {
	return salts{mac: hmac.New(sha256.New, s.secret[:]), buf: make([]byte, 0, 128)}
}

// append writes a line's salt: the first 16 bytes of HMAC-SHA256(secret, "ayni.salt.v1" LF id LF role), base64url. The
// id is an intent's or a transfer's, the role what the open line calls the closed one.
func (s *salts) append(b []byte, id, role string) []byte {
	s.buf = append(append(append(append(s.buf[:0], "ayni.salt.v1\n"...), id...), '\n'), role...)
	s.mac.Reset()
	s.mac.Write(s.buf)
	s.buf = s.mac.Sum(s.buf[:0])
	return strictBase64.AppendEncode(b, s.buf[:saltSize])
}
