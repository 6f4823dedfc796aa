// Package operate has the engine carry out what an operator asks, and says what came of it.
package operate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Request is a command for the engine.
type Request struct {
	Kind settlement.CommandKind
	Body []byte // JSON of the kind's body, in any layout
	Key  string // asked again under one key it is done once; "" for one that kind and body make
}

// RefusedError says that the engine did not do what was asked, and why. The same request again, under its key, gets
// the same answer.
type RefusedError struct {
	Command int64
	Fault   string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("operate: command %d was refused: %s", e.Command, e.Fault)
}

// ErrNoCommand says that what was asked is no command: no such kind, or a body that is no JSON object.
var ErrNoCommand = errors.New("operate: no command")

// Ask hands a request to the engine and waits for its answer. The errors are ErrNoCommand, ledger.ErrCommandChanged for a key that
// was used for something else, *RefusedError, and ctx's: then asking again is safe.
func Ask(ctx context.Context, out io.Writer, databaseURL string, r Request) error {
	if !slices.Contains(settlement.CommandKinds(), r.Kind) {
		return fmt.Errorf("%w: no kind %.40q", ErrNoCommand, r.Kind)
	}
	body := jsontext.Value(bytes.Clone(r.Body))
	if err := body.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil { // an amount is no double
		return fmt.Errorf("%w: the body: %w", ErrNoCommand, err)
	}
	if body.Kind() != '{' {
		return fmt.Errorf("%w: the body is no JSON object", ErrNoCommand)
	}
	if r.Key == "" {
		hash := sha256.Sum256(append([]byte(string(r.Kind)+"\n"), body...))
		r.Key = "operator " + hex.EncodeToString(hash[:])
	}
	books, err := store.Open(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer books.Close()
	command, err := books.Ask(ctx, r.Key, r.Kind, body)
	if err != nil {
		return err
	}
	fault, err := books.AwaitCommand(ctx, command)
	if err != nil {
		return fmt.Errorf("operate: no answer to command %d yet, which stands (safe to ask again): %w", command, err)
	}
	if fault != "" {
		return &RefusedError{Command: command, Fault: fault}
	}
	_, err = fmt.Fprintf(out, "done: %s, command %d\n", r.Kind, command)
	return err
}
