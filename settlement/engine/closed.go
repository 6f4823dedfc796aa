package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// seal has a message's closed lines kept under the keys of the persons whom they are about. Without a store they are
// kept as they came. An error is the store's, and halts the engine: what is kept without its key is lost.
func seal(under *persons.Store, m *decide.Message) error {
	closed := m.Closed()
	if len(closed) == 0 {
		return nil
	}
	if under == nil {
		texts := make([][]byte, len(closed))
		for i, line := range closed {
			texts[i] = line.Text
		}
		m.Seal(bytes.Join(texts, []byte{'\n'}))
		return nil
	}
	keys, err := under.Keys()
	if err != nil {
		return fmt.Errorf("engine: keys of persons: %w", err)
	}
	lines := make([]persons.Line, len(closed))
	for i, line := range closed {
		lines[i] = persons.Line{Person: persons.Person{Participant: line.Participant, Account: line.Account}, Text: line.Text}
	}
	sealed, err := keys.SealAll(lines)
	if err != nil {
		return fmt.Errorf("engine: seal message %d of %s: %w", m.Sequence, m.Participant, err)
	}
	m.Seal(sealed)
	return nil
}

// unseal opens the closed lines of a message, but for those of persons who were erased.
func (e *Engine) unseal(sealed []byte) ([]byte, error) {
	if e.Persons == nil || sealed == nil {
		return sealed, nil
	}
	keys, err := e.Persons.Keys()
	if err != nil {
		return nil, fmt.Errorf("engine: keys of persons: %w", err)
	}
	lines, err := keys.UnsealAll(sealed)
	if err != nil {
		return nil, fmt.Errorf("engine: unseal: %w", err)
	}
	var texts [][]byte
	for _, line := range lines {
		if line.Err != nil && !errors.As(line.Err, new(*persons.ErasedError)) {
			return nil, fmt.Errorf("engine: unseal: %w", line.Err)
		}
		if line.Err == nil {
			texts = append(texts, line.Text)
		}
	}
	return bytes.Join(texts, []byte{'\n'}), nil
}

// eraseAgain makes the ledger and the file of keys agree on who was erased: a file that came back from a backup loses
// again what it lost before, and the ledger keeps what was erased without it.
func (e *Engine) eraseAgain(ctx context.Context) error {
	if e.Persons == nil {
		return nil
	}
	keys, err := e.Persons.Keys()
	if err != nil {
		return fmt.Errorf("engine: keys of persons: %w", err)
	}
	erased, err := e.Ledger.Erased(ctx, keys.ID())
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if err := e.Persons.DestroyPaths(erased...); err != nil {
		return fmt.Errorf("engine: keys of persons: %w", err)
	}
	if err := e.Ledger.KeepErased(ctx, keys.ID(), keys.Destroyed()...); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	return nil
}

// unsealAll opens what the messages of open transfers have closed.
func (e *Engine) unsealAll(s *ledger.Snapshot) error {
	for key, body := range s.Bodies {
		var err error
		if body.Closed, err = e.unseal(body.Closed); err != nil {
			return err
		}
		s.Bodies[key] = body
	}
	return nil
}
