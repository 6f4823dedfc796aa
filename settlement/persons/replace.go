package persons

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Beside a file stand, while it is changed: the next one, and a second name of the one before.
func next(file string) string     { return file + ".next" }
func previous(file string) string { return file + ".previous" }

// replace puts text where the file is: written and flushed beside it, then moved into its place; then what was there
// is overwritten and removed. The second name keeps what was there within reach of finish, whenever this dies.
func replace(file string, text []byte) error {
	if err := write(next(file), text); err != nil {
		return err
	}
	if err := os.Link(file, previous(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("naming what was there: %w", err)
	}
	if err := flushFolder(file); err != nil { // so that the second name is there when the first is another's
		return err
	}
	if err := os.Rename(next(file), file); err != nil {
		return fmt.Errorf("moving into place: %w", err)
	}
	if err := flushFolder(file); err != nil {
		return err
	}
	return finish(file)
}

// finish ends what replace began, wherever it stopped: it overwrites and removes what stands beside the file.
func finish(file string) error {
	if err := wipe(next(file)); err != nil {
		return err
	}
	old, err := os.Lstat(previous(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at what was there: %w", err)
	}
	now, err := os.Lstat(file)
	if err != nil { // somebody took it away: what was there is not ours to destroy
		return fmt.Errorf("looking at what is there: %w", err)
	}
	if os.SameFile(old, now) { // the move was not reached
		return remove(previous(file))
	}
	return wipe(previous(file))
}

func write(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// read reads the file, which must be its owner's alone.
func read(file string) ([]byte, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return nil, fmt.Errorf("persons: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, &AccessError{File: file, Mode: info.Mode()}
	}
	if info.Size() > int64(MaxSnapshotBytes) {
		return nil, &LimitError{What: "bytes of " + file, Got: int(info.Size()), Max: MaxSnapshotBytes}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("persons: %w", err)
	}
	return text, nil
}

// wipe overwrites a file, flushes that, and removes it. A file that is not there is wiped.
func wipe(file string) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("overwriting: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, zeros{}, info.Size())
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("overwriting: %w", err)
	}
	return remove(file)
}

func remove(file string) error {
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("removing: %w", err)
	}
	return flushFolder(file)
}

// flushFolder makes the names in the file's folder as durable as its bytes.
func flushFolder(file string) error {
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("flushing its folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("flushing its folder: %w", err)
	}
	return nil
}

// zeros reads as zeros for ever.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
