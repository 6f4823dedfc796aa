// Package settings says how a program is configured: one typed struct for each, filled from a file, then the
// environment, then flags, each before the one before it. Unknown and repeated names are refused, and it is known of
// every value where it came from. Secrets never stand in a file of settings: they are named, by file:PATH or env:NAME.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
)

// maxSecretBytes bounds what a file holds that settings name.
const maxSecretBytes = 64 << 10

// Error says what is wrong with settings. The same settings fail again.
type Error struct {
	Place string // file, environment or flag
	Name  string // "" where it is the text itself
	Fault string
}

func (e *Error) Error() string {
	return strings.Join(strings.Fields(fmt.Sprintf("settings: %s: %s %s", e.Place, e.Name, e.Fault)), " ")
}

// Address is a URL: as it is where it holds no password, else the place where it is kept: file:PATH or env:NAME.
type Address string

// UnmarshalText refuses a password.
func (a *Address) UnmarshalText(text []byte) error {
	if _, isNamed := named(string(text)); !isNamed {
		if u, err := url.Parse(string(text)); err == nil && u.User != nil {
			if _, has := u.User.Password(); has {
				return errors.New("has a password in it: put the address into a file, and write file:PATH")
			}
		}
		if strings.Contains(string(text), "password=") {
			return errors.New("has a password in it: put the address into a file, and write file:PATH")
		}
	}
	*a = Address(text)
	return nil
}

// Read is the address itself.
func (a Address) Read() (string, error) { return read(string(a)) }

// Secret is the place where a secret is kept: file:PATH or env:NAME.
type Secret string

// UnmarshalText refuses what is no place. It does not repeat it.
func (s *Secret) UnmarshalText(text []byte) error {
	if _, isNamed := named(string(text)); !isNamed && len(text) > 0 {
		return errors.New("is a secret: put it into a file, and write file:PATH, or env:NAME")
	}
	*s = Secret(text)
	return nil
}

// Read is the secret itself.
func (s Secret) Read() (string, error) { return read(string(s)) }

// File is the path of a secret that is kept in a file, "" of others.
func (s Secret) File() string {
	if path, isFile := strings.CutPrefix(string(s), "file:"); isFile {
		return path
	}
	return ""
}

// named tells whether text names a place.
func named(text string) (kind string, ok bool) {
	kind, place, ok := strings.Cut(text, ":")
	return kind, ok && place != "" && (kind == "file" && !strings.HasPrefix(place, "//") || kind == "env")
}

func read(text string) (string, error) {
	kind, ok := named(text)
	if !ok {
		return text, nil
	}
	place := text[len(kind)+1:]
	if kind == "env" {
		value, set := os.LookupEnv(place)
		if !set {
			return "", fmt.Errorf("settings: the environment has no %s: %w", place, fs.ErrNotExist)
		}
		return value, nil
	}
	info, err := os.Stat(place)
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	if info.Size() > maxSecretBytes {
		return "", fmt.Errorf("settings: %s has more than %d bytes", place, maxSecretBytes)
	}
	value, err := os.ReadFile(place)
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	return strings.TrimSpace(string(value)), nil
}
