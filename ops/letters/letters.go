// Package letters shows an operator what could not be read, and has the engine take it in again.
package letters

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// List writes the newest dead letters, at most limit: a line each, or one JSON array.
func List(ctx context.Context, out io.Writer, databaseURL string, limit int, asJSON bool) error {
	books, err := store.OpenAuditor(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer books.Close()
	letters, err := books.ListLetters(ctx, limit)
	if err != nil {
		return err
	}
	if asJSON {
		text, err := json.Marshal(letters, json.FormatNilSliceAsNull(false), jsontext.WithIndent("  "))
		if err != nil {
			return fmt.Errorf("letters: %w", err)
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	for _, l := range letters {
		if _, err := fmt.Fprintln(out, line(l)); err != nil {
			return err
		}
	}
	return nil
}

// line says where a letter stands, why it is dead, and where its bytes are.
func line(l ledger.ListedLetter) string {
	state := "dead"
	if l.Replayed {
		state = "taken in"
	}
	return fmt.Sprintf("%s  %-16s message %d place %d  %-8s  tried again %d times  in %s  %s: %s", l.BuriedAt.UTC().Format("2006-01-02 15:04:05"),
		l.Participant, l.Sequence, l.Place, state, l.Replays, l.Table, l.Fault, l.Detail)
}

// RefusedError says that the engine did not take a letter in, and why. Asking again helps once that has changed.
type RefusedError struct{ Fault string }

func (e *RefusedError) Error() string { return "letters: not taken in: " + e.Fault }

// Replay asks the engine to take a dead letter in again, waits for its answer, and writes what became of it.
// The error is *RefusedError where it stays dead.
func Replay(ctx context.Context, out io.Writer, databaseURL string, letter settlement.ReplayLetter) error {
	books, err := store.Open(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer books.Close()
	body, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	// A key of its own: to ask again is to try again.
	command, err := books.Ask(ctx, "replay-letter "+rand.Text(), settlement.CommandReplayLetter, body)
	if err != nil {
		return err
	}
	fault, err := books.AwaitCommand(ctx, command)
	if err != nil {
		return err
	}
	replay, found, err := books.LetterReplay(ctx, command)
	switch {
	case err != nil:
		return err
	case found && fault != "":
		return &RefusedError{Fault: fault + ": " + replay.Detail}
	case fault != "":
		return &RefusedError{Fault: fault}
	}
	first := ""
	if replay.First != 0 {
		first = ", the first is " + replay.First.String()
	}
	_, err = fmt.Fprintf(out, "taken in: %s%s\n", replay.Detail, first)
	return err
}
