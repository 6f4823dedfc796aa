package dev

import (
	"fmt"
	"os"
	"path/filepath"
)

// DefaultDir is the data folder where none is named: $AYNI_DATA, else /var/lib/ayni for root (whose own
// home the unprivileged PostgreSQL could not enter), else $XDG_DATA_HOME/ayni, else ~/.local/share/ayni.
func DefaultDir() (string, error) {
	if dir := os.Getenv("AYNI_DATA"); dir != "" {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		return "/var/lib/ayni", nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ayni"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("dev: no data folder was named and there is no home to put one in: %w", err)
	}
	return filepath.Join(home, ".local", "share", "ayni"), nil
}

// prepareDir makes the data folder and returns it as an absolute path. Others may pass through it
// (0711), because PostgreSQL may run as another user; what is private below it is private by itself.
func prepareDir(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("dev: the data folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(absolute, 0o711); err != nil { //nolint:gosec // see above
		return "", fmt.Errorf("dev: making the data folder: %w", err)
	}
	return absolute, nil
}
