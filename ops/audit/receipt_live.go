package audit

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store"
)

// LiveReceipt makes a transfer's receipt from the ledger itself, without replaying it: of the batches that moved the
// transfer, and up to the newest checkpoint. It takes the right to read messages. Errors wrap ledger.ErrNoTransfer, also
// for the id of a return, or are *ledger.StepsError where only an export tells (Receipt).
func LiveReceipt(ctx context.Context, books *store.Ledger, log note.Verifier, transfer settlement.TransferID) (*audit.Receipt, error) {
	story, err := books.Transfer(ctx, transfer)
	if err != nil {
		return nil, err
	}
	open, err := books.OpenIntent(ctx, story.Debtor, story.Message, story.Place)
	if err != nil {
		return nil, err
	}
	size, checkpoint, err := books.NewestCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	r := &audit.Receipt{
		Version: 1, Participant: story.Debtor, Intent: story.Intent, Open: string(open), Transfer: transfer.String(), Checkpoint: checkpoint,
	}
	var batches []int64
	for _, state := range story.States {
		batches = append(batches, state.Batch)
	}
	batches = slices.Compact(batches)
	proved := make([][]audit.ReceiptStep, len(batches))
	group, ctx := errgroup.WithContext(ctx) // each takes some turns with the database
	for i, batch := range batches {
		group.Go(func() (err error) {
			proved[i], err = proveLive(ctx, books, r.Transfer, batch, size)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r.Steps = slices.Concat(proved...)
	_, err = r.Check(log)
	return r, err
}

// proveLive proves what a batch did with a transfer.
func proveLive(ctx context.Context, books *store.Ledger, transfer string, batch, size int64) (proved []audit.ReceiptStep, err error) {
	steps, err := books.Steps(ctx, batch)
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(size, steps.Index, books.Hashes(ctx))
	if err != nil {
		return nil, err
	}
	for place, line := range steps.Lines {
		words := strings.Split(line, " ")
		if at := map[string]int{"intent": 4, "state": 1}[words[0]]; words[at] != transfer {
			continue
		}
		path, err := audit.ProveStep(steps.Lines, int64(place))
		if err != nil {
			return nil, err
		}
		proved = append(proved, audit.ReceiptStep{
			Line: line, Place: int64(place), Path: path, Index: steps.Index, Entry: string(steps.Entry), LogPath: texts(proof),
		})
	}
	return proved, nil
}
