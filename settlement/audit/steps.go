package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Steps is the small tree of what one batch did to intents and transfers, a line each, in the order in which the
// batch's record has them: whoever holds a receipt shows single lines of it, and nobody else's. A line is a leaf
// of a Merkle tree of RFC 6962, without a line feed:
//
//	intent <participant> <id> <SHA-256 of its bytes, hex> <transfer, or -> <fault, or ->
//	state <transfer> <state> <ISO 20022 reason code, or ->
type Steps struct {
	tree Tree
	line []byte // the byte 0 that a leaf's hash begins with, and the line
	keep bool
	all  []string
}

// KeepSteps returns steps that remember their lines, to prove them.
func KeepSteps() *Steps { return &Steps{keep: true} }

// Intent adds what became of an intent: the transfer that it is now, or the fault that it was refused for.
func (s *Steps) Intent(participant, id string, hash [32]byte, transfer, fault string) {
	b := append(append(s.begin("intent "), participant...), ' ')
	b = append(append(b, id...), ' ')
	b = append(hex.AppendEncode(b, hash[:]), ' ')
	b = append(append(b, orDash(transfer)...), ' ')
	s.end(append(b, orDash(fault)...))
}

// State adds a state that a transfer came into.
func (s *Steps) State(transfer, state, reason string) {
	b := append(append(s.begin("state "), transfer...), ' ')
	b = append(append(b, state...), ' ')
	s.end(append(b, orDash(reason)...))
}

// Count returns how many lines there are, Root the tree's hash over them.
func (s *Steps) Count() int64 { return s.tree.Size() }

// Root returns the tree's hash.
func (s *Steps) Root() tlog.Hash { return s.tree.Root() }

// Lines returns the lines, of steps that were made to keep them.
func (s *Steps) Lines() []string { return s.all }

func (s *Steps) begin(kind string) []byte { return append(append(s.line[:0], 0), kind...) }

func (s *Steps) end(line []byte) {
	s.line = line
	s.tree.Append(sha256.Sum256(line))
	if s.keep {
		s.all = append(s.all, string(line[1:]))
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// ProveStep proves that a line stands at its place under the root: the hashes beside its way up (RFC 6962, 2.1.1).
func ProveStep(lines []string, place int64) ([]string, error) {
	stored := make([]tlog.Hash, 0, 2*len(lines))
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i, line := range lines {
		more, err := tlog.StoredHashes(int64(i), []byte(line), reader)
		if err != nil {
			return nil, fmt.Errorf("audit: steps: %w", err)
		}
		stored = append(stored, more...)
	}
	proof, err := tlog.ProveRecord(int64(len(lines)), place, reader)
	if err != nil {
		return nil, fmt.Errorf("audit: prove step %d of %d: %w", place, len(lines), err)
	}
	return hashTexts(proof), nil
}

func hashTexts(hashes []tlog.Hash) []string {
	texts := make([]string, len(hashes))
	for i, hash := range hashes {
		texts[i] = base64.StdEncoding.EncodeToString(hash[:])
	}
	return texts
}
