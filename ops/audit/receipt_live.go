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
	"github.com/ayni-switch/ayni/settlement/ledger"
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
	size, checkpoint, err := books.NewestCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	r := &audit.Receipt{
		Version: 1, Participant: story.Debtor, Intent: story.Intent, Transfer: transfer.String(), Checkpoint: checkpoint,
	}
	moves := slices.CompactFunc(story.States, func(a, b ledger.TransferState) bool { return a.Batch == b.Batch })
	var proved []ledger.ProvedSteps
	batches, proofs := make([]int64, len(moves)), make([]tlog.RecordProof, len(moves))
	for i, move := range moves {
		batches[i] = move.Batch
	}
	group, together := errgroup.WithContext(ctx) // each takes some turns with the database
	group.SetLimit(4)                            // of its connections
	group.Go(func() error {
		open, err := books.OpenIntent(together, story.Debtor, story.Message, story.Place)
		r.Open = string(open)
		return err
	})
	group.Go(func() (err error) {
		proved, err = books.Steps(together, batches...)
		return err
	})
	for i, move := range moves {
		group.Go(func() (err error) {
			proofs[i], err = tlog.ProveRecord(size, move.LogIndex, books.Hashes(together))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, steps := range proved {
		found, err := proveLive(r.Transfer, steps, texts(proofs[i]))
		if err != nil {
			return nil, err
		}
		r.Steps = append(r.Steps, found...)
	}
	_, err = r.Check(log)
	return r, err
}

// proveLive proves what a batch did with a transfer.
func proveLive(transfer string, steps ledger.ProvedSteps, logPath []string) (proved []audit.ReceiptStep, err error) {
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
			Line: line, Place: int64(place), Path: path, Index: steps.Index, Entry: string(steps.Entry), LogPath: logPath,
		})
	}
	return proved, nil
}
