// Package operate has the engine carry out what one operator asks alone, and says what came of it. Where two people have
// to want something (ops/request), this is the way around: for a switch that has no second person yet, or tonight. The
// log names who did, and nobody beside.
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
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Request is a command for the engine.
type Request struct {
	By   string // who asks, alone: the log has it for ever
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

// maxBy bounds who asks, in bytes.
const maxBy = 100

// ErrNobody says that nobody's name stands behind a request.
var ErrNobody = fmt.Errorf("operate: who asks? A name of at most %d bytes, for the log", maxBy)

// Ask hands a request to the engine and waits for its answer. The errors are ErrNoCommand, ErrNobody, ledger.ErrCommandChanged for a key that
// was used for something else, *RefusedError, and ctx's: then asking again is safe.
func Ask(ctx context.Context, out io.Writer, databaseURL string, r Request) error {
	if by := strings.TrimSpace(r.By); by == "" || by != r.By || len(by) > maxBy || !utf8.ValidString(by) {
		return ErrNobody
	}
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
	command, err := books.AskFor(ctx, settlement.Command{Key: r.Key, Kind: r.Kind, Body: body, Maker: r.By})
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
