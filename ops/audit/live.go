package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// live holds a ledger against what an export makes of it, batch by batch.
type live struct {
	kept    *store.Kept
	log     note.Verifier
	tree    audit.Tree
	batches int64
}

// observer compares a batch with what the ledger has of it. Its error is a *verify.DivergedError, or about reading.
func (l *live) observer(ctx context.Context) verify.Observer {
	return func(s verify.Step) error {
		differ := func(what, expected, found string) error {
			return &verify.DivergedError{Index: s.Index, Batch: s.Batch.ID, What: "the ledger: " + what, Expected: expected, Found: found}
		}
		logged, err := l.kept.Logged(ctx, s.Batch.ID)
		if err != nil {
			return differ("the log", "the export's batch", err.Error())
		}
		if what, expected, found := l.sameLog(s.Batch, &logged); what != "" {
			return differ(what, expected, found)
		}
		rows, err := l.kept.Through(ctx, s.Batch.ID)
		if err != nil {
			return err
		}
		if expected, found := firstRow(store.RowsOf(s.Batch), rows); expected != found {
			return differ("rows of the batch", expected, found)
		}
		l.batches++
		return nil
	}
}

// sameLog compares entries, blobs and the checkpoint of a batch; "" where they are the same.
func (l *live) sameLog(b *ledger.Batch, logged *store.LoggedBatch) (what, expected, found string) {
	for i := range max(len(b.Log), len(logged.Entries)) {
		switch {
		case i >= len(logged.Entries):
			return "the log", string(b.Log[i].Body), "no entry"
		case i >= len(b.Log):
			return "the log", "no entry", string(logged.Entries[i].Body)
		}
		mine, theirs := b.Log[i], logged.Entries[i]
		if mine.Index != theirs.Index || !bytes.Equal(mine.Body, theirs.Body) {
			return "the log", fmt.Sprintf("%d %s", mine.Index, mine.Body), fmt.Sprintf("%d %s", theirs.Index, theirs.Body)
		}
		l.tree.Append(audit.Leaf(mine.Body))
	}
	if mine, theirs := blobsOf(b), hashes(logged.Blobs); !slices.Equal(mine, theirs) {
		return "the blobs that entries name", fmt.Sprint(mine), fmt.Sprint(theirs)
	}
	c, err := audit.OpenCheckpoint(logged.Note, l.log)
	switch {
	case err != nil:
		return "its checkpoint", "one that the log's key signed", err.Error()
	case c.Size != l.tree.Size() || c.Root != l.tree.Root():
		return "its checkpoint", fmt.Sprintf("%d entries of root %s", l.tree.Size(), l.tree.Root()), fmt.Sprintf("%d of %s", c.Size, c.Root)
	}
	return "", "", ""
}

// blobsOf are the names of the blobs of a batch that was decided again, in order, each once.
func blobsOf(b *ledger.Batch) (names []string) {
	for _, blob := range b.Blobs {
		names = append(names, fmt.Sprintf("%x", blob.Hash))
	}
	if b.Inputs.Headers != nil {
		names = append(names, fmt.Sprintf("%x", b.Inputs.Hash))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func hashes(blobs [][]byte) (names []string) {
	for _, body := range blobs {
		names = append(names, fmt.Sprintf("%x", sha256.Sum256(body)))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// firstRow is the first row that only one side has; two empty texts where there is none.
func firstRow(expected, found []store.Row) (mine, theirs string) {
	for i := range max(len(expected), len(found)) {
		mine, theirs = "no more", "no more"
		if i < len(expected) {
			mine = expected[i].Kind + " " + expected[i].Text
		}
		if i < len(found) {
			theirs = found[i].Kind + " " + found[i].Text
		}
		if mine != theirs {
			return mine, theirs
		}
	}
	return "", ""
}

// verifyBeside is verify with a ledger beside it, read as it is when the verification begins.
func (r *Report) verifyBeside(ctx context.Context, export *audit.Export, cfg Config) error {
	return cfg.Ledger.Keep(ctx, func(kept *store.Kept) error {
		l := &live{kept: kept, log: export.Log()}
		err := r.verify(ctx, export, cfg, l.observer(ctx))
		r.Ledger = l.batches
		return err
	})
}
