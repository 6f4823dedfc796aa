package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// What the rail's operators limit, in whole units.
const (
	walletUnits = 500_000
	dailyUnits  = 500_000
)

const (
	keyBits         = 2048
	authoritiesFile = "authorities.pem"
)

// pullOverlap is how far back the adapter's pull queries reach at least: beyond what the sandbox shows late.
const pullOverlap = 30 * time.Second

// Open makes an operator, and the settings that join an adapter to it. Keys and secrets are kept in o.Dir, and are
// those of an earlier run if they are there. Payments are validated, as operators do on request, until PUT
// /admin/validation says false.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	server, settings, err := plug(o)
	if err != nil {
		return nil, nil, fmt.Errorf("mpesa sandbox: %w", err)
	}
	return server, settings, nil
}

func plug(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	dir, err := filepath.Abs(o.Dir) // the adapter runs elsewhere
	if err != nil {
		return nil, nil, err
	}
	o.Dir = dir
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, nil, err
	}
	key, err := railKey(o.Dir)
	if err != nil {
		return nil, nil, err
	}
	secrets := map[string]string{}
	for _, name := range []string{"consumer_key", "consumer_secret", "initiator_password", "passkey", "callback_prefix"} {
		secrets[name], err = keep(filepath.Join(o.Dir, name), func() (string, error) {
			return map[string]string{"callback_prefix": "/"}[name] + rand.Text(), nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	unit := int64(1)
	for range o.Currency.MinorUnits() {
		unit *= 10
	}
	const shortcode, initiator = "600999", "ayni"
	at, err := url.Parse(o.URL)
	if err != nil {
		return nil, nil, err
	}
	server, err := New(Config{
		Config: o.Config, Host: at.Hostname(), Validation: true, ConsumerKey: secrets["consumer_key"], ConsumerSecret: secrets["consumer_secret"],
		Shortcode: shortcode, Initiator: initiator, InitiatorPassword: secrets["initiator_password"], PrivateKey: key,
		Passkey: secrets["passkey"], WalletMaxMinor: walletUnits * unit, DailyMaxMinor: dailyUnits * unit,
	})
	if err != nil {
		return nil, nil, err
	}
	settings, err := settingsOf(o, shortcode, initiator)
	if err == nil {
		err = os.WriteFile(filepath.Join(o.Dir, authoritiesFile), server.identity.Authority(), 0o600)
	}
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return server, settings, nil
}

// settingsOf is the adapter's side of a sandbox.
func settingsOf(o adapters.SandboxOptions, shortcode, initiator string) ([]byte, error) {
	file := func(name string) string { return "file:" + filepath.Join(o.Dir, name) }
	settings := map[string]any{
		"base_url": o.URL, "callback_base_url": o.CallbackURL, "callback_prefix": file("callback_prefix"), "sources": []string{"any"},
		"consumer_key": file("consumer_key"), "consumer_secret": file("consumer_secret"), "shortcode": shortcode,
		"initiator": initiator, "initiator_password": file("initiator_password"), "passkey": file("passkey"),
		"public_key": file("public_key"), "currency": o.Currency.String(),
	}
	if strings.HasPrefix(o.URL, "https:") {
		settings["authorities"] = filepath.Join(o.Dir, authoritiesFile)
	}
	if o.Timers != (adapters.Timers{}) {
		settings["timers"] = o.Timers
	}
	if every := o.Timers.CollectionEvery; every > 0 {
		settings["pull_every"], settings["pull_overlap"] = every.String(), max(pullOverlap, every).String()
	}
	return yaml.Marshal(settings)
}

// railKey is the key that opens SecurityCredential. Its public half goes into a file of its own.
func railKey(dir string) (*rsa.PrivateKey, error) {
	text, err := keep(filepath.Join(dir, "private_key"), func() (string, error) {
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return "", err
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
	})
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", filepath.Join(dir, "private_key"))
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	_, err = keep(filepath.Join(dir, "public_key"), func() (string, error) {
		public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})), err
	})
	return key, err
}

// keep reads a file, which it makes first where there is none.
func keep(path string, fresh func() (string, error)) (string, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	made, err := fresh()
	if err != nil {
		return "", err
	}
	return made, os.WriteFile(path, []byte(made), 0o600)
}
