package diary

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Receipt proves one line to whoever has the log's key, and shows no other line. It is checked without network and
// without the log.
type Receipt struct {
	Version    int         `json:"version"`    // 1
	Line       string      `json:"line"`       // its blob
	Place      int         `json:"place"`      // of the line in the entry
	Entry      string      `json:"entry"`      // its exact text
	Index      int64       `json:"index"`      // of the entry in the log
	Path       []tlog.Hash `json:"path"`       // from the entry to the checkpoint's root; SHA-256 in base64
	Checkpoint string      `json:"checkpoint"` // signed
}

const (
	receiptVersion  = 1
	maxReceiptBytes = 6*maxBlobBytes + 2*MaxEntryBytes + audit.MaxCheckpointBytes + 8<<10 // a line's quotes are escaped
)

// Receipt proves a line of an entry of the log, as of its newest checkpoint. The error is *ReceiptError where the entry
// or the line is another.
func (l *Log) Receipt(index int64, place int, entry, blob []byte) (*Receipt, error) {
	path, signed, err := l.prove(index)
	if err != nil {
		return nil, err
	}
	r := &Receipt{
		Version: receiptVersion, Line: string(blob), Place: place,
		Entry: string(entry), Index: index, Path: path, Checkpoint: signed,
	}
	if _, _, err := r.Check(l.key); err != nil {
		return nil, err
	}
	return r, nil
}

// prove returns the way from an entry to the root of the newest checkpoint.
func (l *Log) prove(index int64) (path []tlog.Hash, signed string, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if index < 0 || index >= l.size || l.signed == "" {
		return nil, "", fmt.Errorf("diary: no entry %d in a log of %d", index, l.size)
	}
	if path, err = tlog.ProveRecord(l.size, index, reader(l.hashes)); err != nil {
		return nil, "", fmt.Errorf("diary: prove entry %d: %w", index, err)
	}
	return path, l.signed, nil
}

// ReadReceipt reads a receipt's text. The error is *FormError.
func ReadReceipt(text []byte) (*Receipt, error) {
	if len(text) > maxReceiptBytes {
		return nil, malformed("receipt", "%d bytes; at most %d", len(text), maxReceiptBytes)
	}
	var r Receipt
	if err := json.Unmarshal(text, &r, json.StringifyNumbers(true), json.RejectUnknownMembers(true)); err != nil {
		return nil, malformed("receipt", "%v", err)
	}
	if again, err := r.Text(); err != nil || !bytes.Equal(again, text) {
		return nil, malformed("receipt", "not in canonical form")
	}
	return &r, nil
}

// Text writes the receipt as canonical JSON and a line feed.
func (r *Receipt) Text() ([]byte, error) {
	text, err := audit.Canonical(r)
	if err != nil {
		return nil, malformed("receipt", "%v", err)
	}
	return append(text, '\n'), nil
}

// Check holds the line against its entry, the entry against the checkpoint, and that against the log's key. It
// returns the line and the checkpoint, whose other signatures the caller may hold against a policy. The error is
// *ReceiptError.
func (r *Receipt) Check(log note.Verifier) (Line, audit.Checkpoint, error) {
	line, checkpoint, err := r.check(log)
	if err != nil {
		return Line{}, audit.Checkpoint{}, &ReceiptError{Index: r.Index, Place: r.Place, Why: err}
	}
	return line, checkpoint, nil
}

// ReceiptError says why a receipt does not hold.
type ReceiptError struct {
	Index int64
	Place int
	Why   error
}

func (e *ReceiptError) Error() string {
	return fmt.Sprintf("diary: receipt of line %d of entry %d: %v", e.Place, e.Index, e.Why)
}

// Unwrap returns what does not hold.
func (e *ReceiptError) Unwrap() error { return e.Why }

func (r *Receipt) check(log note.Verifier) (line Line, checkpoint audit.Checkpoint, err error) {
	if r.Version != receiptVersion {
		return line, checkpoint, fmt.Errorf("version %d is not known", r.Version)
	}
	if checkpoint, err = openCheckpoint(r.Checkpoint, log); err != nil {
		return line, checkpoint, err
	}
	if err = tlog.CheckRecord(r.Path, checkpoint.Size, checkpoint.Root, r.Index, audit.Leaf([]byte(r.Entry))); err != nil {
		return line, checkpoint, fmt.Errorf("the entry is not in the log: %w", err)
	}
	commitments, err := ParseEntry([]byte(r.Entry))
	if err != nil {
		return line, checkpoint, err
	}
	if r.Place < 0 || r.Place >= len(commitments) || commitments[r.Place] != Commit([]byte(r.Line)) {
		return line, checkpoint, fmt.Errorf("the entry names another line there")
	}
	_, line, err = ParseBlob([]byte(r.Line))
	return line, checkpoint, err
}
