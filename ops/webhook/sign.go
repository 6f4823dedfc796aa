package webhook

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery. They are sent in small letters, as HTTP/2 would.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// How keys are written.
const (
	secretPrefix = "whsec_"
	publicPrefix = "whpk_"
)

// Keys makes the keys of endpoints from one secret of the switch: none of them is kept anywhere. The zero Keys make none.
type Keys struct{ master []byte }

// minMaster is how long the switch's secret is at least, in bytes.
const minMaster = 24

// NewKeys takes the switch's secret, at least 24 bytes that nobody can guess.
func NewKeys(master []byte) (Keys, error) {
	if len(master) < minMaster {
		return Keys{}, fmt.Errorf("webhook: a key of %d bytes; it takes %d", len(master), minMaster)
	}
	return Keys{master: master}, nil
}

// Key is what one generation of an endpoint's deliveries are signed by: for whoever shares the secret, and for whoever
// has the public key alone.
type Key struct {
	secret  []byte
	private ed25519.PrivateKey
}

// Of is an endpoint's key of a generation. The salt is the endpoint's own, and its number may be given again by a database
// that was put back to an earlier day: without the salt two endpoints would share a key.
func (k Keys) Of(endpoint int64, salt []byte, generation int) (Key, error) {
	derive := func(purpose string) ([]byte, error) {
		info := fmt.Sprintf("ayni.webhook.%s\n%d\n%d", purpose, endpoint, generation)
		return hkdf.Key(sha256.New, k.master, salt, info, sha256.Size)
	}
	secret, err := derive("v1")
	if err != nil {
		return Key{}, fmt.Errorf("webhook: key of endpoint %d: %w", endpoint, err)
	}
	seed, err := derive("v1a")
	if err != nil {
		return Key{}, fmt.Errorf("webhook: key of endpoint %d: %w", endpoint, err)
	}
	return Key{secret: secret, private: ed25519.NewKeyFromSeed(seed)}, nil
}

// Secret is what the receiver checks v1 by, and must keep.
func (k Key) Secret() string { return secretPrefix + base64.StdEncoding.EncodeToString(k.secret) }

// Public is what the receiver checks v1a by. It is no secret.
func (k Key) Public() string {
	public := k.private[ed25519.PrivateKeySize-ed25519.PublicKeySize:]
	return publicPrefix + base64.StdEncoding.EncodeToString(public)
}

// sign signs one attempt, both ways.
func (k Key) sign(content []byte) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write(content)
	encode := base64.StdEncoding.EncodeToString
	return "v1," + encode(mac.Sum(nil)) + " v1a," + encode(ed25519.Sign(k.private, content))
}

// Sign writes the headers of an attempt at a moment, signed by every key: whoever has any one of them verifies it.
func Sign(to http.Header, id string, at time.Time, payload []byte, keys ...Key) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	content := append([]byte(id+"."+stamp+"."), payload...)
	signatures := make([]string, len(keys))
	for n, key := range keys {
		signatures[n] = key.sign(content)
	}
	to[HeaderID], to[HeaderTimestamp], to[HeaderSignature] = []string{id}, []string{stamp}, []string{strings.Join(signatures, " ")}
}
