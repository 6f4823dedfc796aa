package diary

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Salt keeps a line from being guessed by its commitment.
type Salt [16]byte

// SaltKey is a pool's secret from which it derives the salts of all lines: the same entry gets the same bytes again.
// Whoever has it can test guesses about lines that they were not shown.
type SaltKey struct{ secret [32]byte }

// saltDomain keeps what is derived here apart from what else a pool may derive.
const saltDomain = "ayni.pool.line.v1\n"

// GenerateSaltKey makes a new key.
func GenerateSaltKey() SaltKey {
	var k SaltKey
	_, _ = rand.Read(k.secret[:]) // never fails: crypto/rand ends the program instead
	return k
}

// ReadSaltKey reads what Reveal wrote. The error is *FormError.
func ReadSaltKey(text string) (SaltKey, error) {
	var k SaltKey
	secret, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(secret) != len(k.secret) || base64.RawURLEncoding.EncodeToString(secret) != text {
		return SaltKey{}, malformed("key of salts", "it is not 32 bytes of base64url")
	}
	copy(k.secret[:], secret)
	return k, nil
}

// Reveal writes the key as text, to be kept where only the pool can read it.
func (k SaltKey) Reveal() string { return base64.RawURLEncoding.EncodeToString(k.secret[:]) }

// Format implements fmt.Formatter: no verb prints the secret.
func (SaltKey) Format(s fmt.State, _ rune) { _, _ = fmt.Fprint(s, "diary.SaltKey") }

var _ fmt.Formatter = SaltKey{}

// Salt derives the salt of the line at a place of the entry of an index: the first half of HMAC-SHA-256 over a domain
// and both numbers.
func (k SaltKey) Salt(index int64, place int) Salt {
	in := binary.BigEndian.AppendUint64([]byte(saltDomain), uint64(index)) //nolint:gosec // indexes are not negative
	in = binary.BigEndian.AppendUint32(in, uint32(place))                  //nolint:gosec // below MaxLines
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write(in)
	return Salt(mac.Sum(nil)[:len(Salt{})])
}

// Commitment is what the log has of a line: SHA-256 of its blob.
type Commitment [sha256.Size]byte

// String writes the commitment in hex.
func (c Commitment) String() string { return hex.EncodeToString(c[:]) }

// ParseCommitment reads what String wrote.
func ParseCommitment(text string) (c Commitment, ok bool) {
	if len(text) != 2*len(c) {
		return Commitment{}, false
	}
	_, err := hex.Decode(c[:], []byte(text))
	return c, err == nil && c.String() == text
}

// Commit returns a blob's commitment.
func Commit(blob []byte) Commitment { return sha256.Sum256(blob) }

const (
	saltDigits   = 2 * len(Salt{})
	maxBlobBytes = saltDigits + 1 + MaxLineBytes + 1
)

// Blob writes a line's text behind its salt: what an export keeps under the commitment.
func Blob(salt Salt, line []byte) []byte {
	blob := append(hex.AppendEncode(make([]byte, 0, saltDigits+len(line)+2), salt[:]), '\n')
	return append(append(blob, line...), '\n')
}

// ParseBlob reads what Blob wrote of a line, and nothing else. The error is *FormError.
func ParseBlob(blob []byte) (Salt, Line, error) {
	digits, rest, found := bytes.Cut(blob, []byte{'\n'})
	text, ended := bytes.CutSuffix(rest, []byte{'\n'})
	var salt Salt
	if !found || !ended || len(digits) != saltDigits {
		return Salt{}, Line{}, malformed("blob", "it is not a salt and a line")
	}
	if _, err := hex.Decode(salt[:], digits); err != nil || !bytes.Equal(hex.AppendEncode(nil, salt[:]), digits) {
		return Salt{}, Line{}, malformed("blob", "its salt is not in hex")
	}
	line, err := ParseLine(text)
	return salt, line, err
}
