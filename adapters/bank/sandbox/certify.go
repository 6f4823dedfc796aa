package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// The files of a bank that is spoken to by https: who signed its certificate, and what the adapter shows it and, where it
// is called by https, shows on its callbacks.
const (
	AuthoritiesFile = "bank.pem"
	CertificateFile = "adapter.pem"
	KeyFile         = "adapter.key"
)

// shown are the settings of an adapter that speaks to the bank by TLS.
type shown struct {
	Certificate string           `yaml:"certificate"`
	Key         string           `yaml:"key"`
	Authorities string           `yaml:"authorities"`
	Bank        adapters.Callers `yaml:"bank,omitempty"`
}

// certify gives both sides certificates where one calls the other by https, fresh ones each time.
func certify(cfg *Config, o adapters.SandboxOptions) (*shown, error) {
	called, calls := strings.HasPrefix(o.URL, "https:"), strings.HasPrefix(o.CallbackURL, "https:")
	if !called && !calls {
		return &shown{}, nil
	}
	bank, err := kit.NewIdentity("", time.Now())
	if err != nil {
		return nil, err
	}
	adapter, err := kit.NewIdentity("", time.Now())
	if err != nil {
		return nil, err
	}
	certificate, key := adapter.Files()
	for name, text := range map[string][]byte{AuthoritiesFile: bank.Authority(), CertificateFile: certificate, KeyFile: key} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	s := &shown{Authorities: filepath.Join(o.Dir, AuthoritiesFile)}
	cfg.Identity = bank
	if called {
		s.Certificate, s.Key = filepath.Join(o.Dir, CertificateFile), filepath.Join(o.Dir, KeyFile)
		cfg.Adapter.Pins = adapter.Pins()
	}
	if calls {
		s.Bank.Pins, cfg.Authorities = bank.Pins(), filepath.Join(o.Dir, CertificateFile)
	}
	return s, nil
}
