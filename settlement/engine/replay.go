package engine

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// DivergedError says that a batch, decided again on the inputs that the ledger holds, came out otherwise.
type DivergedError struct {
	Batch        int64
	Logged, Mine []byte // the log's entry, and what deciding again would have logged
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("engine: batch %d decides otherwise: logged %s, now %s", e.Batch, e.Logged, e.Mine)
}

// Replay decides every batch of a ledger again, from its first, on the messages and commands as they
// came, by the rules that its entry names: signatures, decoding, order, clearing, postings, balances. It returns how many batches came
// out with the entry that the log holds, to the byte, and *DivergedError at the first that did not.
func Replay(ctx context.Context, books *store.Ledger) (batches int, err error) {
	s, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	if err != nil {
		return 0, err
	}
	verifiers := map[string]*messaging.Verifier{} // by key
	known := map[ledger.IntentKey]ledger.KnownIntent{}
	finished := map[settlement.TransferID]ledger.FinishedTransfer{}
	letters := map[ledger.LetterKey]ledger.Letter{}
	evidence := map[ledger.EvidenceKey]ledger.Evidence{}
	err = books.History(ctx, func(past ledger.PastBatch) error {
		messages := make([]decide.Message, len(past.Envelopes))
		for i, from := range past.Envelopes {
			if messages[i], err = decide.Again(from, s.Participants()[from.Participant-1], verifiers, nil); err != nil {
				return err
			}
		}
		named, err := lettersAgain(ctx, books, s, past.Commands, letters)
		if err != nil {
			return err
		}
		b, err := s.Decide(decide.Inputs{
			Rules: decide.RulesOf(past.Entry), Now: past.DecidedAt, Commands: past.Commands, Messages: messages, Known: known, Finished: finished,
			Letters: named, Evidence: evidence, Hits: past.Hits, Closing: decide.AsRecorded(past.Closings),
		})
		if err != nil {
			return err
		}
		for key, letter := range named {
			letter.Payload = nil // read from the ledger when a command names it
			letters[key] = letter
		}
		if !bytes.Equal(b.Log[0].Body, past.Entry) {
			return &DivergedError{Batch: past.ID, Logged: past.Entry, Mine: b.Log[0].Body}
		}
		batches++
		return nil
	})
	return batches, err
}
