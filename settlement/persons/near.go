package persons

// nearLevel is how deep the seeds are kept that need no walk: 16^3 of them, 128 KB, which stay in a core's own cache
// and are made in half a millisecond. One level more would save one hash of thirteen, and take 2 MB.
const nearLevel = 3

// near keeps the seeds of one level, where nobody below them is gone.
type near struct {
	seeds []seed
	held  []bool
}

func newNear(root *node) near {
	const size = 1 << (stepBits * nearLevel)
	n := near{seeds: make([]seed, size), held: make([]bool, size)}
	n.fill(root, 0, 0)
	return n
}

// fill takes in what is below a node of a level, where index counts the nodes of that level.
func (n *near) fill(from *node, level, index int) {
	switch {
	case from.state == held:
		n.grow(&from.seed, level, index)
	case level < nearLevel:
		for i := range from.children {
			n.fill(&from.children[i], level+1, index<<stepBits|i)
		}
	}
}

func (n *near) grow(from *seed, level, index int) {
	if level == nearLevel {
		n.seeds[index], n.held[index] = *from, true
		return
	}
	in := newInner()
	for i := range fan {
		below := in.child(from, level+1, i)
		n.grow(&below, level+1, index<<stepBits|i)
	}
}

// at is the seed above a path, nil where the walk has to begin at the root.
func (n *near) at(path Path) *seed {
	index := path >> (64 - stepBits*nearLevel)
	if !n.held[index] {
		return nil
	}
	return &n.seeds[index]
}

func (n *near) drop(path Path) {
	index := path >> (64 - stepBits*nearLevel)
	clear(n.seeds[index][:])
	n.held[index] = false
}
