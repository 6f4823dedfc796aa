package persons

import "crypto/sha256"

// The tree of Goldreich, Goldwasser and Micali ("How to construct random functions", J. ACM 33, 1986): a seed
// determines its children by a pseudorandom function, these theirs, and the leaves are the keys. Whoever holds the
// seeds of some subtrees can compute the leaves below them, and learns nothing of any other: a puncturable
// pseudorandom function (Boneh and Waters, "Constrained pseudorandom functions and their applications", 2013;
// for erasing what one key opens, Green and Miers, "Forward secure asynchronous messaging from puncturable
// encryption", 2015).
//
// A child is SHA-256(seed ‖ "ayni.person.node.v1" ‖ level ‖ index). The input has one length, 53 bytes, which is one
// block of SHA-256 with its padding: no input is the beginning of another, so nothing can be extended, and each
// value is one call of the compression function with a secret uniform half block, as a pseudorandom function. It is
// the assumption of RFC 8391 (section 5.1) and NIST SP 800-208, which key SHA-256 by a prefix of fixed length too,
// and a weaker one than that SHA-256 behaves as a random oracle. HMAC would rest on a little less and costs four
// times as much. The text keeps these calls apart from those of other uses, level and index from each other.
const (
	stepBits   = 4
	fan        = 1 << stepBits
	levels     = 64 / stepBits
	nodeDomain = "ayni.person.node.v1"
)

// seed is what a subtree is computed from; at the last level, it is a person's key.
type seed [sha256.Size]byte

// inner is the input of a child's hash: everything but seed, level and index stays.
type inner [len(seed{}) + len(nodeDomain) + 2]byte

func newInner() (in inner) {
	copy(in[len(seed{}):], nodeDomain)
	return in
}

// child is the seed of a child that stands on the given level.
func (in *inner) child(parent *seed, level, index int) seed {
	copy(in[:], parent[:])
	in[len(in)-2], in[len(in)-1] = byte(level), byte(index) //nolint:gosec // both at most 16
	return sha256.Sum256(in[:])
}

// descend follows the path from the subtree of a level down to the other.
func descend(from seed, path Path, level, to int) seed {
	in := newInner()
	for ; level < to; level++ {
		from = in.child(&from, level+1, path.step(level))
	}
	return from
}

type state byte

const (
	held  state = 'h' // its seed is known, and so everything below
	split state = 's' // only its children are there: somebody below is gone
	gone  state = 'g' // a leaf that was destroyed
)

// node is what is kept of one node of the tree.
type node struct {
	state    state
	seed     seed       // of what is held
	children *[fan]node // of what is split
}

// key computes a leaf; false where it was destroyed.
func (n *node) key(path Path) (seed, bool) {
	level := 0
	for ; n.state == split; level++ {
		n = &n.children[path.step(level)]
	}
	if n.state == gone {
		return seed{}, false
	}
	return descend(n.seed, path, level, levels), true
}

// puncture destroys a leaf: every ancestor that is held is replaced by its children, of which only those beside
// the path stay. It tells whether the leaf was there.
func (n *node) puncture(path Path) bool {
	for level := range levels {
		if n.state == held {
			n.split(level)
		}
		n = &n.children[path.step(level)]
	}
	if n.state == gone {
		return false
	}
	clear(n.seed[:])
	n.state = gone
	return true
}

// split replaces a node of a level by its children, and overwrites its seed.
func (n *node) split(level int) {
	in := newInner()
	defer clear(in[:])
	n.children = new([fan]node)
	for i := range n.children {
		n.children[i] = node{state: held, seed: in.child(&n.seed, level+1, i)}
	}
	clear(n.seed[:])
	n.state = split
}

// each calls visit for every node that is held or gone, in the order of paths, with its level and the first path
// below it.
func (n *node) each(visit func(n *node, level int, first Path)) { n.walk(0, 0, visit) }

func (n *node) walk(level int, first Path, visit func(*node, int, Path)) {
	if n.state != split {
		visit(n, level, first)
		return
	}
	for i := range n.children {
		n.children[i].walk(level+1, first|Path(i)<<(64-stepBits*(level+1)), visit)
	}
}

// gone lists the leaves that were destroyed, in ascending order.
func (n *node) gone() (paths []Path) {
	n.each(func(n *node, _ int, first Path) {
		if n.state == gone {
			paths = append(paths, first)
		}
	})
	return paths
}

// wipe overwrites every seed.
func (n *node) wipe() {
	clear(n.seed[:])
	if n.state == split {
		for i := range n.children {
			n.children[i].wipe()
		}
	}
}
