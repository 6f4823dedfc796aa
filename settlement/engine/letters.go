package engine

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// turnKeys has messages that come from now on be decoded with the keys that hold after a batch.
func (e *Engine) turnKeys(b *ledger.Batch) error {
	for _, k := range b.Rotations {
		if p := e.state.Participants()[k.Participant-1]; e.reading[p.ID] {
			if err := e.arriving.admit(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// decodeAgain decodes messages again that were decoded ahead, under a key that no longer holds.
func (e *Engine) decodeAgain(messages []decide.Message) error {
	for i := range messages {
		if p := e.state.Named(messages[i].Participant); messages[i].Key() != p.SigningKey {
			from, err := e.arriving.sender(p.Name)
			if err != nil {
				return err
			}
			messages[i] = decide.Decode(messages[i].Received, p, from.verifier, e.Screen)
			if err := seal(e.Persons, &messages[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// letters looks up the dead letters that commands name, in the database and in the batch on its way there.
func (e *Engine) letters(ctx context.Context, commands []settlement.Command) (map[ledger.LetterKey]ledger.Letter, error) {
	keys := e.state.LetterKeys(commands)
	letters, err := e.Ledger.Letters(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	for _, key := range keys {
		if e.recent == nil {
			break
		}
		if letter, ok := e.recent.Letters[key]; ok {
			letters[key] = letter
		}
	}
	return letters, nil
}

// takenAgain decodes what dead letters hold, under the keys that hold now. What is not as it was hashed is left out.
func (e *Engine) takenAgain(letters map[ledger.LetterKey]ledger.Letter) (map[ledger.LetterKey]decide.Message, error) {
	again := map[ledger.LetterKey]decide.Message{}
	for key, letter := range letters {
		closed, err := e.unseal(letter.Closed)
		if err != nil {
			return nil, err
		}
		if m, err := decide.Again(letter.Envelope, closed, e.state.Participants()[key.Participant-1], e.Screen); err == nil {
			again[key] = m
		}
	}
	return again, nil
}

// lettersAgain reads the dead letters that past commands name, of those that earlier batches left.
func lettersAgain(
	ctx context.Context, books *store.Ledger, s *decide.State, commands []settlement.Command, left map[ledger.LetterKey]ledger.Letter,
) (map[ledger.LetterKey]ledger.Letter, error) {
	letters, err := books.Letters(ctx, s.LetterKeys(commands))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	for key, letter := range letters {
		was, ok := left[key]
		if !ok {
			delete(letters, key) // a later batch buried it
			continue
		}
		letter.Replayed = was.Replayed
		letters[key] = letter
	}
	return letters, nil
}
