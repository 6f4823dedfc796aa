// Package act is what members of a pool say: canonical JSON that they sign on their own devices.
//
//	Act     who says what to which pool, under which version of its rules, and until when it may be said
//	Signed  the exact bytes of an act, the key and the signature
//
// A signature stands under the bytes, so a device shows what it signs by reading those bytes and nothing else.
package act

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// MaxBytes bounds an act, and with it the charter that one may propose: written as text in a line of the log it
// becomes at most twice as long.
const MaxBytes = 24 << 10

// MaxIDLength bounds the id that a signer gives an act.
const MaxIDLength = 64

// prefix keeps a signature under an act from being one under anything else.
const prefix = "ayni.pool.act.v1\n"

// Act is one thing that a member says. Every field is signed.
type Act struct {
	Body    jsontext.Value `json:"body"`        // an object; what it holds follows from Kind
	By      string         `json:"by,omitzero"` // member id; "" of somebody who is not one yet
	Expires time.Time      `json:"expires"`     // not taken afterwards; UTC, whole seconds
	ID      string         `json:"id"`          // the signer's own: the same id is the same act
	Kind    string         `json:"kind"`
	Pool    string         `json:"pool"`    // participant name
	Version int64          `json:"version"` // of the charter that the signer saw
}

// Signed is an act as it came.
type Signed struct {
	Open      []byte `json:"open"`      // the act's canonical JSON, base64 in JSON
	Key       Key    `json:"key"`       // that signed it
	Signature []byte `json:"signature"` // Ed25519
}

// Key is a member's public key, in text base64url without padding.
type Key [ed25519.PublicKeySize]byte

// ParseKey reads a key as String writes it.
func ParseKey(text string) (k Key, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(k) {
		return Key{}, &FormError{Detail: "a key is 32 bytes in base64url"}
	}
	return Key(raw), nil
}

func (k Key) String() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// MarshalText implements encoding.TextMarshaler.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a key as ParseKey does.
func (k *Key) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKey(string(text))
	return err
}

// Commitment names a closed value, such as a person's number, without showing it: SHA-256 of its blob.
type Commitment [sha256.Size]byte

// Close writes a closed value as its blob: a random salt in hex, a line feed, canonical JSON, a line feed.
func Close(salt [16]byte, value any) ([]byte, error) {
	text, err := audit.Canonical(value)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%x\n%s\n", salt, text), nil
}

// Commit names a blob.
func Commit(blob []byte) Commitment { return sha256.Sum256(blob) }

// MaxClosedBytes bounds a closed value's blob.
const MaxClosedBytes = 4 << 10

// Open reads a blob strictly into what it holds. The error is a *FormError.
func Open(blob []byte, into any) error {
	salt, rest, ok := bytes.Cut(blob, []byte("\n"))
	text, ended := bytes.CutSuffix(rest, []byte("\n"))
	raw, err := hex.DecodeString(string(salt))
	if !ok || !ended || err != nil || len(raw) != 16 || len(blob) > MaxClosedBytes {
		return &FormError{Detail: "a closed value is a salt and a line of JSON"}
	}
	if err := json.Unmarshal(text, into, strict); err != nil {
		return &FormError{Detail: "closed value: " + err.Error()}
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler, in hex.
func (c Commitment) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(c[:])), nil }

// UnmarshalText reads hex as MarshalText writes it.
func (c *Commitment) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(c) || hex.EncodeToString(raw) != string(text) {
		return &FormError{Detail: "a commitment is 32 bytes in hex"}
	}
	*c = Commitment(raw)
	return nil
}

// IsZero tells whether c commits to nothing.
func (c Commitment) IsZero() bool { return c == Commitment{} }

// FormError says that something is no act. The same bytes are refused again.
type FormError struct{ Detail string }

func (e *FormError) Error() string { return "act: " + e.Detail }

// New writes an act's canonical bytes, which are what is signed.
func New(a Act, body any) ([]byte, error) {
	text, err := audit.Canonical(body)
	if err != nil {
		return nil, err
	}
	a.Body, a.Expires = text, a.Expires.UTC().Truncate(time.Second)
	open, err := audit.Canonical(a)
	if err != nil {
		return nil, err
	}
	_, err = Read(open)
	return open, err
}

// Read reads an act that is exactly as New writes it. The error is a *FormError.
func Read(open []byte) (a Act, err error) {
	if len(open) > MaxBytes {
		return Act{}, &FormError{Detail: fmt.Sprintf("more than %d bytes", MaxBytes)}
	}
	if err := json.Unmarshal(open, &a, strict); err != nil {
		return Act{}, &FormError{Detail: err.Error()}
	}
	switch again, err := audit.Canonical(a); {
	case err != nil || !bytes.Equal(again, open):
		return Act{}, &FormError{Detail: "not in canonical form"}
	case a.Body.Kind() != '{':
		return Act{}, &FormError{Detail: "its body is no object"}
	case !validID(a.ID):
		return Act{}, &FormError{Detail: "an id has 8 to 64 letters, digits, - and _"}
	case !messaging.ValidParticipant(a.Pool):
		return Act{}, &FormError{Detail: "it names no pool"}
	case a.Kind == "" || a.Version < 0:
		return Act{}, &FormError{Detail: "it lacks kind or version"}
	case a.Expires.IsZero() || a.Expires.Location() != time.UTC || a.Expires.Nanosecond() != 0:
		return Act{}, &FormError{Detail: "its expiry is no whole second, UTC"}
	}
	return a, nil
}

// strict is how everything signed is read: nothing unknown, nothing twice, integers as strings.
var strict = json.JoinOptions(json.RejectUnknownMembers(true), json.StringifyNumbers(true))

// Decode reads the body into what its kind holds. The error is a *FormError.
func (a Act) Decode(body any) error {
	if err := json.Unmarshal(a.Body, body, strict); err != nil {
		return &FormError{Detail: "body: " + err.Error()}
	}
	return nil
}

func validID(id string) bool {
	if len(id) < 8 || len(id) > MaxIDLength {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Sign signs an act's bytes. It is what a member's device does.
func Sign(key ed25519.PrivateKey, open []byte) Signed {
	return Signed{
		Open: open, Key: Key(key.Public().(ed25519.PublicKey)), //nolint:forcetypeassert,errcheck // an Ed25519 key's public one is of Ed25519
		Signature: ed25519.Sign(key, Text(open)),
	}
}

// Text is what a signature stands under.
func Text(open []byte) []byte { return append([]byte(prefix), open...) }

// Verify tells whether the signature is the key's under the bytes.
func (s Signed) Verify() bool {
	return len(s.Signature) == ed25519.SignatureSize && ed25519.Verify(s.Key[:], Text(s.Open), s.Signature)
}

// Hash names the act's bytes.
func (s Signed) Hash() [sha256.Size]byte { return sha256.Sum256(s.Open) }
