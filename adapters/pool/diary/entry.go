package diary

import (
	"bytes"
	"crypto/sha256"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Rules names the rules that entries are decided by, and the form that they have.
const Rules = "ayni-pool-1"

const entryKind = "pool"

// Limits of an entry.
const (
	MaxEntryBytes = audit.MaxEntryBytes
	MaxLines      = 500
)

// entryForm has its members in the order of their names.
type entryForm struct {
	Kind  string   `json:"kind"`
	Lines []string `json:"lines"`
	Rules string   `json:"rules"`
}

// Entry writes an entry of the log: the commitments of its lines, in order. The error is *FormError.
func Entry(commitments []Commitment) ([]byte, error) {
	if why := countWrong(commitments); why != nil {
		return nil, why
	}
	form := entryForm{Kind: entryKind, Lines: make([]string, len(commitments)), Rules: Rules}
	for i, c := range commitments {
		form.Lines[i] = c.String()
	}
	return audit.Ordered(form)
}

// ParseEntry reads what Entry wrote, and nothing else. The error is *FormError.
func ParseEntry(entry []byte) ([]Commitment, error) {
	if len(entry) > MaxEntryBytes {
		return nil, malformed("entry", "%d bytes; at most %d", len(entry), MaxEntryBytes)
	}
	var form entryForm
	if err := json.Unmarshal(entry, &form, json.RejectUnknownMembers(true)); err != nil {
		return nil, malformed("entry", "%v", err)
	}
	if form.Kind != entryKind || form.Rules != Rules {
		return nil, malformed("entry", "kind %.40q by rules %.40q", form.Kind, form.Rules)
	}
	commitments := make([]Commitment, len(form.Lines))
	for i, text := range form.Lines {
		var ok bool
		if commitments[i], ok = ParseCommitment(text); !ok {
			return nil, malformed("entry", "line %d is no commitment", i)
		}
	}
	if again, err := Entry(commitments); err != nil {
		return nil, err
	} else if !bytes.Equal(again, entry) {
		return nil, malformed("entry", "not in canonical form")
	}
	return commitments, nil
}

// countWrong says why no entry has these lines. One that stood there twice would have two places.
func countWrong(commitments []Commitment) error {
	if len(commitments) == 0 || len(commitments) > MaxLines {
		return malformed("entry", "%d lines; 1 to %d", len(commitments), MaxLines)
	}
	seen := make(map[Commitment]bool, len(commitments))
	for i, c := range commitments {
		if seen[c] {
			return malformed("entry", "line %d stands there twice", i)
		}
		seen[c] = true
	}
	return nil
}

// Names are the blobs that an entry names: its lines. The error is *FormError.
func Names(entry []byte) (named [][sha256.Size]byte, err error) {
	commitments, err := ParseEntry(entry)
	for _, c := range commitments {
		named = append(named, c)
	}
	return named, err
}
