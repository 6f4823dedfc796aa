package engine

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
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
	known := map[ledger.IntentKey]ledger.KnownIntent{}
	finished := map[settlement.TransferID]ledger.FinishedTransfer{}
	letters := map[ledger.LetterKey]ledger.Letter{}
	evidence := map[ledger.EvidenceKey]ledger.Evidence{}
	err = books.History(ctx, func(past ledger.PastBatch) error {
		named, err := lettersAgain(ctx, books, s, past.Commands, letters)
		if err != nil {
			return err
		}
		in := decide.Inputs{
			Rules: decide.RulesOf(past.Entry), Now: past.DecidedAt, Commands: past.Commands, Known: known, Finished: finished,
			Letters: named, Evidence: evidence, Hits: past.Hits, Closing: decide.AsRecorded(past.Closings),
			TakenAgain: map[ledger.LetterKey]decide.Message{}, Silent: true,
		}
		if decide.ShowsNobody(in.Rules) {
			err = logged(s, past.Inputs, &in)
		} else {
			err = first(s, past.Envelopes, &in)
		}
		if err != nil {
			return err
		}
		b, err := s.Decide(in)
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

// logged decodes a batch's messages as the log has them.
func logged(s *decide.State, inputs []byte, in *decide.Inputs) error {
	messages, err := audit.ReadMessages(inputs)
	if err != nil {
		return err
	}
	for _, from := range messages {
		p := s.Named(from.Participant)
		if p == nil {
			return fmt.Errorf("engine: message from %q, who is no participant", from.Participant)
		}
		verifier, err := messaging.NewVerifier(p.SigningKey)
		if err != nil {
			return fmt.Errorf("engine: signing key of %s: %w", p.Name, err)
		}
		m := decide.DecodeLogged(from, verifier)
		if s.Bind(&m); from.IsLetter {
			in.TakenAgain[ledger.LetterKey{Participant: p.ID, Sequence: from.Sequence, Place: from.Letter}] = m
		} else {
			in.Messages = append(in.Messages, m)
		}
	}
	s.Order(in.Messages)
	return nil
}

// first decodes a batch's messages as they came before ayni-net-3.
func first(s *decide.State, envelopes []ledger.Envelope, in *decide.Inputs) error {
	for _, from := range envelopes {
		m, err := decide.AgainFirst(from, s.Participants()[from.Participant-1])
		if err != nil {
			return err
		}
		in.Messages = append(in.Messages, m)
	}
	for key, letter := range in.Letters {
		if m, err := decide.AgainFirst(letter.Envelope, s.Participants()[key.Participant-1]); err == nil {
			in.TakenAgain[key] = m
		}
	}
	return nil
}
