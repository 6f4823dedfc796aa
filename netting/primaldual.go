package netting

import (
	"cmp"
	"math"
	"slices"
)

// primalDual solves a network by the primal-dual method (Ford & Fulkerson 1962): the nodes that supply more
// than they have sent push along the cheapest paths that are left, all paths of one length at a time.
// There are as many phases as lengths of paths, and within one the paths of fewest arcs are saturated
// together (Dinitz 1970). Costs are small integers here and people owe people in few steps, so phases
// are few: on large sparse graphs it beats the simplex method, whose pivots grow with the arcs. What it
// ends in is an optimum, but not a tree: many arcs may stand between their bounds.
type primalDual struct {
	nodes  []station
	links  []link
	places []int32 // per arc: its link
	queue  []int32
	path   []int32
	rounds int64
	steps  int64 // links looked at
	far    bool  // a path was longer than maxDistance
	back   bool  // the whole is looked at from the deficits
}

// station is a node. What the search reads together stands together.
type station struct {
	price   int64 // reduced cost of a link: cost + price of its tail - price of its head, not negative while it has room
	excess  int64 // what it still has to send, or, negative, to get
	level   int32 // links from the nearest excess on tight paths; -1 unreached
	first   int32 // its first link; the next node's is the end
	current int32 // the link at which the search goes on
}

// link is one direction of an arc.
type link struct {
	room     int64 // what it can still carry
	to, mate int32 // node, and the link back
	cost     int32
}

func newPrimalDual(n *network) *primalDual {
	p := &primalDual{
		nodes: make([]station, len(n.supply)+1), links: make([]link, 2*len(n.arcs)), places: make([]int32, len(n.arcs)),
		queue: make([]int32, 0, len(n.supply)),
	}
	for i := range n.arcs {
		p.nodes[n.arcs[i].from+1].first++
		p.nodes[n.arcs[i].to+1].first++
	}
	for u, supply := range n.supply {
		p.nodes[u].excess = supply
		p.nodes[u].current = p.nodes[u].first
		p.nodes[u+1].first += p.nodes[u].first
	}
	for i := range n.arcs {
		a := &n.arcs[i]
		there := p.nodes[a.from].current
		p.nodes[a.from].current++
		back := p.nodes[a.to].current // another one even where from and to are the same
		p.nodes[a.to].current++
		p.places[i] = there
		p.links[there] = link{a.capacity, a.to, back, a.cost}
		p.links[back] = link{0, a.from, there, -a.cost}
	}
	return p
}

// patience is how many phases go by the lengths of paths, one after the other. Ordinary graphs need a dozen.
const patience = 48

// run sends everything, as cheaply as possible, and tells whether it did within the budget of steps.
func (p *primalDual) run(budget int64) bool {
	for phase := 0; p.reprice(phase >= patience); phase++ {
		for phase < patience && p.layer() {
			p.rounds++
			p.saturate()
			if p.steps > budget {
				return false
			}
		}
		for phase >= patience && p.pulse() {
			p.rounds++
			if p.steps > budget {
				return false
			}
		}
	}
	return !p.far
}

// solution reads flow and prices off the links.
func (p *primalDual) solution(n *network) solution {
	s := solution{flow: make([]int64, len(n.arcs)), price: make([]int64, len(n.supply)), iterations: p.rounds}
	for u := range s.price {
		s.price[u] = p.nodes[u].price
	}
	for i := range n.arcs {
		s.flow[i] = n.arcs[i].capacity - p.links[p.places[i]].room
	}
	return s
}

// maxDistance bounds the lengths of paths, for which there is a list each.
const maxDistance = 1 << 22

// reprice finds the length of the cheapest paths from any excess to any deficit, and lowers the prices of
// what is nearer than that, so that these paths become tight: their reduced cost zero. It tells whether
// there are any.
//
// Long chains have as many lengths as links. For these, whole makes the cheapest paths of all lengths tight at
// once, from the excesses on or, if there are fewer of them, back from the deficits.
func (p *primalDual) reprice(whole bool) bool {
	nodes := p.nodes[:len(p.nodes)-1]
	var near [][]int32 // nodes by distance, which is kept as their level
	reach := func(u int32, d int64) {
		for int64(len(near)) <= d {
			near = append(near, nil)
		}
		nodes[u].level = int32(d)
		near[d] = append(near[d], u)
	}
	p.back = whole && p.fewerDeficits()
	for u := range nodes {
		nodes[u].level = -1
		if excess := nodes[u].excess; excess > 0 && !p.back || excess < 0 && p.back {
			reach(int32(u), 0)
		}
	}
	met, end := false, int32(0) // an excess met a deficit; how far paths go
	for d := 0; d < len(near) && (whole || !met); d++ {
		for k := 0; k < len(near[d]); k++ { //nolint:intrange // reach makes it longer
			u := near[d][k]
			if nodes[u].level != int32(d) {
				continue
			}
			end = int32(d)
			if excess := nodes[u].excess; excess < 0 && !p.back || excess > 0 && p.back {
				met = true
				if !whole {
					break
				}
			}
			links := p.linksOf(u)
			for i := range links {
				l, other := &links[i], links[i].to
				gain := nodes[u].price - nodes[other].price
				if p.back {
					l, gain = &p.links[l.mate], -gain
				}
				if l.room == 0 {
					continue
				}
				far := int64(d) + int64(l.cost) + gain
				if far > maxDistance {
					p.far = true
					return false
				}
				if level := nodes[other].level; level < 0 || far < int64(level) {
					reach(other, far)
				}
			}
		}
	}
	p.steps += int64(len(nodes) + len(near))
	sign := int64(1)
	if p.back {
		sign = -1
	}
	for v := range nodes {
		if nd := &nodes[v]; met && nd.level >= 0 && nd.level < end {
			nd.price -= sign * int64(end-nd.level)
		}
	}
	return met
}

// fewerDeficits tells whether fewer nodes want something than have something to send.
func (p *primalDual) fewerDeficits() bool {
	balance := 0
	for u := range p.nodes {
		balance += cmp.Compare(p.nodes[u].excess, 0)
	}
	return balance > 0
}

// linksOf gives the links of a node, and counts that they are looked at.
func (p *primalDual) linksOf(u int32) []link {
	from, to := p.nodes[u].first, p.nodes[u+1].first
	p.steps += int64(to - from)
	return p.links[from:to]
}

// layer numbers nodes by how many tight links part them from an excess, up to the nearest deficits, and
// tells whether there are any.
func (p *primalDual) layer() bool {
	nodes := p.nodes[:len(p.nodes)-1]
	p.steps += int64(len(nodes))
	p.queue = p.queue[:0]
	for u := range nodes {
		nd := &nodes[u]
		nd.level, nd.current = -1, nd.first
		if nd.excess > 0 {
			nd.level = 0
			p.queue = append(p.queue, int32(u))
		}
	}
	found := int32(math.MaxInt32)
	for k := 0; k < len(p.queue); k++ {
		u := p.queue[k]
		next, price := nodes[u].level+1, nodes[u].price
		if next > found {
			break
		}
		links := p.linksOf(u)
		for i := range links {
			l := &links[i]
			if l.room == 0 {
				continue
			}
			if to := &nodes[l.to]; to.level < 0 && to.price == price+int64(l.cost) {
				to.level = next
				p.queue = append(p.queue, l.to)
				if to.excess < 0 {
					found = next
				}
			}
		}
	}
	return found < math.MaxInt32
}

// pulse moves what is left towards the side with fewer nodes, the deficits or the excesses, along tight links
// and all of it at once: the farthest first, so that whoever is on the way passes on what it was given. What
// gets stuck stays where it is. It tells whether there was a way.
func (p *primalDual) pulse() bool {
	nodes := p.nodes[:len(p.nodes)-1]
	p.steps += int64(len(nodes))
	p.queue = p.queue[:0]
	for u := range nodes {
		nodes[u].level = -1
		if p.wants(int32(u)) {
			nodes[u].level = 0
			p.queue = append(p.queue, int32(u))
		}
	}
	found := false
	for k := 0; k < len(p.queue); k++ {
		u := p.queue[k]
		found = found || p.left(u) > 0
		links := p.linksOf(u)
		for i := range links {
			to := links[i].to
			if nodes[to].level < 0 && p.open(&links[i], !p.back) {
				nodes[to].level = nodes[u].level + 1
				p.queue = append(p.queue, to)
			}
		}
	}
	for _, u := range slices.Backward(p.queue) {
		links := p.linksOf(u)
		for i := range links {
			l := &links[i]
			if left := p.left(u); left <= 0 {
				break
			} else if nodes[l.to].level == nodes[u].level-1 && p.open(l, p.back) {
				p.pass(u, l, left)
			}
		}
	}
	return found
}

// wants tells whether a node is on the side that the pulse goes to.
func (p *primalDual) wants(u int32) bool {
	if p.back {
		return p.nodes[u].excess < 0
	}
	return p.nodes[u].excess > 0
}

// left is what the pulse has to move from a node.
func (p *primalDual) left(u int32) int64 {
	if p.back {
		return p.nodes[u].excess
	}
	return -p.nodes[u].excess
}

// open tells whether a link, or else the link back, is tight and has room.
func (p *primalDual) open(l *link, itself bool) bool {
	from := p.links[l.mate].to
	if !itself {
		from, l = l.to, &p.links[l.mate]
	}
	return l.room > 0 && p.nodes[l.to].price == p.nodes[from].price+int64(l.cost)
}

// pass moves what it can of an excess along a link, or of a deficit against it.
func (p *primalDual) pass(u int32, l *link, left int64) {
	to, sign := l.to, int64(1)
	if !p.back {
		l, sign = &p.links[l.mate], -1
	}
	amount := min(left, l.room)
	l.room -= amount
	p.links[l.mate].room += amount
	p.nodes[u].excess -= sign * amount
	p.nodes[to].excess += sign * amount
}

// saturate sends from every excess along tight links from layer to layer, until no such path is left.
func (p *primalDual) saturate() {
	for u := range len(p.nodes) - 1 {
		if nd := &p.nodes[u]; nd.excess > 0 && nd.level == 0 {
			p.send(int32(u))
		}
	}
}

// send searches depth first from one excess. A link that leads nowhere is not looked at again in this round.
func (p *primalDual) send(source int32) {
	path := p.path[:0]
	for u := source; p.nodes[source].excess > 0; {
		if p.nodes[u].excess < 0 {
			keep := p.augment(source, u, path)
			if keep < len(path) {
				u = p.tail(path[keep])
				path = path[:keep]
			}
			continue
		}
		if i := p.advance(u); i >= 0 {
			path = append(path, i)
			u = p.links[i].to
			continue
		}
		if len(path) == 0 {
			break
		}
		u = p.tail(path[len(path)-1])
		path = path[:len(path)-1]
		p.nodes[u].current++
	}
	p.path = path
}

// tail is the node that a link leaves.
func (p *primalDual) tail(i int32) int32 { return p.links[p.links[i].mate].to }

// augment sends what it can along a path, and tells how many of its links, from the start, still have room.
func (p *primalDual) augment(from, to int32, path []int32) (keep int) {
	amount := min(p.nodes[from].excess, -p.nodes[to].excess)
	for _, i := range path {
		amount = min(amount, p.links[i].room)
	}
	p.nodes[from].excess -= amount
	p.nodes[to].excess += amount
	keep = len(path)
	for k, i := range slices.Backward(path) {
		l := &p.links[i]
		l.room -= amount
		p.links[l.mate].room += amount
		if l.room == 0 {
			keep = k
		}
	}
	return keep
}

// advance gives the next link of a node that leads a layer on; -1 where none is left.
func (p *primalDual) advance(u int32) int32 {
	nd := &p.nodes[u]
	end := p.nodes[u+1].first
	for ; nd.current < end; nd.current++ {
		l := &p.links[nd.current]
		if l.room == 0 {
			continue
		}
		if to := &p.nodes[l.to]; to.level == nd.level+1 && to.price == nd.price+int64(l.cost) {
			return nd.current
		}
	}
	return nobody
}
