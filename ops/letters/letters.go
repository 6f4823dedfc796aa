// Package letters shows an operator what could not be read, and has the engine take it in again.
package letters

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// List shows the newest dead letters, at most limit.
func List(ctx context.Context, out io.Writer, databaseURL string, limit int, format show.Format) error {
	books, err := store.OpenAuditor(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer books.Close()
	letters, err := books.ListLetters(ctx, limit)
	if err != nil {
		return err
	}
	return format.Write(out, show.Rows("dead_letters", columns, letters))
}

// columns of a letter: where it stands, why it is dead, and where its bytes are.
var columns = []show.Column[ledger.ListedLetter]{
	{Name: "participant", Value: func(l ledger.ListedLetter) any { return l.Participant }},
	{Name: "sequence", Value: func(l ledger.ListedLetter) any { return l.Sequence }},
	{Name: "place", Value: func(l ledger.ListedLetter) any { return l.Place }},
	{Name: "buried_at", Value: func(l ledger.ListedLetter) any { return l.BuriedAt }},
	{Name: "fault", Value: func(l ledger.ListedLetter) any { return string(l.Fault) }},
	{Name: "detail", Value: func(l ledger.ListedLetter) any { return l.Detail }},
	{Name: "table", Value: func(l ledger.ListedLetter) any { return l.Table }},
	{Name: "replays", Title: "tried again", Value: func(l ledger.ListedLetter) any { return l.Replays }},
	{Name: "replayed", Title: "taken in", Value: func(l ledger.ListedLetter) any { return l.Replayed }},
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
	command, err := books.AskFor(ctx, settlement.Command{
		Key: "replay-letter " + rand.Text(), Kind: settlement.CommandReplayLetter, Body: body, Maker: letter.Asker,
	})
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
