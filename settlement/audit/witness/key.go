package witness

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// secretPrefix begins the key's file: PRIVATE+KEY+ and then the public form, with the seed in the key's place. Other
// programs of the C2SP family read it.
const secretPrefix = "PRIVATE+KEY+"

// KeyError says why a witness's key cannot be used. A person has to look.
type KeyError struct{ Path, Why string }

func (e *KeyError) Error() string { return fmt.Sprintf("witness: key %s: %s", e.Path, e.Why) }

// ownKey reads a witness's key, which nobody but its owner may read. Where there is none it is generated, once.
func ownKey(path, name string) (audit.Cosigner, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(path, name)
	}
	if err != nil {
		return audit.Cosigner{}, fmt.Errorf("witness: key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return audit.Cosigner{}, fmt.Errorf("witness: key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return audit.Cosigner{}, &KeyError{Path: path, Why: fmt.Sprintf("its mode is %04o, others than its owner can reach it", info.Mode().Perm())}
	}
	return parseSecret(path, name, string(text))
}

func parseSecret(path, name, text string) (audit.Cosigner, error) {
	_, rest, _ := strings.Cut(strings.TrimPrefix(text, secretPrefix), "+")
	_, typed64, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), "+")
	typed, err := base64.StdEncoding.Strict().DecodeString(typed64)
	if err != nil || len(typed) != 1+ed25519.SeedSize {
		return audit.Cosigner{}, &KeyError{Path: path, Why: "is not as it was written"}
	}
	cosigner, err := audit.NewCosigner(name, ed25519.NewKeyFromSeed(typed[1:]))
	if err != nil {
		return audit.Cosigner{}, err
	}
	if secretText(cosigner.Key(), typed[1:]) != text {
		return audit.Cosigner{}, &KeyError{Path: path, Why: "is not the key of " + name}
	}
	return cosigner, nil
}

func newKey(path, name string) (audit.Cosigner, error) {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails, or ends the program
	cosigner, err := audit.NewCosigner(name, ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return audit.Cosigner{}, err
	}
	if err := writeFile(path, []byte(secretText(cosigner.Key(), seed))); err != nil {
		return audit.Cosigner{}, fmt.Errorf("witness: key: %w", err)
	}
	return cosigner, nil
}

func secretText(key audit.CosignerKey, seed []byte) string {
	return fmt.Sprintf("%s%s+%08x+%s\n", secretPrefix, key.Name(), key.KeyHash(),
		base64.StdEncoding.EncodeToString(append([]byte{0x04}, seed...))) // 0x04: Ed25519 cosignatures
}
