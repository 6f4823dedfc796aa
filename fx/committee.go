package fx

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
)

// MaxCommittee bounds the keys of a rate committee.
const MaxCommittee = 32

// CommitteeKey is a committee member's Ed25519 public key. Keys compare with ==.
type CommitteeKey [ed25519.PublicKeySize]byte

// keyText is how keys and signatures are written: base64url without padding, one text for each value.
var keyText = base64.RawURLEncoding.Strict()

// ParseCommitteeKey reads the 43 characters that String writes.
func ParseCommitteeKey(text string) (k CommitteeKey, err error) {
	raw, err := keyText.DecodeString(text)
	if err != nil || len(raw) != len(k) || keyText.EncodeToString(raw) != text {
		return k, fmt.Errorf("fx: %q is no committee key: want %d bytes in base64url without padding", clip(text), len(k))
	}
	return CommitteeKey(raw), nil
}

// String writes the key in base64url without padding.
func (k CommitteeKey) String() string { return keyText.EncodeToString(k[:]) }

// MarshalText writes the key as String does.
func (k CommitteeKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a key as ParseCommitteeKey does.
func (k *CommitteeKey) UnmarshalText(text []byte) error {
	parsed, err := ParseCommitteeKey(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// Committee is who sets a scheme's reference rates: any Threshold of its members.
type Committee struct {
	Keys      []CommitteeKey `json:"keys"`
	Threshold int            `json:"threshold"`
}

// Check tells whether the committee can decide anything, and nothing without a member. Errors are
// *SheetError, SheetCommittee.
func (c Committee) Check() error {
	fail := func(format string, args ...any) error {
		return &SheetError{Fault: SheetCommittee, Detail: fmt.Sprintf(format, args...)}
	}
	if len(c.Keys) == 0 || len(c.Keys) > MaxCommittee {
		return fail("%d keys; want 1 to %d", len(c.Keys), MaxCommittee)
	}
	if c.Threshold < 1 || c.Threshold > len(c.Keys) {
		return fail("threshold %d of %d keys", c.Threshold, len(c.Keys))
	}
	seen := map[CommitteeKey]bool{}
	for _, k := range c.Keys {
		if k == (CommitteeKey{}) || seen[k] {
			return fail("key %s is no key, or there twice", k)
		}
		seen[k] = true
	}
	return nil
}

// Verify reads a signed sheet and tells whether enough of the committee signed it: every signature must
// be a member's, each member's at most once, and all of them right. Errors are *SheetError.
func (c Committee) Verify(signed []byte) (Sheet, error) {
	if err := c.Check(); err != nil {
		return Sheet{}, err
	}
	s, err := ParseSignedSheet(signed)
	if err != nil {
		return Sheet{}, err
	}
	members, seen := map[CommitteeKey]bool{}, map[CommitteeKey]bool{}
	for _, k := range c.Keys {
		members[k] = true
	}
	for _, by := range s.Signatures {
		fault := SheetFault("")
		switch {
		case !members[by.Key]:
			fault = SheetUnknownKey
		case seen[by.Key]:
			fault = SheetRepeatedKey
		case !ed25519.Verify(by.Key[:], s.Body, by.Signature[:]):
			fault = SheetSignature
		}
		if fault != "" {
			return Sheet{}, &SheetError{Fault: fault, Detail: by.Key.String()}
		}
		seen[by.Key] = true
	}
	if len(seen) < c.Threshold {
		return Sheet{}, &SheetError{Fault: SheetTooFew, Detail: fmt.Sprintf("%d of %d", len(seen), c.Threshold)}
	}
	return s.Sheet, nil
}
