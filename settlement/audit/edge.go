package audit

import "golang.org/x/mod/sumdb/tlog"

// edge is the right edge of a tree in tiles: for each level, the hashes of the tile that is not full yet.
type edge struct {
	size   int64
	levels [maxLevel + 1][]tlog.Hash
}

// append adds a leaf and hands over each tile of hashes that it fills. The hashes are lent.
func (e *edge) append(leaf tlog.Hash, full func(level int, n int64, hashes []tlog.Hash) error) error {
	e.size++
	for level, next := 0, leaf; ; level++ {
		e.levels[level] = append(e.levels[level], next)
		hashes := e.levels[level]
		if len(hashes) < tileWidth {
			return nil
		}
		if err := full(level, count(e.size, level)>>tileHeight-1, hashes); err != nil {
			return err
		}
		next = perfect(hashes)
		e.levels[level] = hashes[:0]
	}
}

func (e *edge) root() (tlog.Hash, error) {
	return root(e.size, func(level int) ([]tlog.Hash, error) { return e.levels[level], nil })
}

// root is the root of the first size leaves, given, for each level, the first hashes of the tile in which the
// edge of that size stands. Levels whose last tile is full are not asked for.
func root(size int64, tile func(level int) ([]tlog.Hash, error)) (tlog.Hash, error) {
	var subtrees []tlog.Hash
	for level := maxLevel; level >= 0; level-- {
		wide := width(size, level, count(size, level)>>tileHeight)
		if wide == 0 {
			continue
		}
		hashes, err := tile(level)
		if err != nil {
			return tlog.Hash{}, err
		}
		subtrees = append(subtrees, complete(hashes[:wide])...)
	}
	tree, err := Resume(size, subtrees)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tree.Root(), nil
}

// complete returns the roots of the complete subtrees over the hashes, largest first.
func complete(hashes []tlog.Hash) []tlog.Hash {
	var roots []tlog.Hash
	for half := tileWidth; half > 0; half /= 2 {
		if len(hashes) >= half {
			roots = append(roots, perfect(hashes[:half]))
			hashes = hashes[half:]
		}
	}
	return roots
}

// perfect is the root over a power of two of hashes, no more than a tile.
func perfect(hashes []tlog.Hash) tlog.Hash {
	var level [tileWidth / 2]tlog.Hash
	if len(hashes) == 1 {
		return hashes[0]
	}
	for len(hashes) > 1 {
		for i := range len(hashes) / 2 {
			level[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1]) // place i was read before it is written
		}
		hashes = level[:len(hashes)/2]
	}
	return hashes[0]
}
