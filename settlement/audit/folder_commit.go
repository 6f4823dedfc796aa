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

// removeEdges removes the tiles that are not of this size, from the edge of an earlier size on: the partial ones of its
// checkpoint, and those of exports that died on the way, or brought what was not of the log.
func (f *Folder) removeEdges(earlier int64) error {
	var failed error
	for level := bundles; level <= maxLevel; level++ {
		last := count(f.edge.size, level) >> tileHeight
		for f.reaches(level, last+1) {
			last++
		}
		for n := last; n >= count(earlier, level)>>tileHeight; n-- { // downwards, so that what is left has no gap
			failed = errors.Join(failed, f.removePartial(level, n))
			if width(f.edge.size, level, n) < tileWidth {
				failed = errors.Join(failed, f.remove(tileAt(level, n, tileWidth).name()))
			}
		}
	}
	return failed
}

// reaches tells whether there is anything of the tile.
func (f *Folder) reaches(level int, n int64) bool {
	_, full := os.Lstat(f.path(tileAt(level, n, tileWidth).name()))
	_, partial := os.Lstat(filepath.Dir(f.path(tileAt(level, n, 1).name())))
	return full == nil || partial == nil
}

func (f *Folder) removePartial(level int, n int64) error {
	current := tileAt(level, n, width(f.edge.size, level, n)).name()
	folder := filepath.ToSlash(filepath.Dir(tileAt(level, n, 1).name()))
	partial, err := os.ReadDir(f.path(folder))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, file := range partial {
		if name := folder + "/" + file.Name(); name != current {
			err = errors.Join(err, f.remove(name))
		}
	}
	return err
}

// remove removes a file, if it is there, and the folders that it leaves empty.
func (f *Folder) remove(name string) error {
	path := f.path(name)
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit: remove a tile of before: %w", err)
	}
	for path = filepath.Dir(path); path != f.dir && err == nil; path = filepath.Dir(path) {
		err = os.Remove(path) // fails where something is left
	}
	return nil
}
