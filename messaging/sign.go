package messaging

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/nats-io/nkeys"
)

// PayloadKind names what a payload is. It is the first token of the payload's subject and part of what
// is signed, so that no payload passes for one of another kind.
type PayloadKind string

// The kinds of payload.
const (
	PayloadIntent  PayloadKind = "intent"
	PayloadOutcome PayloadKind = "outcome"
	PayloadPayout  PayloadKind = "payout"
	PayloadStatus  PayloadKind = "status"
	PayloadLog     PayloadKind = "log"
)

// Headers of every message.
const (
	HeaderSignature = "Ayni-Signature" // Ed25519 over domain prefix and hash of what is signed, base64url without padding
	HeaderKey       = "Ayni-Key"       // public key of the signer, nkeys user form ("U…")
)

// strictBase64 is how signatures, commitments and salts are written. Strict: what is the same has one text.
var strictBase64 = base64.RawURLEncoding.Strict()

// signed returns the bytes that a signature covers: "ayni.<kind>.v2\n" and the SHA-256 of the payload. Ed25519 passes
// over what it signs twice with SHA-512, and once to verify; passing once with SHA-256, for which processors have
// instructions, saves 4 µs a transfer of the 45 that clearing takes.
func signed(kind PayloadKind, payload []byte) []byte {
	hash := sha256.Sum256(payload)
	return append(fmt.Appendf(make([]byte, 0, 64), "ayni.%s.v2\n", kind), hash[:]...)
}

// signedFirst returns the bytes that the first signatures covered, which streams and logs still hold:
// "ayni.<kind>.v1\n" and the payload.
func signedFirst(kind PayloadKind, payload []byte) []byte {
	return append(fmt.Appendf(make([]byte, 0, len("ayni.outcome.v1\n")+len(payload)), "ayni.%s.v1\n", kind), payload...)
}

// Signer signs payloads with one party's Ed25519 key. It is safe for use from many goroutines.
type Signer struct {
	key    ed25519.PrivateKey // nkeys would make it from its seed for every signature
	public string
}

// NewSigner reads a seed in nkeys user form ("SU…").
func NewSigner(seed []byte) (*Signer, error) {
	prefix, raw, err := nkeys.DecodeSeed(seed)
	if err != nil {
		return nil, fmt.Errorf("messaging: signing seed: %w", err)
	}
	if prefix != nkeys.PrefixByteUser {
		return nil, fmt.Errorf("messaging: signing seed is of type %s, want a user's", prefix)
	}
	key := ed25519.NewKeyFromSeed(raw)
	public, err := nkeys.Encode(nkeys.PrefixByteUser, key[ed25519.SeedSize:])
	if err != nil {
		return nil, fmt.Errorf("messaging: signing seed: %w", err)
	}
	return &Signer{key: key, public: string(public)}, nil
}

// NewSeed makes a new random seed for NewSigner.
func NewSeed() ([]byte, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("messaging: new signing seed: %w", err)
	}
	return pair.Seed()
}

// PublicKey returns the public key in the form that Verify reads.
func (s *Signer) PublicKey() string { return s.public }

// Sign signs exact bytes: of what participants send the open line, of what the switch says the payload. The same bytes have
// the same signature.
func (s *Signer) Sign(kind PayloadKind, payload []byte) (string, error) {
	return strictBase64.EncodeToString(ed25519.Sign(s.key, signed(kind, payload))), nil
}

// Verifier checks signatures of one key, parsed once. It is safe for use from many goroutines.
type Verifier struct {
	key    ed25519.PublicKey
	public string
}

// NewVerifier reads a public key in nkeys user form ("U…").
func NewVerifier(publicKey string) (*Verifier, error) {
	key, err := nkeys.Decode(nkeys.PrefixByteUser, []byte(publicKey))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("messaging: %.60q is no public key of a user", publicKey)
	}
	return &Verifier{key: key, public: publicKey}, nil
}

// PublicKey returns the key whose signatures v accepts.
func (v *Verifier) PublicKey() string { return v.public }

// Verify checks a signature over exact bytes: the open line, or the whole payload of what the switch says and of what
// participants sent as version 1. Errors are *FaultError, FaultSignature.
func (v *Verifier) Verify(kind PayloadKind, payload []byte, signature string) error {
	if signature == "" {
		return &FaultError{Fault: FaultSignature, Detail: "no signature"}
	}
	raw, err := strictBase64.DecodeString(signature)
	if err != nil {
		return &FaultError{Fault: FaultSignature, Detail: "the signature is not base64url without padding"}
	}
	sound := false
	if len(signature) == strictBase64.EncodedLen(ed25519.SignatureSize) { // longer where line ends were read over
		sound = ed25519.Verify(v.key, signed(kind, payload), raw) || ed25519.Verify(v.key, signedFirst(kind, payload), raw)
	}
	if !sound {
		return &FaultError{Fault: FaultSignature, Detail: fmt.Sprintf("not %s's signature of this %s", v.public, kind)}
	}
	return nil
}

// Verify checks one signature. Errors are *FaultError, FaultSignature.
// Where many messages of one key are checked, a Verifier parses it once.
func Verify(publicKey string, kind PayloadKind, payload []byte, signature string) error {
	v, err := NewVerifier(publicKey)
	if err != nil {
		return &FaultError{Fault: FaultSignature, Detail: err.Error()}
	}
	return v.Verify(kind, payload, signature)
}
