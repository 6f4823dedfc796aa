package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Export reads a log from a folder of static files, of which it believes only what its newest signed checkpoint
// commits to. It holds no more than a few tiles and the names of blobs in memory. It is for any number of goroutines.
type Export struct {
	files    fs.FS
	log      note.Verifier
	trust    Trust
	signed   string
	newest   Checkpoint
	edge     [maxLevel + 1][]tlog.Hash // the hashes of the tiles that are not full
	reachedM sync.Mutex
	reached  map[[sha256.Size]byte]bool
}

// Trust is what a reader of an export knows beforehand. All of it is optional.
type Trust struct {
	Key      string                                     // the log's verifier key; without it, the export's own word is taken
	Others   []note.Verifier                            // whose cosignatures must hold where they stand
	Receipts func(transfer int64, receipt []byte) error // checks a receipt; without it, none may be there
}

// OpenExport opens an export and checks its newest checkpoint and the right edge of its tree. The error is a
// *Finding where the export is not what it should be.
func OpenExport(files fs.FS, trust Trust) (*Export, error) {
	x := newExport(files, trust)
	if err := x.readCheckpoint(); err != nil {
		return nil, err
	}
	if err := x.readEdge(); err != nil {
		return nil, err
	}
	return x, nil
}

func newExport(files fs.FS, trust Trust) *Export {
	return &Export{files: files, trust: trust, reached: map[[sha256.Size]byte]bool{}}
}

func (x *Export) readCheckpoint() error {
	if err := x.readKey(); err != nil {
		return err
	}
	at := place{kind: checkpointKind}
	signed, err := x.read(at, MaxCheckpointBytes)
	if err != nil {
		return err
	}
	if x.newest, err = openSigned(signed, x.log, x.trust.Others); err != nil {
		return at.find(Unsigned, "%v", err)
	}
	x.signed = string(signed)
	return nil
}

func (x *Export) readEdge() (err error) {
	for level := range x.edge {
		n := count(x.newest.Size, level) >> tileHeight
		if wide := width(x.newest.Size, level, n); wide > 0 {
			if x.edge[level], err = x.hashes(level, n, wide); err != nil {
				return err
			}
		}
	}
	have, err := root(x.newest.Size, func(level int) ([]tlog.Hash, error) { return x.edge[level], nil })
	if err == nil && have != x.newest.Root {
		return x.blame()
	}
	return err
}

func (x *Export) readKey() error {
	at := place{kind: keyKind}
	line, err := x.read(at, maxKeyBytes)
	if err != nil {
		return err
	}
	key, ended := strings.CutSuffix(string(line), "\n")
	if x.log, err = ParseKey(key); err != nil || !ended {
		return at.find(Malformed, "is not the line of a verifier key")
	}
	if x.trust.Key != "" && x.trust.Key != key {
		return at.find(Differs, "is the key of %s, not the one to trust", x.log.Name())
	}
	return nil
}

// blame finds the tile at the right edge that does not fit what is below it. Where all fit, the tree is another
// than the checkpoint's.
func (x *Export) blame() *Finding {
	for level, hashes := range x.edge {
		n := count(x.newest.Size, level) >> tileHeight
		if fit := x.fit(level, n, hashes); fit < len(hashes) {
			return tileAt(level, n, len(hashes)).find(Differs, "does not fit what is below it").
				at((n<<tileHeight + int64(fit)) << (tileHeight * level))
		}
	}
	return place{kind: checkpointKind}.find(Differs, "is not of this tree")
}

// fit returns how many of a tile's hashes are those of what is below it, up to the first that is not.
func (x *Export) fit(level int, n int64, hashes []tlog.Hash) int {
	if level == 0 {
		entries, _ := x.bundle(n, hashes) // up to its finding
		return len(entries)
	}
	for i, hash := range hashes {
		below, err := x.hashes(level-1, n<<tileHeight+int64(i), tileWidth)
		if err != nil || perfect(below) != hash {
			return i
		}
	}
	return len(hashes)
}

// Checkpoint returns the newest checkpoint.
func (x *Export) Checkpoint() Checkpoint { return x.newest }

// Signed returns the newest checkpoint as it was signed.
func (x *Export) Signed() string { return x.signed }

// Log returns the log's key: the one to trust, or the export's own.
func (x *Export) Log() note.Verifier { return x.log }

// Blob returns what an entry names. The error is a *Finding where the export does not hold it.
func (x *Export) Blob(entry int64, hash [sha256.Size]byte) ([]byte, error) {
	at := blobAt(hash)
	body, err := x.read(at, MaxBlobBytes)
	if finding, ok := errors.AsType[*Finding](err); ok {
		return nil, finding.at(entry)
	}
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(body) != hash {
		return nil, at.find(Differs, "does not hold what its name says").at(entry)
	}
	x.Expect(hash)
	return body, nil
}

// Expect says that an entry names a blob, for a visitor of Verify who reads it later.
func (x *Export) Expect(hash [sha256.Size]byte) {
	x.reachedM.Lock()
	defer x.reachedM.Unlock()
	x.reached[hash] = true
}

// hashes reads a tile of hashes, as it is.
func (x *Export) hashes(level int, n int64, wide int) ([]tlog.Hash, error) {
	at := tileAt(level, n, wide)
	data, err := x.read(at, int64(wide)*tlog.HashSize)
	if err != nil {
		return nil, err
	}
	if len(data) != wide*tlog.HashSize {
		return nil, at.find(Malformed, "has %d bytes of %d", len(data), wide*tlog.HashSize)
	}
	return readHashes(data), nil
}

// bundle reads a bundle whose entries have these hashes.
func (x *Export) bundle(n int64, want []tlog.Hash) ([][]byte, error) {
	at := tileAt(bundles, n, len(want))
	data, err := x.read(at, maxBundleBytes)
	if err != nil {
		return nil, err
	}
	return at.readBundle(data, want)
}

// read reads a file of at most limit bytes. What is no file is not opened: reading a pipe would never end.
func (x *Export) read(at place, limit int64) ([]byte, error) {
	info, err := fs.Lstat(x.files, at.name())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, at.find(Missing, "")
	case err != nil:
		return nil, fmt.Errorf("audit: export: %w", err)
	case !info.Mode().IsRegular():
		return nil, at.find(Irregular, "is a %s", info.Mode().Type())
	case info.Size() > limit:
		return nil, at.find(Oversize, "has %d bytes, and may have %d", info.Size(), limit)
	}
	f, err := x.files.Open(at.name())
	if err != nil {
		return nil, fmt.Errorf("audit: export: %w", err)
	}
	buffer := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = buffer.ReadFrom(io.LimitReader(f, limit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("audit: export: %s: %w", at.name(), err)
	}
	if int64(buffer.Len()) > limit {
		return nil, at.find(Oversize, "has more than %d bytes", limit)
	}
	return buffer.Bytes(), nil
}
