package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// orphanTimeout bounds the wait for the server of a killed process; told to stop at once, PostgreSQL
// gives its own children 5 s before it kills them.
const orphanTimeout = 30 * time.Second

// awaitOrphan returns when no server of an earlier process holds dataDir any more, and clears away the
// pid file of one that could not do so itself.
func awaitOrphan(ctx context.Context, dataDir string) error {
	pidFile := filepath.Join(dataDir, "postmaster.pid")
	pid, err := readPID(pidFile)
	if err != nil || pid == 0 {
		return err
	}
	running, err := servesFolder(pid, dataDir)
	if err != nil {
		return nil //nolint:nilerr // nobody can tell here; PostgreSQL checks the pid and the shared memory by itself
	}
	if running {
		if err := stopOrphan(pid); err != nil {
			return fmt.Errorf("postgres: stopping the server %d of an earlier process: %w", pid, err)
		}
		err = poll(ctx, orphanTimeout, func(context.Context) (bool, error) {
			running, err := servesFolder(pid, dataDir)
			return !running, err
		})
		if err != nil {
			return fmt.Errorf("postgres: waiting for the server of an earlier process (pid %d on %s) to end: %w", pid, dataDir, err)
		}
	}
	// PostgreSQL would refuse to start where another program, or a zombie, now has the pid.
	// Its own check of the shared memory segment still stands between us and a survivor.
	if again, err := readPID(pidFile); err != nil || again != pid {
		return err
	}
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("postgres: removing a stale pid file: %w", err)
	}
	return nil
}

// readPID returns the pid on the first line of a postmaster.pid, 0 where there is no such file.
func readPID(path string) (int, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("postgres: reading the pid file: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	line, _ := bufio.NewReaderSize(file, 32).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0, nil // cut off by a crash while it was written: PostgreSQL says so in its log
	}
	return pid, nil
}

// poll calls done, with growing pauses of 5 to 100 ms, until it says so, fails, ctx ends or the time is up.
func poll(ctx context.Context, timeout time.Duration, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		if ok, err := done(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
