package persons

import (
	"bytes"
	"crypto/sha256"
)

// A snapshot is
//
//	"ayni.persons.v1\n"   16 bytes
//	pepper                32 bytes
//	the tree              from its root, each node before its children:
//	                      's' and its 16 children, 'h' and 32 bytes of seed, or 'g' at the last level
//	SHA-256               of all before: against torn and rotten bytes, not against anybody's hand
//
// Whoever destroyed the same persons in whatever order has the same bytes.
const (
	snapshotForm     = "ayni.persons.v1\n"
	snapshotHead     = len(snapshotForm) + len(seed{})
	MaxSnapshotBytes = snapshotHead + sha256.Size + 1 + len(seed{}) + MaxDestroyed*levels*(1+(fan-1)*(1+len(seed{})))
)

// Snapshot writes the Keys as bytes to keep. They are as secret as the Keys.
func (k *Keys) Snapshot() []byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	size := snapshotHead + k.root.size() + sha256.Size // exactly, so that nothing secret is left behind by growing
	text := append(append(make([]byte, 0, size), snapshotForm...), k.pepper[:]...)
	text = k.root.append(text)
	sum := sha256.Sum256(text)
	return append(text, sum[:]...)
}

func (n *node) append(text []byte) []byte {
	text = append(text, byte(n.state))
	switch n.state {
	case held:
		text = append(text, n.seed[:]...)
	case split:
		for i := range n.children {
			text = n.children[i].append(text)
		}
	case gone:
	}
	return text
}

func (n *node) size() int {
	size := 1
	switch n.state {
	case held:
		size += len(n.seed)
	case split:
		for i := range n.children {
			size += n.children[i].size()
		}
	case gone:
	}
	return size
}

// ReadSnapshot reads what Snapshot wrote. Errors are *FormError and *LimitError.
func ReadSnapshot(text []byte) (*Keys, error) {
	pepper, root, err := readTree(text)
	if err != nil {
		return nil, err
	}
	return newKeys(pepper, root), nil
}

func readTree(text []byte) (pepper seed, root node, err error) {
	refused := func(why string) (seed, node, error) {
		return seed{}, node{}, &FormError{What: "snapshot", Why: why}
	}
	if len(text) > MaxSnapshotBytes {
		return seed{}, node{}, &LimitError{What: "bytes of a snapshot", Got: len(text), Max: MaxSnapshotBytes}
	}
	if len(text) < snapshotHead+sha256.Size || string(text[:len(snapshotForm)]) != snapshotForm {
		return refused("it does not begin as one of this version")
	}
	body := text[:len(text)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], text[len(body):]) {
		return refused("its checksum is another")
	}
	r := reader{text: body[snapshotHead:]}
	switch _, why := r.read(&root, 0); {
	case why != "":
		return refused(why)
	case len(r.text) > 0:
		return refused("something follows the tree")
	case r.gone > MaxDestroyed:
		return seed{}, node{}, &LimitError{What: "persons destroyed", Got: r.gone, Max: MaxDestroyed}
	}
	return seed(body[len(snapshotForm):]), root, nil
}

// reader reads a tree. Its memory is bounded by the text: a node takes a byte at least.
type reader struct {
	text []byte
	gone int
}

// read reads a node of a level. It tells whether anybody at or below it is gone, and why it cannot be.
func (r *reader) read(n *node, level int) (someGone bool, why string) {
	if len(r.text) == 0 {
		return false, "the tree ends early"
	}
	n.state, r.text = state(r.text[0]), r.text[1:]
	switch {
	case n.state == held && len(r.text) >= len(n.seed):
		r.text = r.text[copy(n.seed[:], r.text):]
		return false, ""
	case n.state == gone && level == levels:
		r.gone++
		return true, ""
	case n.state == split && level < levels:
		return r.readChildren(n, level+1)
	default:
		return false, "a node that the tree cannot have there"
	}
}

func (r *reader) readChildren(n *node, level int) (someGone bool, why string) {
	n.children = new([fan]node)
	for i := range n.children {
		below, why := r.read(&n.children[i], level)
		if why != "" {
			return false, why
		}
		someGone = someGone || below
	}
	if !someGone {
		return false, "a node is split and nobody below is gone"
	}
	return true, ""
}
