package pool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
)

// Start is what a new pool is made from.
type Start struct {
	Pool     string // participant name
	Name     string // for people
	Account  string // that contributions are paid to; "" for the participant name
	Currency string
	Zone     string
	Listen   string
	Database string // URL; "" for one of the node's own
	Charter  *charter.Charter

	founders []decide.Founder
}

// TemplateYAML is a charter to begin with, to be changed. share is what a member pays in at a time, "" for the usual.
func (s *Start) TemplateYAML(name, share string) ([]byte, error) {
	f, err := s.founding(share)
	if err != nil {
		return nil, err
	}
	return charter.TemplateYAML(name, f)
}

// Template is a charter to begin with, as it is.
func (s *Start) Template(name, share string) (*charter.Charter, error) {
	f, err := s.founding(share)
	if err != nil {
		return nil, err
	}
	return charter.Template(name, f)
}

func (s *Start) founding(share string) (charter.Founding, error) {
	currency, err := fx.ParseCurrency(s.Currency)
	if err != nil {
		return charter.Founding{}, err
	}
	f := charter.Founding{Pool: s.Pool, Title: s.Name, Currency: currency}
	if share != "" {
		amount, err := fx.ParseMoney(share, currency)
		if err != nil {
			return f, err
		}
		f.ShareMinor = amount.Minor
	}
	return f, nil
}

// Founder adds one by the code of its device (KeyFile.Code), with its roles, parted by commas.
func (s *Start) Founder(code, roles string) error {
	key, person, _ := strings.Cut(strings.TrimSpace(code), ".")
	var f decide.Founder
	err := errors.Join(f.Key.UnmarshalText([]byte(key)), f.Person.UnmarshalText([]byte(person)))
	if err != nil {
		return fmt.Errorf("%.20q… is no founder's code, as \"ayni pool key new\" prints it", code)
	}
	if roles != "" {
		f.Roles = strings.Split(roles, ",")
	}
	s.founders = append(s.founders, f)
	return nil
}

// Found makes the pool's folder, and founds the pool in it. A folder with settings is another pool's already.
func (s *Start) Found(ctx context.Context, dir string, log *slog.Logger) error {
	file := filepath.Join(dir, SettingsFile)
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there: the pool in this folder was founded before", file)
	}
	if s.Charter.Pool != s.Pool {
		return fmt.Errorf("the charter is %q's, and the pool %q", s.Charter.Pool, s.Pool)
	}
	if s.Account == "" {
		s.Account = s.Pool
	}
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL may run as another user: what is private below is private by itself
		return fmt.Errorf("pool %s: %w", s.Pool, err)
	}
	if s.Database != "" {
		if err := os.WriteFile(filepath.Join(dir, databaseFile), []byte(s.Database+"\n"), 0o600); err != nil {
			return fmt.Errorf("pool %s: %w", s.Pool, err)
		}
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("pool %s: %w", s.Pool, err)
	}
	text := []byte(s.draft(absolute))
	settings, err := ParseSettings(dir, text)
	if err != nil {
		return err
	}
	if err := settings.With(ctx, log, func(home *Home) error { return s.found(ctx, home) }); err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("pool %s: it is founded, but %w", s.Pool, err)
	}
	return nil
}

// found is the pool's first word. A founding that died before its settings were written is gone on with.
func (s *Start) found(ctx context.Context, home *Home) error {
	var version int64
	home.View(func(state *decide.State) { version = state.Version() })
	if version > 0 {
		return nil
	}
	text, err := s.Charter.Canonical()
	if err != nil {
		return err
	}
	answer, err := home.Found(ctx, decide.Founding{Charter: text, Founders: s.founders})
	if err == nil && answer.Fault != "" {
		err = fmt.Errorf("pool %s: not founded: %s: %s", s.Pool, answer.Fault, answer.Detail)
	}
	return err
}
