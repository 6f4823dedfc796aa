package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

const (
	maxFindings = 100  // of one export: who looks further has seen enough
	maxDepth    = 12   // folders in folders: blobs need two, tiles of 10^18 entries eight
	surveyPage  = 1000 // names read at a time
)

// survey is what lies in an export, by name.
type survey struct {
	of       *Export
	earlier  []int64
	receipts []int64
	blobs    map[[sha256.Size]byte]bool
	findings []*Finding
}

func (x *Export) survey(ctx context.Context) (*survey, error) {
	s := &survey{of: x, blobs: map[[sha256.Size]byte]bool{}}
	if err := s.walk(ctx, ".", 0); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *survey) walk(ctx context.Context, folder string, depth int) error {
	f, err := s.of.files.Open(folder)
	if err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	listing, ok := f.(fs.ReadDirFile)
	if !ok {
		return fmt.Errorf("audit: export: %s cannot be listed", folder)
	}
	empty := true
	for len(s.findings) < maxFindings {
		page, err := listing.ReadDir(surveyPage)
		for _, file := range page {
			empty = false
			if err := s.see(ctx, path.Join(folder, file.Name()), file, depth); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			if empty && depth > 0 {
				s.add(&Finding{Fault: Unknown, File: folder, Index: -1, Detail: "is an empty folder"})
			}
			return nil
		case err != nil:
			return fmt.Errorf("audit: export: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
	return nil
}

func (s *survey) see(ctx context.Context, name string, file fs.DirEntry, depth int) error {
	if file.IsDir() {
		if depth < maxDepth {
			return s.walk(ctx, name, depth+1)
		}
		s.add(&Finding{Fault: Unknown, File: name, Index: -1, Detail: "is too deep"})
		return nil
	}
	p, known := placeOf(name)
	switch {
	case !file.Type().IsRegular():
		s.add(&Finding{Fault: Irregular, File: name, Index: -1, Detail: "is a " + file.Type().String()})
	case !known:
		s.add(&Finding{Fault: Unknown, File: name, Index: -1, Detail: "is no file of an export"})
	default:
		s.sort(p)
	}
	return nil
}

// sort puts a file where it will be read, if anything leads to it.
func (s *survey) sort(p place) {
	size := s.of.newest.Size
	switch {
	case p.kind == tileKind && width(size, p.tile.L, p.tile.N) != p.tile.W:
		s.add(p.find(Unknown, "a tree of %d entries has no such tile", size))
	case p.kind == earlierKind && p.number > size:
		s.add(p.find(Unknown, "the newest checkpoint has %d entries", size))
	case p.kind == receiptKind && s.of.trust.Receipts == nil:
		s.add(p.find(Unknown, "nobody here can check receipts"))
	case p.kind == earlierKind:
		s.earlier = append(s.earlier, p.number)
	case p.kind == receiptKind:
		s.receipts = append(s.receipts, p.number)
	case p.kind == blobKind:
		s.blobs[p.hash] = true
	}
}

func (s *survey) add(f *Finding) {
	if len(s.findings) < maxFindings {
		s.findings = append(s.findings, f)
	}
}
