package pool

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
)

// The headers by which somebody proves who reads.
const (
	headerKey       = "Ayni-Key"       // as act.Key writes it
	headerTime      = "Ayni-Time"      // RFC 3339, UTC
	headerSignature = "Ayni-Signature" // base64url without padding
)

// readLife is how far the time of a signed read may be from the node's.
const readLife = time.Minute

// readText is what a signed read signs: the pool's name is in it, so that a node cannot read at another with what it
// was shown. path is with its query.
func readText(pool, at, path string) []byte {
	return []byte("ayni.pool.read.v1\n" + pool + "\n" + at + "\n" + path)
}

// prove signs a read with a device's key.
func (d Device) prove(r *http.Request, now time.Time) {
	at := now.UTC().Format(time.RFC3339)
	signature := ed25519.Sign(d.Key, readText(d.Pool, at, r.URL.RequestURI()))
	r.Header.Set(headerKey, d.Public().String())
	r.Header.Set(headerTime, at)
	r.Header.Set(headerSignature, base64.RawURLEncoding.EncodeToString(signature))
}

// proven is the key that signed a read; false where nobody did. The error is a *Problem.
func proven(r *http.Request, pool string, now time.Time) (key act.Key, signed bool, err error) {
	said, at, signature := r.Header.Get(headerKey), r.Header.Get(headerTime), r.Header.Get(headerSignature)
	if said == "" && at == "" && signature == "" {
		return act.Key{}, false, nil
	}
	wrong := func(name, format string, args ...any) (act.Key, bool, error) {
		return act.Key{}, false, problem(http.StatusUnauthorized, name, format, args...)
	}
	if key, err = act.ParseKey(said); err != nil {
		return wrong("bad_key", "%s: %v", headerKey, err)
	}
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return wrong("bad_time", "%s is no time as in RFC 3339", headerTime)
	}
	if off := now.Sub(when); off > readLife || off < -readLife {
		return wrong("stale", "signed at %s, and it is %s here: set the clock", at, now.UTC().Format(time.RFC3339))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !ed25519.Verify(key[:], readText(pool, at, r.URL.RequestURI()), raw) {
		return wrong("bad_signature", "not the key's under this pool, time and path")
	}
	return key, true, nil
}
