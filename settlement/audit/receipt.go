package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const maxReceiptSteps = 64

// Receipt is what a sender keeps of a transfer: each of its steps, proved to stand in the log that a checkpoint
// signs. It is checked without network and without the log.
type Receipt struct {
	Version     int           `json:"version"` // 1
	Participant string        `json:"participant"`
	Intent      string        `json:"intent"`   // the sender's id
	Open        string        `json:"open"`     // the intent as it was signed, without personal data
	Transfer    string        `json:"transfer"` // "" where it was refused
	Steps       []ReceiptStep `json:"steps"`    // in the order of the log
	Checkpoint  string        `json:"checkpoint"`
}

// ReceiptStep is one line of a batch's steps, proved twice: in the batch, and its batch in the log.
type ReceiptStep struct {
	Line    string   `json:"line"` // Steps says which there are
	Place   int64    `json:"place"`
	Path    []string `json:"path"`     // from the line to the steps' root in the entry; SHA-256 in base64
	Index   int64    `json:"index"`    // of the batch's entry in the log
	Entry   string   `json:"entry"`    // its exact text
	LogPath []string `json:"log_path"` // from the entry to the checkpoint's root
}

// ReceiptError says why a receipt does not hold.
type ReceiptError struct {
	Step   int // -1 where it is not about one
	Detail string
}

func (e *ReceiptError) Error() string {
	if e.Step < 0 {
		return "audit: receipt: " + e.Detail
	}
	return fmt.Sprintf("audit: receipt: step %d: %s", e.Step+1, e.Detail)
}

// ReadReceipt reads a receipt's text. The error is *ReceiptError.
func ReadReceipt(text []byte) (*Receipt, error) {
	fail := func(format string, args ...any) (*Receipt, error) {
		return nil, &ReceiptError{Step: -1, Detail: fmt.Sprintf(format, args...)}
	}
	if len(text) > MaxReceiptBytes {
		return fail("%d bytes; the limit is %d", len(text), MaxReceiptBytes)
	}
	var r Receipt
	if err := json.Unmarshal(text, &r, json.StringifyNumbers(true), json.RejectUnknownMembers(true)); err != nil {
		return fail("%v", err)
	}
	if again, err := r.Text(); err != nil || !bytes.Equal(again, text) {
		return fail("not in canonical form")
	}
	return &r, nil
}

// Text writes the receipt as canonical JSON and a line feed.
func (r *Receipt) Text() ([]byte, error) {
	text, err := Canonical(r)
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// Check holds every step against the checkpoint, and the checkpoint against the log's key. It returns the
// checkpoint, whose cosignatures the caller may hold against a policy. The error is *ReceiptError.
func (r *Receipt) Check(verifiers ...note.Verifier) (Checkpoint, error) {
	fail := func(step int, format string, args ...any) (Checkpoint, error) {
		return Checkpoint{}, &ReceiptError{Step: step, Detail: fmt.Sprintf(format, args...)}
	}
	if r.Version != 1 {
		return fail(-1, "version %d is not known", r.Version)
	}
	if len(r.Steps) == 0 || len(r.Steps) > maxReceiptSteps {
		return fail(-1, "%d steps; there are 1 to %d", len(r.Steps), maxReceiptSteps)
	}
	checkpoint, err := OpenCheckpoint(r.Checkpoint, verifiers...)
	if err != nil {
		return fail(-1, "%v", err)
	}
	last := int64(-1)
	for i, s := range r.Steps {
		if s.Index < last {
			return fail(i, "entry %d comes after entry %d", s.Index, last)
		}
		last = s.Index
		if err := s.check(checkpoint); err != nil {
			return fail(i, "%v", err)
		}
	}
	if detail := r.speaks(); detail != "" {
		return fail(-1, "%s", detail)
	}
	return checkpoint, nil
}

// speaks tells what of the steps is not about the receipt's intent and transfer; "" where all are.
func (r *Receipt) speaks() string {
	words := strings.Split(r.Steps[0].Line, " ")
	hash := sha256.Sum256([]byte(r.Open))
	switch {
	case len(words) != 6 || words[0] != "intent":
		return "the first step is not about an intent"
	case words[1] != r.Participant || words[2] != r.Intent:
		return fmt.Sprintf("the first step is about intent %s of %s", words[2], words[1])
	case words[3] != hex.EncodeToString(hash[:]):
		return "the intent is not the one whose hash was logged"
	case words[4] != orDash(r.Transfer):
		return "the intent became transfer " + words[4]
	}
	for _, s := range r.Steps[1:] {
		if words := strings.Split(s.Line, " "); len(words) != 4 || words[0] != "state" || words[1] != r.Transfer {
			return fmt.Sprintf("%q is not about transfer %s", s.Line, r.Transfer)
		}
	}
	return ""
}

// StepsEntry is what a batch's entry says of its steps.
type StepsEntry struct {
	Count int64  `json:"count"`
	Root  string `json:"root"` // SHA-256 in base64
}

func (s *ReceiptStep) check(checkpoint Checkpoint) error {
	var entry struct {
		Kind  string     `json:"kind"`
		Steps StepsEntry `json:"steps"`
	}
	if err := json.Unmarshal([]byte(s.Entry), &entry, json.StringifyNumbers(true)); err != nil {
		return fmt.Errorf("the entry: %w", err)
	}
	if entry.Kind != "batch" {
		return fmt.Errorf("the entry is a %q and no batch", entry.Kind)
	}
	root, err := tlog.ParseHash(entry.Steps.Root)
	if err != nil {
		return fmt.Errorf("the root of the steps: %w", err)
	}
	path, err := pathHashes(s.Path)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, entry.Steps.Count, root, s.Place, tlog.RecordHash([]byte(s.Line))); err != nil {
		return fmt.Errorf("the line is not one of the batch's steps: %w", err)
	}
	if path, err = pathHashes(s.LogPath); err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, checkpoint.Size, checkpoint.Root, s.Index, Leaf([]byte(s.Entry))); err != nil {
		return fmt.Errorf("the entry is not in the log: %w", err)
	}
	return nil
}

func pathHashes(texts []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(raw) != len(hashes[i]) {
			return nil, fmt.Errorf("hash %d of the path is none", i+1)
		}
		copy(hashes[i][:], raw)
	}
	return hashes, nil
}
