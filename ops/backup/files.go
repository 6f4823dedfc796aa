package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// attempts is how often a file that changes while it is read is read again.
const attempts = 20

// BusyError says that a file changed faster than it could be copied. A retry helps at a quieter moment.
type BusyError struct{ File string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("backup: %s changes faster than it can be copied: stop its program, or try at a quieter moment", e.File)
}

// left tells what of a data folder a backup leaves out: PostgreSQL's, which has a base backup; streams, which follow
// from the ledger; locks, logs and what was never finished.
func left(path string) bool {
	base := filepath.Base(path)
	switch {
	case path == "postgres", path == filepath.Join("nats", "streams"), path == "postgres.wal", base == "lock":
		return true
	case strings.HasPrefix(base, "postgres.log"), strings.HasPrefix(base, "postgres.new-"):
		return true
	default:
		return strings.HasSuffix(base, ".partial") || strings.HasSuffix(base, ".lock") || strings.HasPrefix(base, ".")
	}
}

// keepFiles copies the files of a data folder into a vault, those that are a database of their own as of one moment.
func (v *vault) keepFiles(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since its folder was read
		}
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		inside, err := os.Stat(v.folder)
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		if entry.IsDir() {
			info, err := entry.Info()
			if name != "." && left(name) || err == nil && os.SameFile(info, inside) {
				return fs.SkipDir
			}
			return nil
		}
		if left(name) || !entry.Type().IsRegular() {
			return nil
		}
		return v.keepFile(path, filesFolder+"/"+filepath.ToSlash(name))
	})
}

func (v *vault) keepFile(path, name string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	steady, err := steadyCopy(path)
	if err != nil {
		return err
	}
	defer os.Remove(steady.Name()) //nolint:errcheck // it is beside what it is a copy of, and no worse kept
	defer steady.Close()           //nolint:errcheck // only read
	return v.put(name, info.Mode(), func(w io.Writer) error {
		_, err := io.Copy(w, steady)
		return err
	})
}

// steadyCopy copies a file, as of one moment, beside it.
func steadyCopy(path string) (*os.File, error) {
	to, err := os.CreateTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	for range attempts {
		var steady bool
		if steady, err = copyOnce(path, to); err != nil || steady {
			break
		}
		err = &BusyError{File: path}
	}
	if err == nil {
		_, err = to.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, to.Close(), os.Remove(to.Name()))
	}
	return to, nil
}

// copyOnce copies a file and tells whether the copy is of one moment.
func copyOnce(path string, to *os.File) (steady bool, err error) {
	from, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("backup: %w", err)
	}
	defer from.Close() //nolint:errcheck // only read
	before, err := newest(from)
	if err != nil {
		return false, fmt.Errorf("backup: %s: %w", path, err)
	}
	stamp, err := stampOf(path)
	if err != nil {
		return false, err
	}
	_, err = to.Seek(0, io.SeekStart)
	if err == nil {
		err = to.Truncate(0)
	}
	if err == nil {
		_, err = io.Copy(to, io.NewSectionReader(from, 0, 1<<62))
	}
	if err != nil {
		return false, fmt.Errorf("backup: %s: %w", path, err)
	}
	if before != nil {
		return before.settle(from, to)
	}
	again, err := stampOf(path)
	return again.same(stamp), err
}

// stamp tells one version of a file from another.
type stamp struct {
	info fs.FileInfo
	size int64
	at   time.Time
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, fmt.Errorf("backup: %w", err)
	}
	return stamp{info: info, size: info.Size(), at: info.ModTime()}, nil
}

func (s stamp) same(other stamp) bool {
	return s.info != nil && os.SameFile(s.info, other.info) && s.size == other.size && s.at.Equal(other.at)
}
