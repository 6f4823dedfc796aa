package audit

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/decide"
)

// NoTransferError says that an export has no such transfer.
type NoTransferError struct{ Transfer settlement.TransferID }

func (e *NoTransferError) Error() string {
	return fmt.Sprintf("audit: the export has no transfer %s", e.Transfer)
}

// ReturnError says that a transfer is a return: what became of it stands in the receipt of what it sends back.
type ReturnError struct{ Transfer, Of settlement.TransferID }

func (e *ReturnError) Error() string {
	return fmt.Sprintf("audit: transfer %s returns %s: ask for the receipt of that one", e.Transfer, e.Of)
}

// Receipt makes a transfer's receipt from an export, which it replays to find the steps. A receipt speaks of what
// happened up to the export's newest checkpoint. Errors are *NoTransferError, *ReturnError and those of the log.
func Receipt(ctx context.Context, cfg Config, transfer settlement.TransferID) (*audit.Receipt, error) {
	export, err := audit.OpenExport(os.DirFS(cfg.Dir), audit.Trust{Key: cfg.Key, Receipts: anyReceipt})
	if err != nil {
		return nil, err
	}
	size := export.Checkpoint().Size
	r := &audit.Receipt{Version: 1, Transfer: transfer.String(), Checkpoint: export.Signed()}
	log := &exported{export: export}
	_, err = verify.Replay(ctx, log, func(p verify.Progress) {
		if cfg.Watch != nil {
			cfg.Watch(p.Index, size)
		}
	}, func(s verify.Step) error { return addSteps(r, export, transfer, s) })
	if err := first(err, log.findings); err != nil { // of a log that is cut off, the last steps would be missing
		return nil, err
	}
	if len(r.Steps) == 0 {
		return nil, &NoTransferError{Transfer: transfer}
	}
	_, err = r.Check(export.Log())
	return r, err
}

// addSteps proves what a batch did with the transfer.
func addSteps(r *audit.Receipt, export *audit.Export, transfer settlement.TransferID, s verify.Step) error {
	for _, t := range s.Batch.Transfers {
		if t.ID == transfer && t.ReturnOf != 0 {
			return &ReturnError{Transfer: transfer, Of: t.ReturnOf}
		}
	}
	found := false
	for _, row := range s.Batch.Intents {
		if row.Fault == "" && row.Transfer == transfer {
			found = true
			r.Participant, r.Intent = s.State.Participants()[row.Participant-1].Name, row.ID
			r.Open = openIntent(s, r.Participant, row.Sequence, row.Place)
		}
	}
	for _, e := range s.Batch.Events {
		found = found || e.Transfer == transfer
	}
	if !found {
		return nil
	}
	steps := audit.KeepSteps()
	decide.Steps(steps, s.Batch, s.State)
	lines := steps.Lines()
	proof, err := export.ProveEntry(s.Index, export.Checkpoint().Size)
	if err != nil {
		return err
	}
	for place, line := range lines {
		words := strings.Split(line, " ")
		if at := map[string]int{"intent": 4, "state": 1}[words[0]]; words[at] != r.Transfer {
			continue
		}
		path, err := audit.ProveStep(lines, int64(place))
		if err != nil {
			return err
		}
		r.Steps = append(r.Steps, audit.ReceiptStep{
			Line: line, Place: int64(place), Path: path, Index: s.Index, Entry: string(s.Batch.Log[0].Body), LogPath: texts(proof),
		})
	}
	return nil
}

// openIntent is the text of an intent as it was signed.
func openIntent(s verify.Step, participant string, sequence uint64, place int32) (text string) {
	for i := range s.Messages {
		m := &s.Messages[i].Decoded
		if m.Participant == participant && m.Sequence == sequence {
			m.Each(func(at int32, _ [32]byte, d *messaging.DecodedIntent) {
				if at == place {
					text = string(d.Raw)
				}
			}, func(int32, *messaging.Outcome) {})
		}
	}
	return text
}

func texts(hashes []tlog.Hash) []string {
	written := make([]string, len(hashes))
	for i, hash := range hashes {
		written[i] = base64.StdEncoding.EncodeToString(hash[:])
	}
	return written
}

// CheckReceipt holds a receipt against the log's key and, where there is one, a policy of witnesses; without the log.
func CheckReceipt(text []byte, key, policy string) (*audit.Receipt, audit.Checkpoint, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, audit.Checkpoint{}, fmt.Errorf("audit: the log's key: %w", err)
	}
	r, err := audit.ReadReceipt(text)
	if err != nil {
		return nil, audit.Checkpoint{}, err
	}
	c, err := r.Check(verifier)
	if err != nil || policy == "" {
		return r, c, err
	}
	p, err := witness.ParsePolicy(policy)
	if err == nil {
		_, err = p.Satisfied(r.Checkpoint, time.Now())
	}
	return r, c, err
}

// receiptHolds checks a receipt that lies in an export: by itself, and that the export goes on from its checkpoint.
func receiptHolds(export *audit.Export, transfer int64, text []byte) error {
	r, err := audit.ReadReceipt(text)
	if err != nil {
		return err
	}
	if _, err := r.Check(export.Log()); err != nil {
		return err
	}
	if _, err := export.Consistent(r.Checkpoint); err != nil {
		return err
	}
	if id, err := settlement.ParseTransferID(r.Transfer); err != nil || int64(id) != transfer {
		return fmt.Errorf("audit: a receipt of transfer %s under the name of %d", r.Transfer, transfer)
	}
	return nil
}

func anyReceipt(int64, []byte) error { return nil }
