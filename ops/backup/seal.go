package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// sealed ends the names of files that are encrypted.
const sealed = ".age"

// ErrSealed says that a backup is encrypted and no identity was given that opens it.
var ErrSealed = errors.New("backup: it is encrypted: give the file of an age identity that opens it")

// Recipients reads public keys as `age-keygen` prints them, each text a key or the path of a file of keys.
func Recipients(texts []string) ([]*age.X25519Recipient, error) {
	var all []*age.X25519Recipient
	for _, text := range texts {
		if !strings.HasPrefix(text, "age1") {
			file, err := os.ReadFile(text)
			if err != nil {
				return nil, fmt.Errorf("backup: recipients: %w", err)
			}
			text = string(file)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			r, err := age.ParseX25519Recipient(line)
			if err != nil {
				return nil, fmt.Errorf("backup: recipient %.20q: %w", line, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// Identities reads private keys as `age-keygen` writes them; none of "".
func Identities(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("backup: identity: %w", err)
	}
	all, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("backup: identity: %w", err)
	}
	return all, nil
}

// NewIdentity makes a private key in a file that must not be there yet, and returns its public half.
func NewIdentity(file string) (public string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("backup: identity: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("backup: identity: %w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", identity.Recipient(), identity)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("backup: identity: %w", err)
	}
	return identity.Recipient().String(), nil
}

// vault is where a backup's files are written.
type vault struct {
	folder     string
	recipients []*age.X25519Recipient
	manifest   *Manifest
}

// put writes one file, sealed where there are recipients, flushes it, and has the manifest name it.
func (v *vault) put(name string, mode os.FileMode, write func(io.Writer) error) (err error) {
	if len(v.recipients) > 0 {
		name += sealed
	}
	path := filepath.Join(v.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	hash, count := sha256.New(), &counter{}
	to := io.MultiWriter(f, hash, count)
	err = v.seal(to, write)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backup: %s: %w", name, err)
	}
	v.manifest.Files = append(v.manifest.Files, File{Name: name, Mode: mode.Perm(), Bytes: count.n, SHA256: hex.EncodeToString(hash.Sum(nil))})
	return nil
}

func (v *vault) seal(to io.Writer, write func(io.Writer) error) error {
	if len(v.recipients) == 0 {
		return write(to)
	}
	recipients := make([]age.Recipient, len(v.recipients))
	for i, r := range v.recipients {
		recipients[i] = r
	}
	w, err := age.Encrypt(to, recipients...)
	if err != nil {
		return err
	}
	return errors.Join(write(w), w.Close())
}

// counter counts what is written.
type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// opened is one file of a backup as it was before it was sealed.
type opened struct {
	io.Reader
	file *os.File
}

func (o opened) Close() error { return o.file.Close() }

// open opens one file of a backup. It errs with ErrSealed where no identity opens it.
func open(folder string, file File, identities []age.Identity) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join(folder, filepath.FromSlash(file.Name)))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if !strings.HasSuffix(file.Name, sealed) {
		return f, nil
	}
	if len(identities) == 0 {
		return nil, errors.Join(ErrSealed, f.Close())
	}
	plain, err := age.Decrypt(f, identities...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("backup: %s: %w", file.Name, err), f.Close())
	}
	return opened{Reader: plain, file: f}, nil
}
