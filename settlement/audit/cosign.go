package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Sizes and the signature type of C2SP tlog-cosignature for Ed25519.
const (
	cosignatureType  = 0x04
	keyIDBytes       = 4
	timestampBytes   = 8
	cosignatureBytes = timestampBytes + ed25519.SignatureSize
)

var _ note.Verifier = CosignerKey{}

// CosignerKey is the public key of a cosigner, and verifies its cosignatures: Ed25519 cosignature/v1 of C2SP
// tlog-cosignature, which say "at this time, this was the largest tree of this log that I had seen".
type CosignerKey struct {
	name   string
	public ed25519.PublicKey
}

// NewCosignerKey names a public key. A name is what C2SP signed-note allows: not empty, without spaces and "+".
func NewCosignerKey(name string, public ed25519.PublicKey) (CosignerKey, error) {
	if name == "" || !utf8.ValidString(name) || strings.Contains(name, "+") || strings.ContainsFunc(name, notInNames) {
		return CosignerKey{}, fmt.Errorf("audit: %q cannot name a cosigner", name)
	}
	if len(public) != ed25519.PublicKeySize {
		return CosignerKey{}, fmt.Errorf("audit: cosigner %s: a key of %d bytes", name, len(public))
	}
	return CosignerKey{name: name, public: public}, nil
}

func notInNames(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// ParseCosignerKey reads a key in the form of a note's vkey, of type 0x04 and no other, as String writes it.
func ParseCosignerKey(text string) (CosignerKey, error) {
	fault := func(why string) (CosignerKey, error) {
		return CosignerKey{}, fmt.Errorf("audit: cosigner's key %.100q: %s", text, why)
	}
	name, rest, _ := strings.Cut(text, "+")
	_, key64, _ := strings.Cut(rest, "+")
	typed, err := base64.StdEncoding.Strict().DecodeString(key64)
	if err != nil || len(typed) != 1+ed25519.PublicKeySize {
		return fault("is not NAME+ID+BASE64 of 33 bytes")
	}
	if typed[0] != cosignatureType {
		return fault(fmt.Sprintf("is of type %#02x, cosigners' are of 0x04", typed[0]))
	}
	key, err := NewCosignerKey(name, typed[1:])
	if err != nil {
		return CosignerKey{}, err
	}
	if key.String() != text {
		return fault("has another id than its name and key give")
	}
	return key, nil
}

// String writes the key as a note's vkey: NAME+ID+BASE64.
func (k CosignerKey) String() string {
	return fmt.Sprintf("%s+%08x+%s", k.name, k.KeyHash(), base64.StdEncoding.EncodeToString(k.typed()))
}

func (k CosignerKey) typed() []byte { return append([]byte{cosignatureType}, k.public...) }

// Name returns the cosigner's name.
func (k CosignerKey) Name() string { return k.name }

// Public returns the key without its name.
func (k CosignerKey) Public() ed25519.PublicKey { return k.public }

// KeyHash returns the id that a signature line begins with: of the name, the type and the key.
func (k CosignerKey) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(k.name+"\n"), k.typed()...))
	return binary.BigEndian.Uint32(sum[:])
}

// Verify tells whether a cosignature, time and signature, is over this text at that time.
func (k CosignerKey) Verify(text, cosignature []byte) bool {
	if len(cosignature) != cosignatureBytes {
		return false
	}
	seconds := binary.BigEndian.Uint64(cosignature)
	return seconds <= math.MaxInt64 && ed25519.Verify(k.public, cosigned(text, seconds), cosignature[timestampBytes:])
}

// cosigned is what an Ed25519 cosignature signs: a header, the time and the whole text of the note.
func cosigned(text []byte, seconds uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text)
}

// Cosigner signs checkpoints that it has verified.
type Cosigner struct {
	key    CosignerKey
	secret ed25519.PrivateKey
}

// NewCosigner makes the cosigner of a name and a key, which must sign nothing else: the name is not in what is signed.
func NewCosigner(name string, secret ed25519.PrivateKey) (Cosigner, error) {
	if len(secret) != ed25519.PrivateKeySize {
		return Cosigner{}, fmt.Errorf("audit: cosigner %s: a secret of %d bytes", name, len(secret))
	}
	public, _ := secret.Public().(ed25519.PublicKey) // always: ed25519.PrivateKey says so
	key, err := NewCosignerKey(name, public)
	return Cosigner{key: key, secret: secret}, err
}

// Key returns the public key.
func (c Cosigner) Key() CosignerKey { return c.key }

// At returns the signer of notes at a time, which is cut to the second.
func (c Cosigner) At(at time.Time) note.Signer { return cosignerAt{Cosigner: c, at: at} }

type cosignerAt struct {
	Cosigner
	at time.Time
}

func (c cosignerAt) Name() string    { return c.key.name }
func (c cosignerAt) KeyHash() uint32 { return c.key.KeyHash() }

func (c cosignerAt) Sign(text []byte) ([]byte, error) {
	seconds := c.at.Unix()
	if seconds < 0 {
		return nil, fmt.Errorf("audit: cosigner %s: its clock shows %s", c.key.name, c.at)
	}
	signature := ed25519.Sign(c.secret, cosigned(text, uint64(seconds)))
	return append(binary.BigEndian.AppendUint64(nil, uint64(seconds)), signature...), nil
}

// CosignedAt reads the time of a cosignature that a CosignerKey has verified.
func CosignedAt(line note.Signature) (time.Time, error) {
	raw, err := base64.StdEncoding.DecodeString(line.Base64)
	if err != nil || len(raw) != keyIDBytes+cosignatureBytes {
		return time.Time{}, errors.New("audit: the signature of " + line.Name + " is no cosignature")
	}
	seconds := binary.BigEndian.Uint64(raw[keyIDBytes:])
	if seconds > math.MaxInt64 {
		return time.Time{}, errors.New("audit: the cosignature of " + line.Name + " is of no time")
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}
