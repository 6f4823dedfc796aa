package rates

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ayni-switch/ayni/fx"
)

// maxKeyBytes bounds a key file; one of Ed25519 has 119 bytes.
const maxKeyBytes = 4096

// NewKey makes a member's key in a new file that only its owner can read (PKCS #8 in PEM, as openssl genpkey
// writes it), and prints its public half, which goes to the operator. A file that is there is left alone.
func NewKey(out io.Writer, file string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("rates: new key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("rates: new key: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("rates: new key: %w", err)
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("rates: new key: %w", err)
	}
	_, err = fmt.Fprintln(out, fx.CommitteeKey(public))
	return err
}

// ShowKey prints the public half of a key.
func ShowKey(out io.Writer, file string) error {
	key, err := readKey(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, fx.KeyOf(key))
	return err
}

func readKey(file string) (ed25519.PrivateKey, error) {
	key, err := readFile(file, func(r io.Reader) (ed25519.PrivateKey, error) {
		text, err := readAll(r, maxKeyBytes)
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(text.Bytes())
		if block == nil {
			return nil, errors.New("no PEM key")
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("no PKCS #8 key") // the parser's words might quote what should stay secret
		}
		key, ok := parsed.(ed25519.PrivateKey)
		if !ok {
			return nil, errors.New("no Ed25519 key")
		}
		return key, nil
	})
	if err != nil {
		return nil, fmt.Errorf("rates: key: %w", err)
	}
	return key, nil
}
