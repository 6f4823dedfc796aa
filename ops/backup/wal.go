package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// slot names what holds PostgreSQL's write-ahead log until it was received.
const slot = "ayni_backup"

// Receive has everything that PostgreSQL writes ahead copied into a folder as it is written, flushed before it is
// acknowledged, until ctx ends. It goes on where it was; what is written meanwhile waits in the server. With
// synchronous_standby_names = 'ayni_backup' a commit waits for the copy, and a disaster loses none.
func Receive(ctx context.Context, cfg Config, folder string) error {
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	url := cfg.DatabaseURL
	if url == "" {
		running, found, err := postgres.Running(cfg.Data, postgres.Superuser, database)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("backup: no PostgreSQL runs in %s", cfg.Data)
		}
		url = running
	}
	major, err := majorOf(ctx, url)
	if err != nil {
		return err
	}
	path, err := postgres.Program(ctx, major, "pg_receivewal")
	if err != nil {
		return err
	}
	address, secret, err := withoutPassword(url)
	if err != nil {
		return err
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	address += separator + "application_name=" + slot
	for _, args := range [][]string{{"--create-slot", "--if-not-exists"}, {"--directory=" + folder, "--synchronous", "--no-password"}} {
		if err := run(ctx, secret, path, append(args, "--slot="+slot, "--dbname="+address)...); err != nil {
			return err
		}
	}
	return nil
}

// run runs a program of PostgreSQL until it or ctx ends; ctx ends it in an orderly way.
func run(ctx context.Context, environment []string, path string, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // found by postgres
	cmd.Env, cmd.Dir, cmd.Stderr = append(postgres.Environment(), environment...), "/", &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was asked to end
	}
	if err != nil {
		return errors.Join(fmt.Errorf("backup: the write-ahead log: %w: %s", err, bytes.TrimSpace(said.Bytes())), ctx.Err())
	}
	return nil
}
