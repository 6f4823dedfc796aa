package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const (
	port       = "5432" // names the socket file; nothing listens on it
	socketName = ".s.PGSQL." + port
	// maxSocketPath is sun_path without its NUL: 107 bytes on Linux, 103 on macOS.
	maxSocketPath = 103
)

// socketFolder returns where the server puts its socket: the data folder itself, which PostgreSQL
// insists is open to its user alone, or, where that path is too long for a unix socket, a folder of the
// same privacy below the system's temporary folder, named after the data folder.
func socketFolder(dataDir string, a account) (string, error) {
	if len(filepath.Join(dataDir, socketName)) <= maxSocketPath {
		return dataDir, nil
	}
	hash := sha256.Sum256([]byte(dataDir))
	folder := filepath.Join(os.TempDir(), "ayni-"+hex.EncodeToString(hash[:8]))
	if len(filepath.Join(folder, socketName)) > maxSocketPath {
		return "", fmt.Errorf("postgres: both %s and %s are too long to hold a unix socket (%d bytes): choose a shorter data folder",
			dataDir, folder, maxSocketPath)
	}
	if err := os.Mkdir(folder, 0o700); err == nil {
		return folder, a.own(folder)
	} else if !os.IsExist(err) {
		return "", fmt.Errorf("postgres: making the socket's folder: %w", err)
	}
	// Anybody may make folders there: one that another user put in our way is refused.
	info, err := os.Lstat(folder)
	if err != nil {
		return "", fmt.Errorf("postgres: looking at the socket's folder: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t)                                                                          //nolint:errcheck,forcetypeassert // os.Lstat on unix gives nothing else
	if !info.IsDir() || info.Mode().Perm() != 0o700 || (owner.Uid != a.uid && owner.Uid != uint32(os.Geteuid())) { //nolint:gosec // not negative
		return "", fmt.Errorf("postgres: %s is in the way: it is not a folder that only %s can enter; remove it", folder, a.name)
	}
	return folder, a.own(folder)
}
