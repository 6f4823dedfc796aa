package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	freshPrefix  = ".new-" // of files that are being written, in the export's top folder
	flushedEvery = 1 << 10 // files
	flushers     = 16      // a disk flushes many files in one go
)

// writer puts whole files into their places. They are safe from a loss of power after flush.
type writer struct {
	dir string

	mu    sync.Mutex
	count int64
	fresh []string // written and not flushed yet
}

func (w *writer) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

// sweep removes what an export that died was writing.
func (w *writer) sweep() error {
	files, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), freshPrefix) {
			err = errors.Join(err, os.Remove(w.path(f.Name())))
		}
	}
	return err
}

// write writes a file whole or not at all, in place of what is there.
func (w *writer) write(name string, data []byte) error {
	const anybody = 0o666 // less the process's mask
	w.mu.Lock()
	w.count++
	fresh := w.path(freshPrefix + strconv.FormatInt(w.count, 10))
	w.mu.Unlock()
	err := os.WriteFile(fresh, data, anybody)
	if err == nil && name == checkpointFile { // it takes the place of one that is good
		err = flush(fresh)
	}
	if err == nil {
		err = w.place(fresh, w.path(name))
	}
	if err != nil {
		_ = os.Remove(fresh) // which may not be there; the first error is the one to tell
		return fmt.Errorf("audit: write %s: %w", name, err)
	}
	return w.note(name)
}

func (w *writer) place(fresh, path string) error {
	err := os.Rename(fresh, path)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	const listable = 0o777
	if err := os.MkdirAll(filepath.Dir(path), listable); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

func (w *writer) note(name string) error {
	w.mu.Lock()
	w.fresh = append(w.fresh, name)
	many := len(w.fresh) >= flushedEvery
	w.mu.Unlock()
	if many {
		return w.flush()
	}
	return nil
}

// flush has the disk hold every file that was written, and the folders that name them.
func (w *writer) flush() error {
	w.mu.Lock()
	fresh := w.fresh
	w.fresh = nil
	w.mu.Unlock()
	folders := map[string]bool{w.dir: true}
	var group errgroup.Group
	group.SetLimit(flushers)
	for _, name := range fresh {
		path := w.path(name)
		group.Go(func() error { return flush(path) })
		for folder := filepath.Dir(path); !folders[folder]; folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for folder := range folders {
		group.Go(func() error { return flush(folder) })
	}
	return group.Wait()
}

func flush(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // removed again
	}
	if err != nil {
		return fmt.Errorf("audit: flush: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("audit: flush %s: %w", path, err)
	}
	return nil
}
