package audit

import (
	"context"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

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
	last := int64(0)
	for _, s := range story.States { // in order, several of one batch
		if s.Batch == last {
			continue
		}
		last = s.Batch
		if err := addLive(ctx, r, books, s.Batch, size); err != nil {
			return nil, err
		}
	}
	_, err = r.Check(log)
	return r, err
}

// addLive proves what a batch did with the receipt's transfer.
func addLive(ctx context.Context, r *audit.Receipt, books *store.Ledger, batch, size int64) error {
	steps, err := books.Steps(ctx, batch)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(size, steps.Index, books.Hashes(ctx))
	if err != nil {
		return err
	}
	for place, line := range steps.Lines {
		words := strings.Split(line, " ")
		if at := map[string]int{"intent": 4, "state": 1}[words[0]]; words[at] != r.Transfer {
			continue
		}
		path, err := audit.ProveStep(steps.Lines, int64(place))
		if err != nil {
			return err
		}
		r.Steps = append(r.Steps, audit.ReceiptStep{
			Line: line, Place: int64(place), Path: path, Index: steps.Index, Entry: string(steps.Entry), LogPath: texts(proof),
		})
	}
	return nil
}
