package pool

import (
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
)

// Device is what a member signs with: a phone, or a file beside the command line.
type Device struct {
	Key    ed25519.PrivateKey
	Pool   string
	Member string // "" before it is one
}

// actLife is how long an act may be on its way.
const actLife = 24 * time.Hour

// Public is the device's public key.
func (d Device) Public() act.Key {
	return act.Key(d.Key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // an Ed25519 key's public one is of Ed25519
}

// Sign writes and signs an act under a version of the charter.
func (d Device) Sign(kind string, version int64, body any) (act.Signed, error) {
	open, err := act.New(act.Act{
		By: d.Member, Expires: time.Now().Add(actLife), ID: rand.Text(), Kind: kind, Pool: d.Pool, Version: version,
	}, body)
	if err != nil {
		return act.Signed{}, err
	}
	return act.Sign(d.Key, open), nil
}

// Close closes a value about somebody under a fresh salt.
func Close(value any) (blob []byte, name act.Commitment, err error) {
	var salt [16]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return nil, act.Commitment{}, err
	}
	blob, err = act.Close(salt, value)
	return blob, act.Commit(blob), err
}
