package demo

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// logOrigin names the settlement log of a demo in its checkpoints.
const logOrigin = "ayni.demo/log"

// keys are every secret of a demo: in real life each lives with its owner. They are kept in the data
// folder, readable by its owner only, so that a restart is the same switch and the same participants.
type keys struct {
	Switch       string            `json:"switch"`       // signing seed of the switch
	Log          string            `json:"log"`          // key that signs checkpoints
	LogPublic    string            `json:"log_public"`   //
	Participants map[string]string `json:"participants"` // signing seeds
	Secret       string            `json:"secret"`       // of which paths, passwords and tokens are derived
	Adapter      keyPair           `json:"adapter"`      // RSA: the adapters' side
	Rail         keyPair           `json:"rail"`         // and the rails'
}

// keyPair is an RSA key as gcash.NewKeyPair writes it.
type keyPair struct {
	Private string `json:"private"`
	Public  string `json:"public"`
}

// loadKeys reads the folder's keys, or makes them at the first start.
func loadKeys(dir string, participants []string) (*keys, error) {
	path := filepath.Join(dir, "keys.json")
	text, err := os.ReadFile(path)
	if err == nil {
		k := &keys{}
		if err := json.Unmarshal(text, k); err != nil {
			return nil, fmt.Errorf("demo: %s: %w", path, err)
		}
		return k, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("demo: keys: %w", err)
	}
	k, err := newKeys(participants)
	if err != nil {
		return nil, fmt.Errorf("demo: new keys: %w", err)
	}
	if err := writeFile(path, k); err != nil {
		return nil, err
	}
	return k, nil
}

// openPersons opens the keys of persons, or makes them at the first start. Should they be lost later, what was sealed
// under them says so.
func openPersons(dir string) (*persons.Store, error) {
	file := filepath.Join(dir, "persons.keys")
	keep, err := persons.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		keep, err = persons.Create(file)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: keys of persons: %w", err)
	}
	return keep, nil
}

func newKeys(participants []string) (*keys, error) {
	k := &keys{Participants: map[string]string{}}
	seed := func() (string, error) {
		s, err := messaging.NewSeed()
		return string(s), err
	}
	var err error
	if k.Switch, err = seed(); err != nil {
		return nil, err
	}
	for _, name := range participants {
		if k.Participants[name], err = seed(); err != nil {
			return nil, err
		}
	}
	if k.Log, k.LogPublic, err = note.GenerateKey(rand.Reader, logOrigin); err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	k.Secret = hex.EncodeToString(secret)
	for _, pair := range []*keyPair{&k.Adapter, &k.Rail} {
		if pair.Private, pair.Public, err = gcash.NewKeyPair(gcash.MinRSABits); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// parseRSA reads a private key as gcash.NewKeyPair writes it.
func parseRSA(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("demo: no PEM key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("demo: RSA key: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("demo: the key is not RSA")
	}
	return key, nil
}

// derive gives every party its own password, path or token, always the same in one folder.
func (k *keys) derive(purpose, participant string) string {
	mac := hmac.New(sha256.New, []byte(k.Secret))
	mac.Write([]byte(purpose + "\x00" + participant))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// committee returns the keys of those who set the reference rates.
func (k *keys) committee() []ed25519.PrivateKey {
	members := make([]ed25519.PrivateKey, committeeMembers)
	for n := range members {
		seed := sha256.Sum256([]byte(k.derive("rate committee", strconv.Itoa(n))))
		members[n] = ed25519.NewKeyFromSeed(seed[:])
	}
	return members
}

func (k *keys) signer(participant string) (*messaging.Signer, error) {
	return messaging.NewSigner([]byte(k.Participants[participant]))
}

// writeFile replaces a small file whole, so that a crash leaves the old one or the new one.
func writeFile(path string, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("demo: %s: %w", path, err)
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, text, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}
