package diary

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"regexp"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Logged is an entry as it is kept, with the blobs of all its lines, in order of place.
type Logged struct {
	Index int64
	Entry []byte
	Blobs [][]byte
}

// Check holds the lines against the entry that names them.
func (l Logged) Check() error {
	commitments, err := ParseEntry(l.Entry)
	if err != nil {
		return fmt.Errorf("entry %d: %w", l.Index, err)
	}
	if len(commitments) != len(l.Blobs) {
		return fmt.Errorf("diary: entry %d names %d lines, %d are kept", l.Index, len(commitments), len(l.Blobs))
	}
	for place, blob := range l.Blobs {
		if commitments[place] != Commit(blob) {
			return fmt.Errorf("diary: line %d of entry %d is not what the entry names", place, l.Index)
		}
	}
	return nil
}

// Kept is a log where it is kept.
type Kept interface {
	// Newest returns the log's size and its signed checkpoint.
	Newest(ctx context.Context) (size int64, checkpoint string, err error)
	// Entries hands over the entries before the size, in order. It ends with the first error.
	Entries(ctx context.Context, size int64) iter.Seq2[Logged, error]
}

// FolderError says that a folder does not hold the export that is to be written on. Nothing was added to it.
type FolderError struct {
	Dir, File string
	Why       string
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("diary: %s: %s: %s; begin in another folder", e.Dir, e.File, e.Why)
}

// WriteExport writes the whole log into a folder, or on from where the folder ends (audit.Folder); key is the log's
// public key. The error is *FolderError where the folder holds a view: whoever was given it would be shown the rest.
func WriteExport(ctx context.Context, dir, key string, log Kept) error {
	return (&copying{dir: dir, key: key, log: log, whole: true}).run(ctx, func(Line) bool { return true })
}

// WriteView writes the log into a folder as WriteExport does, with the lines that are shown and no other. The error is
// *FolderError where the folder has more: a line that is not shown, or what is no file of an export.
func WriteView(ctx context.Context, dir, key string, log Kept, shown func(Line) bool) error {
	return (&copying{dir: dir, key: key, log: log}).run(ctx, shown)
}

// copying is an export or a view being written.
type copying struct {
	dir, key string
	log      Kept
	whole    bool
	size     int64
	shown    map[Commitment]int64 // and the index of their entry
}

func (c *copying) run(ctx context.Context, shown func(Line) bool) (err error) {
	size, checkpoint, err := c.log.Newest(ctx)
	if err != nil {
		return err
	}
	c.size = size
	if err := c.choose(ctx, shown); err != nil {
		return err
	}
	if _, err := c.inspect(); err != nil { // before anything is there
		return err
	}
	folder, err := audit.OpenFolder(c.dir, c.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	have, err := c.inspect() // and nobody else writes to it any more
	if err != nil {
		return err
	}
	if err := c.lacks(have, folder.Size()); err != nil {
		return err
	}
	for logged, err := range c.log.Entries(ctx, c.size) {
		if err == nil {
			err = c.add(folder, logged, have)
		}
		if err != nil {
			return err
		}
	}
	return folder.Commit(checkpoint)
}

// choose finds the lines that are shown.
func (c *copying) choose(ctx context.Context, shown func(Line) bool) error {
	c.shown = map[Commitment]int64{}
	for logged, err := range c.log.Entries(ctx, c.size) {
		if err != nil {
			return err
		}
		if err := logged.Check(); err != nil {
			return err
		}
		for place, blob := range logged.Blobs {
			_, line, err := ParseBlob(blob)
			if err != nil {
				return fmt.Errorf("line %d of entry %d: %w", place, logged.Index, err)
			}
			if shown(line) {
				c.shown[Commit(blob)] = logged.Index
			}
		}
	}
	return nil
}

// add puts an entry into the folder, and its lines that are shown. What the folder has stays as it is.
func (c *copying) add(folder *audit.Folder, logged Logged, have map[Commitment]bool) error {
	for _, blob := range logged.Blobs {
		commitment := Commit(blob)
		if _, shown := c.shown[commitment]; !shown || have[commitment] {
			continue
		}
		if _, err := folder.Blob(blob); err != nil {
			return err
		}
	}
	if logged.Index < folder.Size() {
		return nil
	}
	return folder.Append(logged.Index, logged.Entry)
}

// inspect lists the lines that the folder has, and refuses what has no place in it.
func (c *copying) inspect() (map[Commitment]bool, error) {
	have := map[Commitment]bool{}
	refuse := func(file, why string) error { return &FolderError{Dir: c.dir, File: file, Why: why} }
	err := fs.WalkDir(os.DirFS(c.dir), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() {
			return err
		}
		commitment, isBlob := blobOf(name)
		_, shown := c.shown[commitment]
		switch {
		case !d.Type().IsRegular():
			return refuse(name, "is no plain file")
		case isBlob && !shown:
			return refuse(name, "is not for whom this is")
		case isBlob:
			have[commitment] = true
		case !ofExport.MatchString(name):
			return refuse(name, "is no file of such an export")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return have, nil
}

// lacks refuses to make an export of a view: of what the folder has come to, all lines are there.
func (c *copying) lacks(have map[Commitment]bool, size int64) error {
	if !c.whole {
		return nil
	}
	for commitment, index := range c.shown {
		if index < size && !have[commitment] {
			return &FolderError{Dir: c.dir, File: blobFile(commitment), Why: "is missing, as in a view"}
		}
	}
	return nil
}

// ofExport matches the files other than lines' that may be there: also one that an export which died was writing.
var ofExport = regexp.MustCompile(`^(checkpoint|keys/log|\.new-\d+|checkpoints/(x\d{3}/)*\d{3}|tile/(entries|\d{1,2})/(x\d{3}/)*\d{3}(\.p/\d{1,3})?)$`)

// blobFile is where an export keeps a line.
func blobFile(c Commitment) string {
	text := c.String()
	return "blobs/" + text[:2] + "/" + text
}

func blobOf(name string) (Commitment, bool) {
	c, ok := ParseCommitment(path.Base(name))
	return c, ok && blobFile(c) == name
}
