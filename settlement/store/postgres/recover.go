package postgres

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Target says how far a base backup is brought by the write-ahead log.
type Target struct {
	WAL   string    // folder of segments as pg_receivewal leaves them; "" for what the backup has in itself
	Until time.Time // keep what was committed until then; the zero time for all there is
	XID   string    // likewise, until this transaction, itself included; "" for all there is
}

const (
	signalFile = "recovery.signal"
	autoFile   = "postgresql.auto.conf"
	// recoverTimeout bounds a recovery, which reads all that was written since the base backup.
	recoverTimeout = 24 * time.Hour
	segmentBytes   = 16 << 20 // initdb's default
)

// Recover makes the data folder of cfg.Dir, where there must be none, of the tar of a base backup, brings it to the
// target, and returns its server, which writes a timeline of its own from then on. Where the log ends before the
// target, the error is what PostgreSQL says. What failed is left as DIR/postgres.new-*, removed at the next start.
func Recover(ctx context.Context, cfg Config, base io.Reader, target Target) (*Server, error) {
	dir, dataDir, err := prepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(dataDir); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("postgres: %s: %w", dataDir, errors.Join(fs.ErrExist, err))
	}
	a, err := serverAccount(dataDir)
	if err != nil {
		return nil, err
	}
	if err := a.checkReach(dir); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(dir, filepath.Base(dataDir)+".new-")
	if err != nil {
		return nil, fmt.Errorf("postgres: making the data folder: %w", err)
	}
	if err := errors.Join(a.own(fresh), unpack(tar.NewReader(base), fresh, a)); err != nil {
		return nil, err
	}
	staged := dataDir + ".wal"
	if err := stage(target.WAL, staged, a); err != nil {
		return nil, err
	}
	kept, err := aim(fresh, staged, target, a)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, dataDir); err != nil {
		return nil, fmt.Errorf("postgres: naming the data folder: %w", err)
	}
	s, err := Start(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, os.Rename(dataDir, fresh))
	}
	// Only the recovery is steered by what was written for it.
	if err := errors.Join(os.WriteFile(filepath.Join(dataDir, autoFile), kept, 0o600), os.RemoveAll(staged)); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: ending the recovery: %w", err), s.Stop(ctx))
	}
	return s, nil
}

// unpack writes the files of a tar below a folder; names that would lead out of it are errors.
func unpack(from *tar.Reader, into string, a account) error {
	root, err := os.OpenRoot(into)
	if err != nil {
		return fmt.Errorf("postgres: unpacking: %w", err)
	}
	defer root.Close() //nolint:errcheck // nothing is written through it itself
	for {
		header, err := from.Next()
		if errors.Is(err, io.EOF) {
			return syncFolder(into)
		}
		if err == nil {
			err = unpackOne(root, header, from, a)
		}
		if err != nil {
			return fmt.Errorf("postgres: unpacking: %w", err)
		}
	}
}

func unpackOne(root *os.Root, header *tar.Header, from io.Reader, a account) error {
	name := filepath.Clean(header.Name)
	switch header.Typeflag {
	case tar.TypeDir:
		if name == "." {
			return nil
		}
		if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, from)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	default: // tablespaces, which a data folder of ours has none of
		return fmt.Errorf("%s is no file and no folder", name)
	}
	return a.own(filepath.Join(root.Name(), name))
}

// stage copies a write-ahead log to where the server's user may read it. The segment that was being written is there
// under its whole name too: what is in it is as good as its checksums say.
func stage(wal, into string, a account) error {
	if err := errors.Join(os.RemoveAll(into), os.Mkdir(into, 0o700), a.own(into)); err != nil {
		return fmt.Errorf("postgres: the write-ahead log: %w", err)
	}
	if wal == "" {
		return nil
	}
	entries, err := os.ReadDir(wal)
	if err != nil {
		return fmt.Errorf("postgres: the write-ahead log: %w", err)
	}
	for _, entry := range entries {
		name, partial := strings.CutSuffix(entry.Name(), ".partial")
		if !entry.Type().IsRegular() || !ofWAL(name) {
			continue
		}
		to := filepath.Join(into, name)
		if _, err := os.Lstat(to); partial && err == nil {
			continue // the whole one is there
		}
		if err := errors.Join(copyFile(filepath.Join(wal, entry.Name()), to), a.own(to)); err != nil {
			return fmt.Errorf("postgres: the write-ahead log: %w", err)
		}
	}
	return nil
}

// ofWAL tells whether a name is a segment's or a timeline's.
func ofWAL(name string) bool {
	digits := strings.TrimSuffix(name, ".history")
	if len(digits) != 24 && (len(digits) != 8 || digits == name) {
		return false
	}
	return strings.Trim(digits, "0123456789ABCDEF") == ""
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, segmentBytes))
	return errors.Join(err, out.Close())
}

// aim writes what steers the recovery, and returns the file that it stands in as it was.
func aim(dataDir, staged string, target Target, a account) (kept []byte, err error) {
	auto := filepath.Join(dataDir, autoFile)
	if kept, err = os.ReadFile(auto); err != nil {
		return nil, fmt.Errorf("postgres: aiming the recovery: %w", err)
	}
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	lines := []string{
		"restore_command = " + quote(`cp "`+staged+`/%f" "%p"`),
		"hot_standby = off", // nobody looks before it is there
		"recovery_target_timeline = 'latest'",
		"recovery_target_action = 'promote'",
	}
	if !target.Until.IsZero() {
		lines = append(lines, "recovery_target_time = "+quote(target.Until.UTC().Format("2006-01-02 15:04:05.999999+00")))
	}
	if target.XID != "" {
		lines = append(lines, "recovery_target_xid = "+quote(target.XID))
	}
	text := append(append([]byte{}, kept...), "\n"+strings.Join(lines, "\n")+"\n"...)
	signal := filepath.Join(dataDir, signalFile)
	err = errors.Join(os.WriteFile(auto, text, 0o600), os.WriteFile(signal, nil, 0o600), a.own(signal)) //nolint:gosec // of the server's own
	if err != nil {
		return nil, fmt.Errorf("postgres: aiming the recovery: %w", err)
	}
	return kept, nil
}

// patience is how long a server may take until it answers.
func patience(dataDir string) time.Duration {
	if _, err := os.Stat(filepath.Join(dataDir, signalFile)); err == nil {
		return recoverTimeout
	}
	return startTimeout
}
