// Package audit is the settlement log: canonical entries, the Merkle tree over them, and the signed
// checkpoints that commit to it. It knows nothing of the engine or of PostgreSQL.
package audit

import (
	"encoding/base64"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the Merkle tree of RFC 6962 over the log's entries, of which it keeps only the right edge:
// one hash per complete subtree, largest first. The zero value is the empty tree.
type Tree struct {
	size int64
	edge []subtree
}

type subtree struct {
	level int
	hash  tlog.Hash
}

// Leaf returns the leaf hash of an entry's bytes.
func Leaf(entry []byte) tlog.Hash { return tlog.RecordHash(entry) }

// Append adds the next leaf.
func (t *Tree) Append(leaf tlog.Hash) {
	next := subtree{hash: leaf}
	for len(t.edge) > 0 && t.edge[len(t.edge)-1].level == next.level {
		left := t.edge[len(t.edge)-1]
		t.edge = t.edge[:len(t.edge)-1]
		next = subtree{level: left.level + 1, hash: tlog.NodeHash(left.hash, next.hash)}
	}
	t.edge = append(t.edge, next)
	t.size++
}

// Edge returns the hashes of the complete subtrees at the right edge, largest first: with the size, all that
// Resume needs.
func (t *Tree) Edge() []tlog.Hash {
	edge := make([]tlog.Hash, len(t.edge))
	for i, s := range t.edge {
		edge[i] = s.hash
	}
	return edge
}

// Resume makes the tree of a size whose right edge is known, to go on from there. It errs where the size has
// another number of subtrees; whether the hashes are right shows in the root.
func Resume(size int64, edge []tlog.Hash) (*Tree, error) {
	if size < 0 || bits.OnesCount64(uint64(size)) != len(edge) {
		return nil, fmt.Errorf("audit: a tree of size %d has no edge of %d hashes", size, len(edge))
	}
	t := &Tree{size: size}
	for left := uint64(size); left != 0; { // each bit of the size is one complete subtree
		level := bits.Len64(left) - 1
		left &^= 1 << level
		t.edge = append(t.edge, subtree{level: level, hash: edge[len(t.edge)]})
	}
	return t, nil
}

// Size returns the number of leaves; it is also the index that the next entry gets.
func (t *Tree) Size() int64 { return t.size }

// Root returns the tree's hash. The root of the empty tree is the hash of nothing (RFC 6962, 2.1).
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // size 0 reads no hashes and cannot fail
		return root
	}
	root := t.edge[len(t.edge)-1].hash
	for i := len(t.edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.edge[i].hash, root)
	}
	return root
}

// Origin names a log in its checkpoints; it is also the name of the key that signs them.
type Origin string

// maxSize is beyond every log. Near 2^63 the reference implementation of proofs never ends.
const maxSize = 1 << 62

// Checkpoint is the statement "the log of this origin, at this size, has this root".
type Checkpoint struct {
	Origin Origin
	Size   int64
	Root   tlog.Hash
}

// Sign writes the checkpoint as a signed note (C2SP tlog-checkpoint).
func (c Checkpoint) Sign(signer note.Signer) (string, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return "", fmt.Errorf("audit: sign checkpoint %d of %s: %w", c.Size, c.Origin, err)
	}
	return string(signed), nil
}

// OpenCheckpoint verifies a signed note by one of the verifiers and reads the checkpoint in it.
func OpenCheckpoint(signed string, verifiers ...note.Verifier) (Checkpoint, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint: %w", err)
	}
	// A signature's last base64 character has bits that decoders ignore: without this, a checkpoint could
	// be changed by one bit and still verify.
	for _, signature := range slices.Concat(opened.Sigs, opened.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(signature.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("audit: checkpoint: signature of %s is not canonical base64", signature.Name)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint has %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxSize || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint root: %w", err)
	}
	return Checkpoint{Origin: Origin(lines[0]), Size: size, Root: root}, nil
}
