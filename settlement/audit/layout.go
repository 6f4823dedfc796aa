package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// layout lays a log out in the files of an export, as far as they are whole. What it hands to put is lent.
type layout struct {
	log    note.Verifier
	edge   edge
	bundle []byte // entries of the last bundle, which is not full
	put    func(name string, data []byte) error
}

// Size is the number of entries, and the index of the next.
func (l *layout) Size() int64 { return l.edge.size }

// Append adds the entry of the index, which must be the next. It is part of the export once a checkpoint is.
func (l *layout) Append(index int64, entry []byte) error {
	switch {
	case index != l.edge.size:
		return fmt.Errorf("audit: entry %d appended to an export of %d", index, l.edge.size)
	case len(entry) > MaxEntryBytes:
		return fmt.Errorf("audit: entry %d of %d bytes", index, len(entry))
	case !isCanonical(entry):
		return fmt.Errorf("audit: entry %d is not canonical JSON", index)
	}
	l.bundle = appendEntry(l.bundle, entry)
	if err := l.edge.append(Leaf(entry), l.writeTile); err != nil {
		return err
	}
	if l.edge.size%tileWidth > 0 {
		return nil
	}
	err := l.put(tileAt(bundles, index/tileWidth, tileWidth).name(), l.bundle)
	l.bundle = l.bundle[:0]
	return err
}

func (l *layout) writeTile(level int, n int64, hashes []tlog.Hash) error {
	return l.put(tileAt(level, n, len(hashes)).name(), appendHashes(nil, hashes))
}

// Blob keeps bytes under their SHA-256, which it returns.
func (l *layout) Blob(body []byte) ([sha256.Size]byte, error) {
	hash := sha256.Sum256(body)
	if len(body) > MaxBlobBytes {
		return hash, fmt.Errorf("audit: blob of %d bytes", len(body))
	}
	return hash, l.put(blobAt(hash).name(), body)
}

// Keep adds a checkpoint of the size that the folder has come to as one of those of before. The error is a
// *RootError where the entries do not lead to it.
func (l *layout) Keep(signed string) error {
	c, err := l.open(signed)
	if err != nil {
		return err
	}
	return l.put(earlierAt(c.Size).name(), []byte(signed))
}

func (l *layout) open(signed string) (Checkpoint, error) {
	c, err := openSigned([]byte(signed), l.log, nil)
	if err != nil {
		return c, err
	}
	if c.Size != l.edge.size {
		return c, fmt.Errorf("audit: checkpoint of %d for an export of %d", c.Size, l.edge.size)
	}
	if have, err := l.edge.root(); err != nil || have != c.Root {
		return c, errors.Join(err, &RootError{Checkpoint: c, Root: have})
	}
	return c, nil
}

// writeEdge writes the tiles that are not full.
func (l *layout) writeEdge() error {
	for level, hashes := range l.edge.levels {
		if len(hashes) == 0 {
			continue
		}
		if err := l.writeTile(level, count(l.edge.size, level)>>tileHeight, hashes); err != nil {
			return err
		}
	}
	if len(l.bundle) == 0 {
		return nil
	}
	n := l.edge.size >> tileHeight
	return l.put(tileAt(bundles, n, width(l.edge.size, bundles, n)).name(), l.bundle)
}
