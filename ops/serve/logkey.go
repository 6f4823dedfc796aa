package serve

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/ops/settings"
)

// logPublic is the key that the log is verified by: the public half of the one that signs it.
func logPublic(s *settings.Serve) (string, error) {
	secret, err := s.LogKey.Read()
	if err != nil {
		return "", err
	}
	no := errors.New("serve: log_key holds no key of a log") // which is not repeated
	// PRIVATE+KEY+NAME+ID+BASE64 of the byte 1 and the seed, as package note writes it
	const parts, seed = 5, 1 + ed25519.SeedSize
	fields := strings.SplitN(secret, "+", parts)
	if len(fields) != parts {
		return "", no
	}
	raw, err := base64.StdEncoding.DecodeString(fields[parts-1])
	if err != nil || len(raw) != seed {
		return "", no
	}
	public, _ := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey) // always: ed25519.PrivateKey says so
	return note.NewEd25519VerifierKey(fields[2], public)
}
