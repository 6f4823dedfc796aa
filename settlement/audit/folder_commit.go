package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// RootError is a signed checkpoint that the entries do not lead to: the log has two histories, or what came of it
// was altered on its way.
type RootError struct {
	Checkpoint Checkpoint
	Root       tlog.Hash // of the entries
}

// Error tells the size and both roots.
func (e *RootError) Error() string {
	return fmt.Sprintf("audit: the first %d entries have root %s, and %s signed %s",
		e.Checkpoint.Size, e.Root, e.Checkpoint.Origin, e.Checkpoint.Root)
}

// Keep adds a checkpoint of the size that the folder has come to as one of those of before. The error is a
// *RootError where the entries do not lead to it.
func (f *Folder) Keep(signed string) error {
	c, err := f.open(signed)
	if err != nil {
		return err
	}
	return f.write(earlierAt(c.Size).name(), []byte(signed))
}

// Commit makes the export one of this checkpoint, which has the size that the folder has come to; the newest of
// before is kept. The error is a *RootError where the entries do not lead to it.
func (f *Folder) Commit(signed string) error {
	if _, err := f.open(signed); err != nil {
		return err
	}
	if err := f.writeEdge(); err != nil {
		return err
	}
	if len(f.signed) > 0 && f.begun < f.edge.size {
		if err := f.write(earlierAt(f.begun).name(), f.signed); err != nil {
			return err
		}
	}
	if err := f.flush(); err != nil {
		return err
	}
	if err := errors.Join(f.write(checkpointFile, []byte(signed)), f.flush()); err != nil {
		return err
	}
	begun := f.begun
	f.begun, f.signed = f.edge.size, []byte(signed)
	return f.removeEdges(begun)
}

func (f *Folder) open(signed string) (Checkpoint, error) {
	c, err := openSigned([]byte(signed), f.log, nil)
	if err != nil {
		return c, err
	}
	if c.Size != f.edge.size {
		return c, fmt.Errorf("audit: checkpoint of %d for an export of %d", c.Size, f.edge.size)
	}
	if have, err := f.edge.root(); err != nil || have != c.Root {
		return c, errors.Join(err, &RootError{Checkpoint: c, Root: have})
	}
	return c, nil
}

// writeEdge writes the tiles that are not full.
func (f *Folder) writeEdge() error {
	for level, hashes := range f.edge.levels {
		if len(hashes) == 0 {
			continue
		}
		if err := f.writeTile(level, count(f.edge.size, level)>>tileHeight, hashes); err != nil {
			return err
		}
	}
	if len(f.bundle) == 0 {
		return nil
	}
	n := f.edge.size >> tileHeight
	return f.write(tileAt(bundles, n, width(f.edge.size, bundles, n)).name(), f.bundle)
}

// removeEdges removes the partial tiles that are not of this size, from the edge of an earlier size on: those of its
// checkpoint, and those of exports that died on the way.
func (f *Folder) removeEdges(earlier int64) error {
	var failed error
	for level := bundles; level <= maxLevel; level++ {
		for n := count(earlier, level) >> tileHeight; n <= count(f.edge.size, level)>>tileHeight; n++ {
			failed = errors.Join(failed, f.removePartial(level, n))
		}
	}
	return failed
}

func (f *Folder) removePartial(level int, n int64) error {
	folder := filepath.Dir(f.path(tileAt(level, n, 1).name()))
	partial, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	current := filepath.Base(tileAt(level, n, width(f.edge.size, level, n)).name()) // of a full one: in no such folder
	left := 0
	for _, file := range partial {
		if file.Name() == current && width(f.edge.size, level, n) < tileWidth {
			left++
			continue
		}
		err = errors.Join(err, os.Remove(filepath.Join(folder, file.Name())))
	}
	if err == nil && left == 0 {
		err = os.Remove(folder)
	}
	if err != nil {
		return fmt.Errorf("audit: remove tiles of before: %w", err)
	}
	return nil
}
