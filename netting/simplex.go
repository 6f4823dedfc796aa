package netting

import "iter"

// simplex is the primal network simplex method on strongly feasible spanning trees (Cunningham 1976), with
// block search for the entering arc (Kovács 2015). Everything is an integer, and the order of arcs and
// nodes alone decides which of equal optima it ends in, which is a tree: fewer arcs than nodes stand
// between their bounds.
//
// The tree hangs from an artificial root. A node knows its parent and the list of its children: cutting
// a subtree off and hanging it elsewhere turns the path to its new top around, and then one walk over
// the subtree sets prices and depths.
type simplex struct {
	arcs     []arc
	capacity []int64 // per arc
	flow     []int64 // per arc; behind them the artificial ones, per node
	nodes    []node
	next     int   // arc at which pricing goes on
	block    int   // how many arcs pricing looks at before it takes the best
	steps    int64 // arcs and nodes looked at
	pivots   int64
}

// arc is packed, for pricing reads arcs more than everything else together.
type arc struct {
	from, to int32
	cost     int32
	state    int32 // atLower, inTree or atUpper
}

// Where an arc's flow stands.
const (
	atLower int32 = 1 // zero; more of it may help
	inTree  int32 = 0 // between: the spanning tree sets it
	atUpper int32 = -1
)

// node is a node of the spanning tree.
type node struct {
	price              int64 // reduced cost of an arc: cost + price[from] - price[to]
	parent, arc        int32 // the arc between node and parent; -1 at the root
	child, left, right int32 // first child, and siblings; -1 where none is
	depth              int32
	up                 bool // the arc leads from the node to its parent
}

// newSimplex starts with every arc empty and every node's supply on an artificial arc from or to the root.
// Those that bring what is wanted cost more than any path, so that an optimum leaves them empty.
//
// Arcs are taken in strides: neighbours in the input share a node, and pricing, which looks at a block of
// neighbours at a time, should see many.
func newSimplex(n *network) *simplex {
	arcs, root := len(n.arcs), int32(len(n.supply))
	s := &simplex{
		arcs: make([]arc, 0, arcs), capacity: make([]int64, 0, arcs), flow: make([]int64, arcs, arcs+int(root)),
		nodes: make([]node, root+1), block: max(isqrt(arcs), 10),
	}
	most := int32(0)
	for at := range strides(arcs) {
		a := &n.arcs[at]
		s.arcs = append(s.arcs, arc{a.from, a.to, a.cost, atLower})
		s.capacity = append(s.capacity, a.capacity)
		most = max(most, a.cost)
	}
	dear := (int64(most) + 1) * int64(root)
	s.nodes[root] = node{parent: nobody, arc: nobody, child: nobody, left: nobody, right: nobody}
	for u, supply := range n.supply {
		nd := &s.nodes[u]
		*nd = node{child: nobody, depth: 1, up: supply >= 0}
		if supply < 0 {
			nd.price, supply = dear, -supply
		}
		s.flow = append(s.flow, supply)
		s.hang(int32(u), root, int32(arcs+u), nd.up)
	}
	return s
}

// strides visits 0 to n-1 in steps of the square root.
func strides(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		stride := isqrt(n) + 1
		for first := range stride {
			for at := first; at < n; at += stride {
				if !yield(at) {
					return
				}
			}
		}
	}
}

// isqrt is the square root, rounded down.
func isqrt(n int) int {
	r := 0
	for (r+1)*(r+1) <= n {
		r++
	}
	return r
}

// run pivots until no arc can improve the flow, or the budget of steps is used up. It tells whether the
// flow is optimal.
func (s *simplex) run(budget int64) bool {
	for entering := s.price(); entering >= 0; entering = s.price() {
		if s.steps > budget {
			return false
		}
		s.pivots++
		s.pivot(entering)
	}
	return true
}

// price finds an arc whose flow should change: the most profitable of a block; -1 where there is none.
func (s *simplex) price() int32 {
	best, bestCost, left := nobody, int64(0), s.block
	i := s.next
	for range s.arcs {
		s.steps++
		if i == len(s.arcs) {
			i = 0
		}
		a := &s.arcs[i]
		if cost := int64(a.state) * (int64(a.cost) + s.nodes[a.from].price - s.nodes[a.to].price); cost < bestCost {
			best, bestCost = int32(i), cost
		}
		i++
		if left--; left == 0 {
			if best >= 0 {
				break
			}
			left = s.block
		}
	}
	s.next = i
	return best
}

// pivot pushes what it can around the cycle that the entering arc closes in the tree, and swaps the arc
// that stops it for the entering one.
func (s *simplex) pivot(entering int32) {
	a := &s.arcs[entering]
	tail, head := a.from, a.to // along the push
	if a.state == atUpper {
		tail, head = head, tail
	}
	join := s.join(tail, head)

	// Of the arcs that stop the push the last along the cycle, seen from the join, leaves: the tree stays
	// strongly feasible, so that no run of pivots comes back to where it was.
	push, out, outsideTail := s.capacity[entering], nobody, false
	for u := tail; u != join; u = s.nodes[u].parent {
		if room := s.room(u, false); room < push {
			push, out, outsideTail = room, u, true
		}
	}
	for u := head; u != join; u = s.nodes[u].parent {
		if room := s.room(u, true); room <= push {
			push, out, outsideTail = room, u, false
		}
	}
	if push > 0 {
		s.flow[entering] += int64(a.state) * push
		for u := tail; u != join; u = s.nodes[u].parent {
			s.flow[s.nodes[u].arc] += s.sign(u, false) * push
		}
		for u := head; u != join; u = s.nodes[u].parent {
			s.flow[s.nodes[u].arc] += s.sign(u, true) * push
		}
	}
	if out == nobody { // the entering arc stops itself, at its other bound
		a.state = -a.state
		return
	}
	if leaving := s.nodes[out].arc; int(leaving) < len(s.arcs) {
		s.arcs[leaving].state = atLower
		if s.flow[leaving] != 0 {
			s.arcs[leaving].state = atUpper
		}
	}
	a.state = inTree
	in, onto := head, tail
	if outsideTail {
		in, onto = tail, head
	}
	s.rehang(in, out, onto, entering)
}

// join is where the paths of two nodes to the root meet.
func (s *simplex) join(u, v int32) int32 {
	for u != v {
		s.steps++
		if s.nodes[u].depth >= s.nodes[v].depth {
			u = s.nodes[u].parent
		} else {
			v = s.nodes[v].parent
		}
	}
	return u
}

// room is how much more the arc above u can carry towards the root, or away from it.
func (s *simplex) room(u int32, towardsRoot bool) int64 {
	nd := &s.nodes[u]
	if nd.up != towardsRoot {
		return s.flow[nd.arc]
	}
	if int(nd.arc) >= len(s.arcs) {
		return unlimited
	}
	return s.capacity[nd.arc] - s.flow[nd.arc]
}

// sign is by how much the flow of the arc above u changes when one unit more goes towards the root, or away.
func (s *simplex) sign(u int32, towardsRoot bool) int64 {
	if s.nodes[u].up == towardsRoot {
		return 1
	}
	return -1
}

// rehang cuts the tree above out, turns the path from in to out around, hangs in below onto by the entering
// arc, and sets prices and depths of everything below.
func (s *simplex) rehang(in, out, onto, entering int32) {
	u, parent, by, up := in, onto, entering, s.arcs[entering].from == in
	for {
		above, arcAbove, upAbove := s.nodes[u].parent, s.nodes[u].arc, s.nodes[u].up
		s.unhang(u)
		s.hang(u, parent, by, up)
		if u == out {
			break
		}
		u, parent, by, up = above, u, arcAbove, !upAbove
	}
	// Along a tree arc the reduced cost is zero.
	cost := int64(s.arcs[entering].cost)
	if s.arcs[entering].from == in {
		cost = -cost
	}
	shift := s.nodes[onto].price + cost - s.nodes[in].price
	for u := in; ; {
		nd := &s.nodes[u]
		s.steps++
		nd.price += shift
		nd.depth = s.nodes[nd.parent].depth + 1
		if nd.child != nobody {
			u = nd.child
			continue
		}
		for u != in && s.nodes[u].right == nobody {
			u = s.nodes[u].parent
		}
		if u == in {
			return
		}
		u = s.nodes[u].right
	}
}

// hang makes u the first child of parent.
func (s *simplex) hang(u, parent, by int32, up bool) {
	nd, p := &s.nodes[u], &s.nodes[parent]
	nd.parent, nd.arc, nd.up = parent, by, up
	nd.left, nd.right = nobody, p.child
	if p.child != nobody {
		s.nodes[p.child].left = u
	}
	p.child = u
}

// unhang takes u from its parent's children.
func (s *simplex) unhang(u int32) {
	nd := &s.nodes[u]
	if nd.left == nobody {
		s.nodes[nd.parent].child = nd.right
	} else {
		s.nodes[nd.left].right = nd.right
	}
	if nd.right != nobody {
		s.nodes[nd.right].left = nd.left
	}
}

// solution reads flow and prices off the tree.
func (s *simplex) solution() solution {
	r := solution{flow: make([]int64, len(s.arcs)), price: make([]int64, len(s.nodes)-1), iterations: s.pivots}
	k := 0
	for at := range strides(len(s.arcs)) {
		r.flow[at] = s.flow[k]
		k++
	}
	for u := range r.price {
		r.price[u] = s.nodes[u].price
	}
	return r
}
