package netting

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyNetwork draws arcs with a flow on them, and supplies that this flow serves, so that there is one. Parallel
// arcs, arcs from a node to itself, empty arcs and free ones are among them.
func anyNetwork(nodes, arcs, dearest int) *rapid.Generator[*network] {
	return rapid.Custom(func(t *rapid.T) *network {
		count := rapid.IntRange(1, nodes).Draw(t, "nodes")
		node := rapid.Int32Range(0, int32(count-1))
		n := &network{supply: make([]int64, count)}
		for range rapid.IntRange(0, arcs).Draw(t, "arcs") {
			from, to := node.Draw(t, "from"), node.Draw(t, "to")
			capacity := rapid.Int64Range(0, 20).Draw(t, "capacity")
			n.add(from, to, capacity, rapid.Int32Range(0, int32(dearest)).Draw(t, "cost"))
			flow := rapid.Int64Range(0, capacity).Draw(t, "flow")
			n.supply[from] += flow
			n.supply[to] -= flow
		}
		return n
	})
}

// requireOptimal holds a solution against its definition: it keeps capacities, serves supplies, and its prices
// show that no flow is cheaper.
func requireOptimal(t require.TestingT, n *network, s solution) {
	require.Len(t, s.flow, len(n.arcs))
	require.Len(t, s.price, len(n.supply))
	left := append([]int64{}, n.supply...)
	for i, a := range n.arcs {
		require.GreaterOrEqual(t, s.flow[i], int64(0))
		require.LessOrEqual(t, s.flow[i], a.capacity)
		left[a.from] -= s.flow[i]
		left[a.to] += s.flow[i]
		reduced := int64(a.cost) + s.price[a.from] - s.price[a.to]
		if s.flow[i] < a.capacity {
			require.GreaterOrEqual(t, reduced, int64(0), "more could flow on arc %d", i)
		}
		if s.flow[i] > 0 {
			require.LessOrEqual(t, reduced, int64(0), "less should flow on arc %d", i)
		}
	}
	for node, supply := range left {
		require.Zero(t, supply, "supply of node %d", node)
	}
}

// cheapest is what the cheapest flow costs, by successive shortest paths with Bellman and Ford's search: one path at a
// time, from any node with something left to send.
func (n *network) cheapest() int64 {
	flow, left := make([]int64, len(n.arcs)), append([]int64{}, n.supply...)
	for {
		distance, by := make([]int64, len(left)), make([]int, len(left)) // by: arc+1, negative backwards
		for u := range distance {
			distance[u] = math.MaxInt32
			if left[u] > 0 {
				distance[u] = 0
			}
		}
		for range left {
			for i, a := range n.arcs {
				if flow[i] < a.capacity && distance[a.from]+int64(a.cost) < distance[a.to] {
					distance[a.to], by[a.to] = distance[a.from]+int64(a.cost), i+1
				}
				if flow[i] > 0 && distance[a.to]-int64(a.cost) < distance[a.from] {
					distance[a.from], by[a.from] = distance[a.to]-int64(a.cost), -i-1
				}
			}
		}
		end := -1
		for u := range left {
			if left[u] < 0 && (end < 0 || distance[u] < distance[end]) {
				end = u
			}
		}
		if end < 0 {
			return n.cost(flow)
		}
		left[end]++ // one unit
		for u := end; ; {
			switch i := by[u]; {
			case i > 0:
				flow[i-1]++
				u = int(n.arcs[i-1].from)
			case i < 0:
				flow[-i-1]--
				u = int(n.arcs[-i-1].to)
			}
			if by[u] == 0 {
				left[u]--
				break
			}
		}
	}
}

// Both methods find a flow, prove it the cheapest, and agree with paths one at a time.
func TestFlowsAreTheCheapest(t *testing.T) {
	for name, dearest := range map[string]int{"free": 0, "one cost": 1, "small costs": 7, "large costs": MaxWeight} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := anyNetwork(8, 24, dearest).Draw(t, "network")
				want := n.cheapest()
				for _, tree := range []bool{false, true} {
					s, optimal := n.solve(tree)
					require.True(t, optimal)
					requireOptimal(t, n, s)
					require.Equal(t, want, n.cost(s.flow))
				}
			})
		})
	}
}

// On larger networks the methods are held against each other.
func TestFlowMethodsAgree(t *testing.T) {
	source := byRandom(random(6))
	for range 40 {
		n := &network{supply: make([]int64, source(2, 120))}
		for range source(1, 2500) {
			from, to := source.index(len(n.supply)), source.index(len(n.supply))
			capacity := source(0, 1<<50)
			n.add(int32(from), int32(to), capacity, int32(source(0, dearestPhased)))
			flow := source(0, capacity)
			n.supply[from] += flow
			n.supply[to] -= flow
		}
		tree, optimal := n.solve(true)
		require.True(t, optimal)
		requireOptimal(t, n, tree)
		other, optimal := n.solve(false)
		require.True(t, optimal)
		requireOptimal(t, n, other)
		require.Equal(t, n.cost(tree.flow), n.cost(other.flow))

		// A tree has fewer arcs than nodes.
		between := 0
		for i, a := range n.arcs {
			if tree.flow[i] > 0 && tree.flow[i] < a.capacity {
				between++
			}
		}
		require.Less(t, between, len(n.supply))

		again, _ := n.solve(true)
		require.Equal(t, tree, again)
		again, _ = n.solve(false)
		require.Equal(t, other, again)
	}
}

// A budget that runs out says so: the flow is none to rely on.
func TestFlowsKeepToTheirBudget(t *testing.T) {
	n := &network{supply: make([]int64, 60)}
	for from := range int32(60) {
		for to := range int32(60) {
			n.add(from, to, int64(from^to), (from*7+to*13)%50)
			n.supply[from] += int64(from^to) * int64(from) / 60
			n.supply[to] -= int64(from^to) * int64(from) / 60
		}
	}
	assert.False(t, newSimplex(n).run(0))
	assert.True(t, newSimplex(n).run(math.MaxInt64))
	assert.False(t, newPrimalDual(n).run(0))
	assert.True(t, newPrimalDual(n).run(math.MaxInt64))
}

func TestFlowOfNothing(t *testing.T) {
	for _, n := range []*network{{}, {supply: make([]int64, 3)}} {
		for _, tree := range []bool{false, true} {
			s, optimal := n.solve(tree)
			assert.True(t, optimal)
			requireOptimal(t, n, s)
		}
	}
}

// Amounts at the edge of what an input may hold.
func TestFlowOfTheLargestAmounts(t *testing.T) {
	for _, tree := range []bool{false, true} {
		n := &network{supply: []int64{maxWeighted, 0, -maxWeighted}}
		n.add(0, 1, maxWeighted, 1)
		n.add(1, 2, maxWeighted-1, 1)
		n.add(0, 2, unlimited, 3)
		s, optimal := n.solve(tree)
		assert.True(t, optimal)
		requireOptimal(t, n, s)
		assert.Equal(t, []int64{maxWeighted - 1, maxWeighted - 1, 1}, s.flow)
	}
}
