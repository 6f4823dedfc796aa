package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// clusterMajor returns the major version that made dataDir, 0 where there is no cluster yet.
func clusterMajor(dataDir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("postgres: reading the data folder's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("postgres: %s holds no version: %w", filepath.Join(dataDir, "PG_VERSION"), err)
	}
	return major, nil
}

// createCluster runs initdb beside dataDir and then renames: the name says that it is complete.
func createCluster(ctx context.Context, bin binaries, a account, dataDir string, throwaway bool) error {
	parent := filepath.Dir(dataDir)
	fresh, err := os.MkdirTemp(parent, filepath.Base(dataDir)+".new-")
	if err != nil {
		return fmt.Errorf("postgres: making the data folder: %w", err)
	}
	if err := a.own(fresh); err != nil {
		return err
	}
	if err := runInitdb(ctx, bin, a, fresh, throwaway); err != nil {
		return err
	}
	if err := os.Rename(fresh, dataDir); err != nil {
		return fmt.Errorf("postgres: naming the data folder: %w", err)
	}
	return syncFolder(parent)
}

func runInitdb(ctx context.Context, bin binaries, a account, dataDir string, throwaway bool) error {
	args := []string{
		"--pgdata", dataDir, "--username", Superuser, "--auth", "trust", // why trust is safe: see settings
		"--encoding", "UTF8", "--locale", "C", "--data-checksums", "--no-instructions",
	}
	if throwaway {
		args = append(args, "--no-sync")
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, bin.initdb, args...) //nolint:gosec // found by findBinaries
	cmd.Dir, cmd.Env = "/", environment()
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = attributes(a, syscall.SIGKILL)
	child, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("postgres: starting initdb as %s: %w", a.name, err)
	}
	<-child.exited
	if child.err != nil {
		return fmt.Errorf("postgres: initdb of %s as %s: %w: %s", dataDir, a.name, errors.Join(ctx.Err(), child.err), tail(output.Bytes()))
	}
	return nil
}

// removeUnfinished clears away what interrupted runs of initdb left.
func removeUnfinished(dataDir string) error {
	leftovers, err := filepath.Glob(dataDir + ".new-*")
	if err != nil {
		return fmt.Errorf("postgres: looking for unfinished data folders: %w", err)
	}
	for _, folder := range leftovers {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("postgres: removing an unfinished data folder: %w", err)
		}
	}
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("postgres: flushing %s: %w", path, err)
	}
	defer folder.Close() //nolint:errcheck // only flushed
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("postgres: flushing %s: %w", path, err)
	}
	return nil
}

// tail returns the last 2 KiB of a program's output, for an error message.
func tail(output []byte) string {
	return string(bytes.TrimSpace(output[max(0, len(output)-2048):]))
}
