// Package audit exports the settlement log, has exports verified and replayed, and makes receipts of them: what
// `ayni audit` does, and what a switch that runs shows its auditors.
package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Exported is what an export has now, and what of it is new.
type Exported struct {
	Entries, New int64
	Batches      int64 // new
}

// String says it to people.
func (e Exported) String() string {
	return fmt.Sprintf("%d entries, %d of them new, of %d batches", e.Entries, e.New, e.Batches)
}

// Export writes what a ledger's log has beyond the export in a folder, or all of it. The key is the log's verifier
// key (vkey). A log that is not the one that was exported before is an *audit.RootError.
func Export(ctx context.Context, books *store.Ledger, key, dir string, watch func(entries int64)) (done Exported, err error) {
	folder, err := audit.OpenFolder(dir, key)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	return export(ctx, books, folder, watch)
}

// writes is an export that is written: an *audit.Folder or *audit.Stream.
type writes interface {
	Size() int64
	Append(index int64, entry []byte) error
	Blob(body []byte) ([sha256.Size]byte, error)
	Keep(signed string) error
	Commit(signed string) error
}

func export(ctx context.Context, books *store.Ledger, to writes, watch func(entries int64)) (done Exported, err error) {
	from, newest := to.Size(), ""
	err = books.Log(ctx, from, func(b store.LoggedBatch) error {
		if newest != "" {
			if err := to.Keep(newest); err != nil {
				return err
			}
		}
		for _, e := range b.Entries {
			if err := to.Append(e.Index, e.Body); err != nil {
				return err
			}
		}
		for _, body := range b.Blobs {
			if _, err := to.Blob(body); err != nil {
				return err
			}
		}
		newest = b.Note
		done.Batches++
		if watch != nil {
			watch(to.Size())
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	done.Entries, done.New = to.Size(), to.Size()-from
	if newest == "" {
		return done, nil
	}
	return done, to.Commit(newest)
}
