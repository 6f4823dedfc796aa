// Package pgtest gives every test a fresh database of a real PostgreSQL: one private server per test
// binary, started by the first test that asks, and gone with the binary.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }
//
//	func TestPosting(t *testing.T) {
//		pool, err := pgxpool.New(t.Context(), pgtest.New(t))
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

const (
	folderPrefix = "ayni-pgtest-"
	timeout      = 2 * time.Minute // of starting and of stopping
)

// shared is the server of this test binary. It is process-wide because the tests of a package share
// nothing else that lives as long; Run owns it.
var shared struct {
	sync.Mutex
	running   bool // Run is on the stack
	server    *postgres.Server
	folder    *os.File // locked while this process lives
	failure   error
	databases int
}

// Run runs the tests and then stops the server and removes its folder. It returns the exit code.
func Run(m *testing.M) int {
	shared.Lock()
	shared.running = true
	shared.Unlock()
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// New returns the URL of an empty database, for the superuser role. It is dropped when the test ends.
func New(tb testing.TB) string {
	tb.Helper()
	server, name, err := database()
	if err != nil {
		tb.Fatal(err)
	}
	if err := execute(server, "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return server.URL(postgres.Superuser, name)
}

// Folder returns an empty folder that a server's unprivileged user may pass through, which testing's
// own TempDir does not allow. It is removed when the test ends.
func Folder(tb testing.TB) string {
	tb.Helper()
	path, err := makeFolder()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(path); err != nil {
			tb.Error(err)
		}
	})
	return path
}

func makeFolder() (string, error) {
	path, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return "", fmt.Errorf("pgtest: making a folder: %w", err)
	}
	if err := os.Chmod(path, 0o711); err != nil { //nolint:gosec // to pass through, not to list
		return "", fmt.Errorf("pgtest: opening a folder: %w", err)
	}
	return path, nil
}

// database returns the server, started if need be, and an unused name.
func database() (*postgres.Server, string, error) {
	shared.Lock()
	defer shared.Unlock()
	if !shared.running {
		return nil, "", errors.New("pgtest: the package's TestMain must be: os.Exit(pgtest.Run(m))")
	}
	if shared.server == nil && shared.failure == nil {
		shared.failure = start()
	}
	shared.databases++
	return shared.server, fmt.Sprintf("t%d", shared.databases), shared.failure
}

func start() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := sweep(); err != nil {
		return err
	}
	path, err := makeFolder()
	if err != nil {
		return err
	}
	if shared.folder, err = lock(path); err != nil {
		return err
	}
	shared.server, err = postgres.Start(ctx, postgres.Config{Dir: path, Logger: slog.New(slog.DiscardHandler), Throwaway: true})
	return err
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	shared.running = false
	if shared.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := shared.server.Stop(ctx); err != nil {
			return err
		}
	}
	if shared.folder == nil {
		return nil
	}
	if err := errors.Join(os.RemoveAll(shared.folder.Name()), shared.folder.Close()); err != nil {
		return fmt.Errorf("pgtest: removing the folder: %w", err)
	}
	return nil
}

// sweep removes the folders of test binaries that were killed: their locks are free.
func sweep() error {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	if err != nil {
		return fmt.Errorf("pgtest: looking for old folders: %w", err)
	}
	for _, path := range folders {
		info, err := os.Lstat(path)
		if err != nil || time.Since(info.ModTime()) < time.Hour {
			continue // perhaps made this moment and not locked yet
		}
		folder, err := lock(path)
		if err != nil {
			continue // alive, or another user's
		}
		if err := errors.Join(os.RemoveAll(path), folder.Close()); err != nil {
			return fmt.Errorf("pgtest: removing an old folder: %w", err)
		}
	}
	return nil
}

// lock opens a folder and locks it; the kernel unlocks it when this process ends.
func lock(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pgtest: opening the folder: %w", err)
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: locking %s: %w", path, err), folder.Close())
	}
	return folder, nil
}

func execute(server *postgres.Server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("pgtest: connecting: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("pgtest: %s: %w", statement, err)
	}
	return nil
}
