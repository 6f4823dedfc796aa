package audit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// ErrMoved says that the export was written on while it was read. Reading it again helps.
var ErrMoved = errors.New("audit: the export was written on while it was read")

// Verify reads an export from end to end: every entry, handed to visit in order, which asks for the blobs that it
// names (Export.Blob); every checkpoint of before, and every receipt; and it finds every file that nothing led to.
// Findings stand in the order of the entries that they touch, a hundred at most; entries end with the first of
// theirs. The error is visit's, the context's, the file system's, or ErrMoved.
func (x *Export) Verify(ctx context.Context, visit func(Entry) error) ([]*Finding, error) {
	s, err := x.survey(ctx)
	if err != nil {
		return nil, err
	}
	whole, err := s.collect(x.visit(ctx, visit))
	if err == nil {
		_, err = s.collect(s.checkEarlier(ctx))
	}
	if err == nil {
		err = s.checkReceipts()
	}
	if err != nil {
		return nil, err
	}
	if whole { // else entries that were not read may name them
		x.leftBlobs(s)
	}
	if len(s.findings) > 0 {
		if now, err := x.read(place{kind: checkpointKind}, MaxCheckpointBytes); err == nil && !bytes.Equal(now, []byte(x.signed)) {
			return nil, ErrMoved
		}
	}
	slices.SortStableFunc(s.findings, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(uint64(a.Index), uint64(b.Index)), cmp.Compare(a.File, b.File)) //nolint:gosec // -1 is last
	})
	return s.findings, nil
}

// collect puts an error that is a finding to the others, and tells whether it was none.
func (s *survey) collect(err error) (bool, error) {
	if finding, ok := errors.AsType[*Finding](err); ok {
		s.add(finding)
		return false, nil
	}
	return err == nil, err
}

func (x *Export) visit(ctx context.Context, visit func(Entry) error) error {
	for entry, err := range x.Entries(ctx, 0) {
		if err == nil {
			err = visit(entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkEarlier holds the checkpoints of before against the tree, on every core a row of them by size, so that each
// tile is read once. The error is about the smallest that is wrong.
func (s *survey) checkEarlier(ctx context.Context) error {
	slices.Sort(s.earlier)
	share := len(s.earlier)/runtime.NumCPU() + 1
	var group errgroup.Group
	wrong := make([]error, runtime.NumCPU()+1)
	for i, row := range slices.Collect(slices.Chunk(s.earlier, share)) {
		group.Go(func() error {
			d := &descent{of: s.of}
			for j := 0; j < len(row) && wrong[i] == nil; j++ {
				wrong[i] = cmp.Or(ctx.Err(), s.of.checkEarlier(d, earlierAt(row[j])))
			}
			return nil
		})
	}
	_ = group.Wait() // each tells in its place
	return cmp.Or(wrong...)
}

func (x *Export) checkEarlier(d *descent, at place) error {
	signed, err := x.read(at, MaxCheckpointBytes)
	if err != nil {
		return err
	}
	c, err := x.consistent(d, signed)
	if finding, ok := errors.AsType[*Finding](err); ok {
		return finding
	}
	_, other := errors.AsType[*RootError](err)
	switch {
	case other:
		return at.find(Differs, "%v", err)
	case err != nil:
		return at.find(Unsigned, "%v", err)
	case c.Size != at.number:
		return at.find(Differs, "is a checkpoint of %d", c.Size)
	}
	return nil
}

func (s *survey) checkReceipts() error {
	slices.Sort(s.receipts)
	for _, transfer := range s.receipts {
		at := receiptAt(transfer)
		body, err := s.of.read(at, MaxReceiptBytes)
		if err == nil {
			if wrong := s.of.trust.Receipts(transfer, body); wrong != nil {
				err = at.find(Differs, "%v", wrong)
			}
		}
		if _, err = s.collect(err); err != nil {
			return err
		}
	}
	return nil
}

func (x *Export) leftBlobs(s *survey) {
	x.reachedM.Lock()
	defer x.reachedM.Unlock()
	for hash := range s.blobs {
		if !x.reached[hash] {
			s.add(blobAt(hash).find(Unknown, "no entry names it"))
		}
	}
}
