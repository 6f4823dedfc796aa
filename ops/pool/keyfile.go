package pool

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/scrypt"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/messaging"
)

// KeyFile is a member's device as a file that only its owner reads.
type KeyFile struct {
	Pool   string `json:"pool"`
	Node   string `json:"node"`           // URL of the pool's node
	Seed   []byte `json:"seed,omitempty"` // of the key, in the clear; or
	Sealed []byte `json:"sealed,omitempty"`
	Salt   []byte `json:"salt,omitempty"` // of the passphrase that opens Sealed
	Person []byte `json:"person"`         // blob of the person: messaging.Party with its name, and its number as account
}

// NewKeyFile makes a key for a person. With a passphrase it is sealed under it.
func NewKeyFile(pool, node string, person messaging.Party, passphrase string) (*KeyFile, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return KeyFileOf(Device{Key: key, Pool: pool}, node, person, passphrase)
}

// KeyFileOf keeps a device's key.
func KeyFileOf(d Device, node string, person messaging.Party, passphrase string) (*KeyFile, error) {
	blob, _, err := Close(person)
	if err != nil {
		return nil, err
	}
	f := &KeyFile{Pool: d.Pool, Node: node, Person: blob}
	err = f.Keep(d.Key, passphrase)
	return f, err
}

// ReadKeyFile reads a device.
func ReadKeyFile(file string) (*KeyFile, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("your key: %w; \"ayni pool key new\" makes one, --device names another file", err)
	}
	f := &KeyFile{}
	if err := json.Unmarshal(text, f, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("your key: %s: %w", file, err)
	}
	return f, nil
}

// Write writes the device to a file that only its owner reads.
func (f *KeyFile) Write(file string) error { return writeSecret(file, f) }

// Keep puts a key into the file, in place of the one before.
func (f *KeyFile) Keep(key ed25519.PrivateKey, passphrase string) error {
	f.Seed, f.Sealed, f.Salt = key.Seed(), nil, nil
	if passphrase == "" {
		return nil
	}
	f.Salt = make([]byte, 24)
	if _, err := rand.Read(f.Salt); err != nil {
		return err
	}
	under, err := f.under(passphrase)
	if err != nil {
		return err
	}
	f.Sealed, f.Seed = secretbox.Seal(nil, f.Seed, (*[24]byte)(f.Salt), under), nil
	return nil
}

// NeedsPassphrase tells whether the key is sealed.
func (f *KeyFile) NeedsPassphrase() bool { return f.Sealed != nil }

var errPassphrase = errors.New("your key: the passphrase does not open it")

// Device opens the key. The passphrase is "" where there is none.
func (f *KeyFile) Device(passphrase string) (Device, error) {
	seed := f.Seed
	if f.NeedsPassphrase() {
		if len(f.Salt) != 24 {
			return Device{}, errors.New("your key: the file is damaged")
		}
		under, err := f.under(passphrase)
		if err != nil {
			return Device{}, err
		}
		var opened bool
		if seed, opened = secretbox.Open(nil, f.Sealed, (*[24]byte)(f.Salt), under); !opened {
			return Device{}, errPassphrase
		}
	}
	if len(seed) != ed25519.SeedSize {
		return Device{}, errors.New("your key: the file is damaged")
	}
	return Device{Key: ed25519.NewKeyFromSeed(seed), Pool: f.Pool}, nil
}

// under derives what seals the key: a quarter of a second and 64 MiB for each guess.
func (f *KeyFile) under(passphrase string) (*[32]byte, error) {
	key, err := scrypt.Key([]byte(passphrase), f.Salt, 1<<16, 8, 1, 32)
	if err != nil {
		return nil, err
	}
	return (*[32]byte)(key), nil
}

// Code is what the device's owner gives to whoever founds the pool: the key, and the name of the closed person.
func (f *KeyFile) Code(d Device) (string, error) {
	name, err := act.Commit(f.Person).MarshalText()
	return d.Public().String() + "." + string(name), err
}
