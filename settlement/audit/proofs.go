package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ProveEntry proves that the entry of the index is in the tree of the first size entries (tlog.CheckRecord).
func (x *Export) ProveEntry(index, size int64) (tlog.RecordProof, error) {
	if index < 0 || index >= size || size > x.newest.Size {
		return nil, fmt.Errorf("audit: no entry %d of %d in an export of %d", index, size, x.newest.Size)
	}
	return tlog.ProveRecord(size, index, &descent{of: x})
}

// ProveTree proves that the tree of the first size entries begins with the one of the first earlier entries
// (tlog.CheckTree).
func (x *Export) ProveTree(earlier, size int64) (tlog.TreeProof, error) {
	if earlier < 1 || earlier > size || size > x.newest.Size {
		return nil, fmt.Errorf("audit: no trees of %d and %d in an export of %d", earlier, size, x.newest.Size)
	}
	return tlog.ProveTree(size, earlier, &descent{of: x})
}

// Hashes reads hashes of the export's tree, for proofs. It is safe for concurrent use.
func (x *Export) Hashes() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return (&descent{of: x}).ReadHashes(indexes) })
}

// Root returns the root of the log's first size entries.
func (x *Export) Root(size int64) (tlog.Hash, error) { return (&descent{of: x}).root(size) }

// Consistent checks that the export goes on from a checkpoint that was signed before, and returns that checkpoint.
// The error is a *RootError where it does not: then the log has two histories.
func (x *Export) Consistent(signed string) (Checkpoint, error) {
	return x.consistent(&descent{of: x}, []byte(signed))
}

func (x *Export) consistent(d *descent, signed []byte) (Checkpoint, error) {
	c, err := openSigned(signed, x.log, x.trust.Others)
	if err != nil {
		return c, err
	}
	have, err := d.root(c.Size)
	if err == nil && have != c.Root {
		err = &RootError{Checkpoint: c, Root: have}
	}
	return c, err
}
