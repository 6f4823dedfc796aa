package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"
)

// Mirror fetches an export over HTTP into a folder, from where the folder ends on.
type Mirror struct {
	Base   string // the export's address, without a slash at its end
	Key    string // the log's verifier key
	Client *http.Client
	// Names tells which blobs an entry names.
	Names func(entry []byte) ([][sha256.Size]byte, error)
	// Withholds tells whether some of an entry's blobs may be kept from whoever reads, as a pool keeps its lines. nil: none.
	Withholds func(entry []byte) bool
}

// fetchers is how many blobs are fetched at a time.
const fetchers = 8

// maxMoves is how often an export may be written on while it is fetched.
const maxMoves = 5

// Fetch brings the folder to the newest checkpoint. Nothing that was fetched is believed before its root is the
// signed one: the error is a *RootError where it is not, a *Finding where the export lacks a file or has it otherwise,
// a *StatusError where its server refused, and what the folder had stays. It returns the checkpoint.
func (m *Mirror) Fetch(ctx context.Context, dir string) (Checkpoint, error) {
	log, err := ParseKey(m.Key)
	if err != nil {
		return Checkpoint{}, err
	}
	c, signed, err := m.newest(ctx, log)
	for moves := 0; err == nil; moves++ {
		err = m.bring(ctx, dir, c, signed)
		finding, ok := errors.AsType[*Finding](err)
		if !ok || finding.Fault != Missing || moves == maxMoves {
			return c, err
		}
		// A tile that is not full is gone when a fuller one is there.
		before := signed
		if c, signed, err = m.newest(ctx, log); err == nil && signed == before {
			return c, finding
		}
	}
	return c, err
}

// bring brings the folder to a checkpoint, from where it ends on.
func (m *Mirror) bring(ctx context.Context, dir string, c Checkpoint, signed string) (err error) {
	folder, err := OpenFolder(dir, m.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if c.Size < folder.Size() {
		return fmt.Errorf("audit: mirror: %s has %d entries, the folder %d", m.Base, c.Size, folder.Size())
	}
	return m.fetch(ctx, folder, c, signed)
}

func (m *Mirror) newest(ctx context.Context, log note.Verifier) (Checkpoint, string, error) {
	at := place{kind: checkpointKind}
	signed, err := m.get(ctx, at, MaxCheckpointBytes)
	if err != nil {
		return Checkpoint{}, "", err
	}
	c, err := openSigned(signed, log, nil)
	if err != nil {
		return c, "", at.find(Unsigned, "%v", err)
	}
	return c, string(signed), nil
}

// named is a blob, and the first entry that names it.
type named struct {
	entry    int64
	hash     [sha256.Size]byte
	withheld bool // it may be
}

// fetch brings the folder to a checkpoint. Blobs come after the entries that name them were found to be the log's:
// until then they could be anything, of any number.
func (m *Mirror) fetch(ctx context.Context, folder *Folder, c Checkpoint, signed string) error {
	var all []named
	for folder.Size() < c.Size {
		more, err := m.bundle(ctx, folder, c.Size)
		if err != nil {
			return err
		}
		all = append(all, more...)
	}
	if _, err := folder.open(signed); err != nil {
		return err
	}
	group, fetching := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	for _, b := range all {
		group.Go(func() error { return m.blob(fetching, folder, b) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return folder.Commit(signed)
}

// bundle appends the entries of the next bundle, and returns what they name.
func (m *Mirror) bundle(ctx context.Context, folder *Folder, size int64) ([]named, error) {
	n := folder.Size() / tileWidth
	at := tileAt(bundles, n, width(size, bundles, n))
	data, err := m.get(ctx, at, maxBundleBytes)
	if err != nil {
		return nil, err
	}
	entries, err := at.split(data)
	if err != nil {
		return nil, err
	}
	var all []named
	for _, entry := range entries[folder.Size()-at.first():] {
		hashes, err := m.Names(entry)
		if err != nil {
			return nil, fmt.Errorf("audit: mirror: entry %d: %w", folder.Size(), err)
		}
		withheld := m.Withholds != nil && m.Withholds(entry)
		for _, hash := range hashes {
			all = append(all, named{entry: folder.Size(), hash: hash, withheld: withheld})
		}
		if err := folder.Append(folder.Size(), entry); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (m *Mirror) blob(ctx context.Context, folder *Folder, b named) error {
	at := blobAt(b.hash)
	body, err := m.get(ctx, at, MaxBlobBytes)
	if ctx.Err() != nil { // another blob was wrong: what it says is in this error, too, and not this blob's
		return ctx.Err()
	}
	if err == nil && sha256.Sum256(body) != b.hash {
		err = at.find(Differs, "does not hold what its name says")
	}
	if finding, ok := errors.AsType[*Finding](err); ok {
		if b.withheld && finding.Fault == Missing {
			return nil
		}
		return finding.at(b.entry)
	}
	if err == nil {
		_, err = folder.Blob(body)
	}
	return err
}
