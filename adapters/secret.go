package adapters

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSecretBytes bounds a secret: a chain of certificates fits.
const maxSecretBytes = 64 << 10

// Secret is a text that no log, no error and no database shows. Settings name where it is: "env:NAME" or "file:PATH".
// The text itself is refused there, for settings are copied and kept.
type Secret struct{ text string }

// NewSecret keeps a text secret.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal is the text.
func (s Secret) Reveal() string { return s.text }

// IsZero tells whether there is none.
func (s Secret) IsZero() bool { return s.text == "" }

const concealed = "[secret]"

// String conceals it.
func (Secret) String() string { return concealed }

// GoString conceals it.
func (Secret) GoString() string { return concealed }

// LogValue conceals it.
func (Secret) LogValue() slog.Value { return slog.StringValue(concealed) }

// MarshalText conceals it, in JSON and in YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(concealed), nil }

// UnmarshalYAML reads the secret from where the value says. A file's last line end is not part of it. Errors are
// *SettingsError, which name the place and never the text.
func (s *Secret) UnmarshalYAML(node *yaml.Node) error {
	fail := func(format string, args ...any) error {
		return &SettingsError{Field: fmt.Sprintf("line %d", node.Line), Fault: fmt.Sprintf(format, args...)}
	}
	if node.Kind != yaml.ScalarNode {
		return fail("is no secret: env:NAME or file:PATH")
	}
	if name, ok := strings.CutPrefix(node.Value, "env:"); ok {
		text, found := os.LookupEnv(name)
		if !found || text == "" {
			return fail("names %q, which the environment does not have", name)
		}
		s.text = text
		return nil
	}
	path, ok := strings.CutPrefix(node.Value, "file:")
	if !ok {
		return fail("holds a secret in clear; it has to be env:NAME or file:PATH")
	}
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return fail("%v", err)
	case len(text) > maxSecretBytes:
		return fail("names %s, which has more than %d bytes", path, maxSecretBytes)
	case len(bytes.TrimSpace(text)) == 0:
		return fail("names %s, which is empty", path)
	}
	s.text = strings.TrimRight(string(text), "\r\n")
	return nil
}
