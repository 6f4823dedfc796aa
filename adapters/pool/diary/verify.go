package diary

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Trust is what a reader of a copy knows beforehand.
type Trust struct {
	Key      string          // the log's public key; without it, the copy's own word is taken
	Others   []note.Verifier // whose cosignatures must hold where they stand
	Complete bool            // the copy must show every line, as an export does and a view need not
}

// Page is an entry as a copy shows it.
type Page struct {
	Index  int64
	Entry  []byte
	Lines  []Place // in order; all of them, shown or not
	Hidden int     // how many are not shown
}

// Place is where an entry names a line.
type Place struct {
	Commitment Commitment
	Shown      bool
	Salt       Salt // of a line that is shown, as the line
	Line       Line
}

// Report is what was read.
type Report struct {
	Checkpoint audit.Checkpoint // the newest
	Signed     string           // as it was signed
	Log        note.Verifier    // the log's key
	Shown      int64            // lines
	Hidden     int64
	Findings   []*Finding // why the copy does not hold, in order of entries; none where it does
}

// Verify reads a copy of the log, whole or a view, from end to end: tree and checkpoints, that every line which is
// shown is a well-formed one that an entry names, and that nothing else is there. It hands each entry to visit, in
// order, up to the first with a finding. The error is visit's, the context's, the file system's or audit.ErrMoved.
func Verify(ctx context.Context, files fs.FS, trust Trust, visit func(Page) error) (*Report, error) {
	x, err := audit.OpenExport(files, audit.Trust{Key: trust.Key, Others: trust.Others})
	if finding, ok := errors.AsType[*audit.Finding](err); ok {
		return &Report{Findings: merged(nil, []*audit.Finding{finding})}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &reading{export: x, files: files, complete: trust.Complete}
	export, err := x.Verify(ctx, func(e audit.Entry) error {
		page, err := r.page(e)
		if err != nil || len(r.findings) > 0 {
			return err
		}
		return visit(page)
	})
	if err != nil {
		return nil, err
	}
	return &Report{
		Checkpoint: x.Checkpoint(), Signed: x.Signed(), Log: x.Log(),
		Shown: r.shown, Hidden: r.hidden, Findings: merged(r.findings, export),
	}, nil
}

type reading struct {
	export        *audit.Export
	files         fs.FS
	complete      bool
	shown, hidden int64
	findings      []*Finding
}

func (r *reading) find(f Finding) {
	if len(r.findings) < maxFindings {
		r.findings = append(r.findings, &f)
	}
}

// page reads what is shown of an entry. What is wrong with it is found, and no error.
func (r *reading) page(e audit.Entry) (Page, error) {
	page := Page{Index: e.Index, Entry: e.Body}
	commitments, malformed := ParseEntry(e.Body)
	if malformed != nil {
		file := bundleFile(e.Index, r.export.Checkpoint().Size)
		r.find(Finding{Finding: audit.Finding{Fault: audit.Malformed, File: file, Index: e.Index, Detail: malformed.Error()}, Place: -1})
	}
	page.Lines = make([]Place, len(commitments))
	for i, commitment := range commitments {
		place, err := r.line(e.Index, commitment)
		finding, ok := errors.AsType[*audit.Finding](err)
		switch {
		case ok:
			r.export.Expect(commitment) // that it is named is not in doubt
			r.find(Finding{Finding: *finding, Place: i})
		case err != nil:
			return page, err
		case place.Shown:
			r.shown++
		default:
			page.Hidden++
			r.hidden++
		}
		page.Lines[i] = place
	}
	return page, nil
}

// line reads a line, if it is shown. The error is an *audit.Finding where it is not as its entry names it.
func (r *reading) line(index int64, commitment Commitment) (Place, error) {
	place := Place{Commitment: commitment}
	file := blobFile(commitment)
	find := func(fault audit.Fault, detail string) error {
		return &audit.Finding{Fault: fault, File: file, Index: index, Detail: detail}
	}
	info, err := fs.Lstat(r.files, file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.complete:
		return place, find(audit.Missing, "")
	case errors.Is(err, fs.ErrNotExist):
		return place, nil
	case err != nil:
		return place, fmt.Errorf("diary: %w", err)
	case info.Mode().IsRegular() && info.Size() > int64(maxBlobBytes):
		return place, find(audit.Oversize, fmt.Sprintf("has %d bytes, and may have %d", info.Size(), maxBlobBytes))
	}
	blob, err := r.export.Blob(index, commitment)
	if err != nil {
		return place, err
	}
	place.Salt, place.Line, err = ParseBlob(blob)
	if err != nil {
		return place, find(audit.Malformed, err.Error())
	}
	place.Shown = true
	return place, nil
}
