package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// SplitViewError is the proof that a log showed two histories: it signed both notes, and the newer one's tree begins
// otherwise than the older one says. Nothing that its keeper says later makes that good.
type SplitViewError struct {
	Older, Newer Signed         // Older is not the larger
	Beginning    tlog.Hash      // the root of the newer tree's first Older.Size entries
	Proof        tlog.TreeProof // from Beginning to the newer root; empty where both are of one size
}

func (e *SplitViewError) Error() string {
	return fmt.Sprintf("witness: log %s has two histories: its tree of %d entries has the root %s by one checkpoint and %s by that of size %d",
		e.Older.Origin, e.Older.Size, e.Older.Root, e.Beginning, e.Newer.Size)
}

// Name names the evidence by what the newer note says: SHA-256 of its text, in hexadecimal.
func (e *SplitViewError) Name() string {
	sum := sha256.Sum256([]byte(e.Newer.Text))
	return hex.EncodeToString(sum[:])
}

// check holds the proof against the notes, which Logs.Open has opened.
func (e *SplitViewError) check() error {
	switch {
	case e.Older.Origin != e.Newer.Origin:
		return refuse(FaultProof, "the notes are of two logs")
	case e.Beginning == e.Older.Root:
		return refuse(FaultProof, "the newer tree begins with the older one")
	case tlog.CheckTree(e.Proof, e.Newer.Size, e.Newer.Root, e.Older.Size, e.Beginning) != nil:
		return refuse(FaultProof, "the proof does not lead from that beginning to the newer root")
	}
	return nil
}

// evidence is the file's form: canonical JSON.
type evidence struct {
	Beginning string   `json:"beginning"`
	Newer     string   `json:"newer"`
	Older     string   `json:"older"`
	Proof     []string `json:"proof"`
}

// Evidence writes what convinces anybody who has the log's key: one line of canonical JSON.
func (e *SplitViewError) Evidence() ([]byte, error) {
	file := evidence{Beginning: e.Beginning.String(), Newer: e.Newer.Note, Older: e.Older.Note, Proof: []string{}}
	for _, hash := range e.Proof {
		file.Proof = append(file.Proof, hash.String())
	}
	text, err := audit.Canonical(file)
	if err != nil {
		return nil, fmt.Errorf("witness: evidence against %s: %w", e.Older.Origin, err)
	}
	return append(text, '\n'), nil
}

// ParseEvidence reads evidence as Evidence writes it, and verifies it: a *SplitViewError that comes back is proved.
// Errors are *RefusedError.
func ParseEvidence(text []byte, logs Logs) (*SplitViewError, error) {
	if len(text) > 2*MaxCheckpointBytes+MaxRequestBytes {
		return nil, refuse(FaultMalformed, "evidence of %d bytes", len(text))
	}
	var file evidence
	if err := json.Unmarshal(text, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, refuse(FaultMalformed, "evidence: %.300v", err)
	}
	found := &SplitViewError{}
	var ok bool
	if found.Beginning, ok = parseHash(file.Beginning); !ok || len(file.Proof) > MaxProofHashes {
		return nil, refuse(FaultMalformed, "evidence: its beginning or its proof")
	}
	for _, line := range file.Proof {
		hash, ok := parseHash(line)
		if !ok {
			return nil, refuse(FaultMalformed, "evidence: its proof")
		}
		found.Proof = append(found.Proof, hash)
	}
	var err error
	if found.Older, err = logs.Open(file.Older); err != nil {
		return nil, err
	}
	if found.Newer, err = logs.Open(file.Newer); err != nil {
		return nil, err
	}
	if err := found.check(); err != nil {
		return nil, err
	}
	return found, nil
}

// diverge makes the evidence that two checkpoints of one log and a proof amount to, nil where they prove nothing.
func diverge(older, newer Signed, proof tlog.TreeProof) *SplitViewError {
	found := &SplitViewError{Older: older, Newer: newer, Proof: proof}
	if older.Size == newer.Size {
		found.Beginning, found.Proof = newer.Root, nil
	} else {
		beginning, root, ok := proved(proof, older.Size, newer.Size)
		if !ok || root != newer.Root {
			return nil
		}
		found.Beginning = beginning
	}
	if older.Size > 0 && found.check() == nil {
		return found
	}
	return nil
}

// proved computes the two roots that a consistency proof leads to (RFC 9162, 2.1.4.2). Proofs from a complete tree
// do not hold that tree's root, and are one hash too short: from those there is no telling.
func proved(proof tlog.TreeProof, older, newer int64) (beginning, root tlog.Hash, ok bool) {
	if older < 1 || newer <= older || len(proof) == 0 {
		return tlog.Hash{}, tlog.Hash{}, false
	}
	first, last := older-1, newer-1
	for first&1 == 1 {
		first, last = first>>1, last>>1
	}
	beginning, root = proof[0], proof[0]
	for _, hash := range proof[1:] {
		if last == 0 {
			return tlog.Hash{}, tlog.Hash{}, false
		}
		if first&1 == 1 || first == last {
			beginning, root = tlog.NodeHash(hash, beginning), tlog.NodeHash(hash, root)
			for first&1 == 0 && first != 0 {
				first, last = first>>1, last>>1
			}
		} else {
			root = tlog.NodeHash(root, hash)
		}
		first, last = first>>1, last>>1
	}
	return beginning, root, last == 0
}
