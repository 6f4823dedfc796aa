package witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Logs are the logs that somebody knows, by their keys. A key's name is its log's origin; while a log changes its
// key it has two.
type Logs struct {
	keys  map[audit.Origin][]note.Verifier
	texts []string
}

// ParseLogs reads notes' vkeys, Ed25519. None may be there twice.
func ParseLogs(vkeys ...string) (Logs, error) {
	if len(vkeys) > MaxLogs {
		return Logs{}, fmt.Errorf("witness: %d logs, at most %d", len(vkeys), MaxLogs)
	}
	l := Logs{keys: map[audit.Origin][]note.Verifier{}, texts: vkeys}
	seen := map[string]bool{}
	for _, vkey := range vkeys {
		key, err := note.NewVerifier(vkey)
		if err != nil {
			return Logs{}, fmt.Errorf("witness: a log's key %.100q: %w", vkey, err)
		}
		if seen[material(vkey)] {
			return Logs{}, fmt.Errorf("witness: the key of log %s is there twice", key.Name())
		}
		seen[material(vkey)] = true
		l.keys[audit.Origin(key.Name())] = append(l.keys[audit.Origin(key.Name())], key)
	}
	return l, nil
}

// material is the public key in a vkey that was parsed, whatever its name and type.
func material(vkey string) string {
	_, rest, _ := strings.Cut(vkey, "+")
	_, key64, _ := strings.Cut(rest, "+")
	typed, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(typed) == 0 {
		return vkey
	}
	return string(typed[1:])
}

// Signed is a checkpoint that its log signed.
type Signed struct {
	audit.Checkpoint
	Text string // what is signed
	Note string // with the log's signatures and no other
}

// Open verifies that a checkpoint is one of a known log, in the one form that it can have. What else is signed in the
// note is left out. Errors are *RefusedError.
func (l Logs) Open(signed string) (Signed, error) {
	if len(signed) > MaxCheckpointBytes {
		return Signed{}, refuse(FaultMalformed, "a checkpoint of %d bytes, at most %d", len(signed), MaxCheckpointBytes)
	}
	origin, _, _ := strings.Cut(signed, "\n")
	keys := l.keys[audit.Origin(origin)]
	if len(keys) == 0 {
		return Signed{}, refuse(FaultUnknown, "no log %.100q is known", origin)
	}
	checkpoint, err := audit.OpenCheckpoint(signed, keys...)
	if err != nil {
		return Signed{}, unopened(err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(keys...)) // once more, for the signatures
	if err != nil {
		return Signed{}, unopened(err)
	}
	head := fmt.Sprintf("%s\n%d\n%s\n", checkpoint.Origin, checkpoint.Size, checkpoint.Root)
	if !strings.HasPrefix(opened.Text, head) || strings.Contains(opened.Text, "\n\n") {
		return Signed{}, refuse(FaultMalformed, "the checkpoint is not written as checkpoints are")
	}
	if checkpoint.Size > MaxSize {
		return Signed{}, refuse(FaultMalformed, "a tree of %d entries", checkpoint.Size)
	}
	if checkpoint.Size == 0 && checkpoint.Root != emptyRoot() {
		return Signed{}, refuse(FaultProof, "the empty tree has another root")
	}
	plain, err := note.Sign(&note.Note{Text: opened.Text, Sigs: opened.Sigs})
	if err != nil {
		return Signed{}, refuse(FaultMalformed, "%v", err)
	}
	return Signed{Checkpoint: checkpoint, Text: opened.Text, Note: string(plain)}, nil
}

func unopened(err error) error {
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	if errors.As(err, &unverified) || errors.As(err, &invalid) {
		return refuse(FaultUnsigned, "%v", err)
	}
	return refuse(FaultMalformed, "%v", err)
}

// emptyRoot is the root of a tree without entries.
func emptyRoot() tlog.Hash {
	var none audit.Tree
	return none.Root()
}
