package pool

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

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
	return act.Key(d.Key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert,errcheck // an Ed25519 key's public one is of Ed25519
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

// Secret is one that only this device knows, the same for the same purpose: so nothing has to be kept between a
// commitment and what opens it. 64 small hex digits.
func (d Device) Secret(purpose string) string {
	signature := ed25519.Sign(d.Key, []byte("ayni.pool.secret.v1\n"+d.Pool+"\n"+purpose))
	return hashText(signature)
}

// signInPrefix stands before a page's challenge in what is signed.
const signInPrefix = "ayni.pool.signin.v1\n"

// SignPasted signs what a page of the pool shows: an act, or a challenge to sign in. Nothing else is signed.
func (d Device) SignPasted(text []byte) (signature []byte, err error) {
	if a, err := act.Read(text); err == nil {
		if a.Pool != d.Pool {
			return nil, fmt.Errorf("it is an act in %s, and your key is for %s", a.Pool, d.Pool)
		}
		return act.Sign(d.Key, text).Signature, nil
	}
	var challenge struct {
		Nonce  string `json:"nonce"`
		Origin string `json:"origin"`
		Pool   string `json:"pool"`
	}
	if json.Unmarshal(text, &challenge, json.RejectUnknownMembers(true)) != nil || challenge.Nonce == "" || challenge.Origin == "" {
		return nil, errors.New("it is neither an act nor a challenge to sign in: copy the whole text, and nothing else")
	}
	if challenge.Pool != d.Pool {
		return nil, fmt.Errorf("it signs you in at %.40q, and your key is for %s", challenge.Pool, d.Pool)
	}
	return ed25519.Sign(d.Key, append([]byte(signInPrefix), text...)), nil
}
