package postgres

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Program returns the path of one of PostgreSQL's own programs, as in pg_basebackup, of the newest installed version
// or of the given major if it is not 0. Errors are *MissingError, ctx's, or say that the program is not installed
// with its server.
func Program(ctx context.Context, major int, name string) (string, error) {
	bin, err := findBinaries(ctx, major)
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(bin.postgres), name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("postgres: %s of version %d: %w", name, bin.major, err)
	}
	return path, nil
}

// Environment is what PostgreSQL's own programs are started with: this process's, without what would steer them.
func Environment() []string { return environment() }

// Running returns the address of the server that another process runs in a folder; found is false where none does.
func Running(dir, role, database string) (url string, found bool, err error) {
	_, dataDir, err := prepareFolder(dir)
	if err != nil {
		return "", false, err
	}
	pid, err := readPID(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil || pid == 0 {
		return "", false, err
	}
	if runs, err := servesFolder(pid, dataDir); err != nil || !runs {
		return "", false, nil //nolint:nilerr // where nobody can tell, whoever starts a server there learns it
	}
	a, err := serverAccount(dataDir)
	if err != nil {
		return "", false, err
	}
	folder, err := socketFolder(dataDir, a)
	if err != nil {
		return "", false, err
	}
	s := &Server{socketFolder: folder, dataDir: dataDir}
	return s.URL(role, database), true, nil
}
