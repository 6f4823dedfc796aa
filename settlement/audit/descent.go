package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// descent hands out hashes of the tree that its root commits to: each tile is held against its parent before it is
// believed, so that the first that differs is named, whatever is wrong below. It keeps the last tile of each level,
// and is for one goroutine.
type descent struct {
	of   *Export
	last [maxLevel + 1]struct {
		n      int64
		hashes []tlog.Hash
	}
}

// tile returns the hashes of a tile as wide as it is in the export.
func (d *descent) tile(level int, n int64) ([]tlog.Hash, error) {
	size := d.of.newest.Size
	switch wide := width(size, level, n); {
	case n < 0 || wide == 0:
		return nil, fmt.Errorf("audit: tile %d/%d is not in a tree of %d", level, n, size)
	case wide < tileWidth:
		return d.of.edge[level], nil
	}
	last := &d.last[level]
	if last.hashes != nil && last.n == n {
		return last.hashes, nil
	}
	hashes, err := d.of.hashes(level, n, tileWidth)
	if err != nil {
		return nil, err
	}
	parent, err := d.hash(level+1, n)
	if err != nil {
		return nil, err
	}
	if perfect(hashes) != parent {
		return nil, tileAt(level, n, tileWidth).find(Differs, "is not the tile that the one above it has")
	}
	last.n, last.hashes = n, hashes
	return hashes, nil
}

// hash returns the hash of the complete subtree n of 256^level leaves.
func (d *descent) hash(level int, n int64) (tlog.Hash, error) {
	hashes, err := d.tile(level, n>>tileHeight)
	if err != nil {
		return tlog.Hash{}, err
	}
	at := int(n & (tileWidth - 1))
	if at >= len(hashes) {
		return tlog.Hash{}, fmt.Errorf("audit: subtree %d of level %d is not in a tree of %d", n, level, d.of.newest.Size)
	}
	return hashes[at], nil
}

// root returns the root of the log's first size entries.
func (d *descent) root(size int64) (tlog.Hash, error) {
	if size < 0 || size > d.of.newest.Size {
		return tlog.Hash{}, fmt.Errorf("audit: an export of %d has no root of %d", d.of.newest.Size, size)
	}
	return root(size, func(level int) ([]tlog.Hash, error) { return d.tile(level, count(size, level)>>tileHeight) })
}

// ReadHashes makes the descent a tlog.HashReader.
func (d *descent) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		within := level % tileHeight // of the tile: over 2^within of its hashes
		begin := n << within
		tile, err := d.tile(level/tileHeight, begin>>tileHeight)
		if err != nil {
			return nil, err
		}
		at := int(begin & (tileWidth - 1))
		if at+1<<within > len(tile) {
			return nil, fmt.Errorf("audit: hash %d is not in a tree of %d", index, d.of.newest.Size)
		}
		hashes[i] = perfect(tile[at : at+1<<within])
	}
	return hashes, nil
}
