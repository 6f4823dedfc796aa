package draw

import "slices"

// Node is a place in a Sankey diagram: what flows in or out of it, whichever is more, is its height.
type Node struct {
	Column int // from 0
	Name   string
	Note   string // its amount, as it is read
	Tone   Tone
}

// Link is a flow between two nodes, by their places.
type Link struct {
	From, To int
	Value    int64
	Note     string // its amount, as it is read
}

// Sankey shows how amounts of one unit part and come together, from left to right.
type Sankey struct {
	About
	Class         string
	Width, Height int
	Columns       []string // headings
	Nodes         []Node
	Links         []Link
}

const (
	nodeWidth = 10
	nodeGap   = 12
	nodeLeast = 2
	headRoom  = 26
)

// placed is a node where it is drawn.
type placed struct {
	Node
	x, y, height int
	in, out      int64
	inAt, outAt  int // how far its sides are used
	total        int64
}

// SVG draws it.
func (s Sankey) SVG() string {
	c := open(s.About, s.Width, s.Height, s.Class)
	nodes := s.place()
	for i, heading := range s.Columns {
		x, at := s.columnX(i)+nodeWidth/2, fromMiddle
		switch i {
		case 0:
			x, at = 0, fromStart
		case len(s.Columns) - 1:
			x, at = s.Width, fromEnd
		}
		c.write(x, 12, 11, at, "minor", heading)
	}
	for _, l := range s.Links {
		c.flow(&nodes[l.From], &nodes[l.To], l)
	}
	for _, n := range nodes {
		c.rect(n.x, n.y, nodeWidth, n.height, n.Tone, n.Name+" "+n.Note)
		s.label(c, n)
	}
	return c.close()
}

// label writes a node's name and amount beside it, where there is room.
func (s Sankey) label(c *canvas, n placed) {
	if n.total == 0 {
		return
	}
	room := s.Width/max(1, len(s.Columns)) - nodeWidth
	x, at := n.x+nodeWidth+6, fromStart
	if n.Column == len(s.Columns)-1 {
		x, at = n.x-6, fromEnd
	}
	y := n.y + n.height/2
	if n.height < 22 {
		c.write(x, y+4, 11, at, "", clipped(n.Name+"  "+n.Note, room, 11))
		return
	}
	c.write(x, y-2, 12, at, "", clipped(n.Name, room, 12))
	c.write(x, y+12, 11, at, "minor", clipped(n.Note, room, 11))
}

func (s Sankey) columnX(column int) int {
	if len(s.Columns) < 2 {
		return 0
	}
	return column * (s.Width - nodeWidth) / (len(s.Columns) - 1)
}

// place gives every node its height and place, all columns to one scale.
func (s Sankey) place() []placed {
	nodes := make([]placed, len(s.Nodes))
	for i, n := range s.Nodes {
		nodes[i].Node = n
	}
	for _, l := range s.Links {
		nodes[l.From].out += l.Value
		nodes[l.To].in += l.Value
	}
	totals, counts := make([]int64, len(s.Columns)), make([]int, len(s.Columns))
	for i := range nodes {
		nodes[i].total = max(nodes[i].in, nodes[i].out)
		if nodes[i].total > 0 {
			totals[nodes[i].Column] += nodes[i].total
			counts[nodes[i].Column]++
		}
	}
	most := max(1, slices.Max(counts))
	room := s.Height - headRoom - (most-1)*nodeGap - 4
	whole := max(1, slices.Max(totals))
	y := slices.Repeat([]int{headRoom}, len(s.Columns))
	for i := range nodes {
		n := &nodes[i]
		if n.total == 0 {
			continue
		}
		n.x, n.y = s.columnX(n.Column), y[n.Column]
		n.height = max(nodeLeast, Share(n.total, whole, room))
		y[n.Column] += n.height + nodeGap
	}
	return nodes
}

// flow draws a band from one node to another, below the bands that are there.
func (c *canvas) flow(from, to *placed, l Link) {
	if l.Value <= 0 {
		return
	}
	out, in := max(1, Share(l.Value, from.total, from.height)), max(1, Share(l.Value, to.total, to.height))
	x1, x2 := from.x+nodeWidth, to.x
	y1, y2 := from.y+from.outAt, to.y+to.inAt
	middle := (x1 + x2) / 2
	c.say(`<path class="tone-%d" fill="%s" fill-opacity=".32" d="M%d %dC%d %d %d %d %d %dL%d %dC%d %d %d %d %d %dZ"><title>%s</title></path>`,
		to.Tone, tones[to.Tone],
		x1, y1, middle, y1, middle, y2, x2, y2,
		x2, y2+in, middle, y2+in, middle, y1+out, x1, y1+out,
		text(from.Name+" → "+to.Name+": "+l.Note))
	from.outAt += out
	to.inAt += in
}
