package draw

// Climb is the way from a leaf of a tree up to its root: at each rung, what stands beside and what both become.
type Climb struct {
	About
	Class string
	Leaf  Spot
	Rungs []Rung // from the leaf on
	Root  Spot   // what the last rung leads to
}

// Spot is a hash at its place, in short.
type Spot struct{ Name, Hash string }

// Rung is one step up.
type Rung struct {
	Left    bool   // what is beside stands on the left
	Beside  string // its hash, in short
	Becomes string // the hash of both; the root's of the last
}

// The sizes of a climb, in pixels.
const (
	climbWidth, rungHeight = 340, 46
	spotWidth, spotHeight  = 104, 24
	climbEdge              = 26 // above the root and below the leaf: their names
)

// SVG draws it, the root on top.
func (u Climb) SVG() string {
	const middle, left, right = climbWidth / 2, spotWidth / 2, climbWidth - spotWidth/2
	height := 2*climbEdge + len(u.Rungs)*rungHeight + spotHeight
	c := open(u.About, climbWidth, height, u.Class)
	top := func(rung int) int { return climbEdge + (len(u.Rungs)-rung)*rungHeight } // of what a rung leads to; 0 is the leaf
	for i, r := range u.Rungs {
		beside := right
		if r.Left {
			beside = left
		}
		to := top(i+1) + spotHeight
		c.line(middle, top(i), middle, to, "way", "#0b6152")
		c.line(beside, top(i), beside, to+(rungHeight-spotHeight)/2, "axis", "#848d91")
		c.line(beside, to+(rungHeight-spotHeight)/2, middle, to+(rungHeight-spotHeight)/2, "axis", "#848d91")
	}
	c.spot(middle, top(0), u.Leaf.Hash, true)
	for i, r := range u.Rungs {
		beside := right
		if r.Left {
			beside = left
		}
		c.spot(beside, top(i), r.Beside, false)
		c.spot(middle, top(i+1), r.Becomes, true)
	}
	const small, gap = 12, 8
	c.write(middle, climbEdge-gap, small, fromMiddle, "", u.Root.Name)
	c.write(middle, height-gap, small, fromMiddle, "", u.Leaf.Name)
	return c.close()
}

// spot draws a hash in its box: full where it is on the way, empty beside it.
func (c *canvas) spot(x, y int, hash string, on bool) {
	const size, base = 12, 16
	fill, ink := "#ffffff", "#14191c"
	class := "spot"
	if on {
		fill, ink, class = "#e2f0ec", "#0b6152", "spot on"
	}
	c.say(`<rect class="%s" x="%d.5" y="%d.5" width="%d" height="%d" rx="3" fill="%s" stroke="%s"/>`, class, x-spotWidth/2, y, spotWidth-1, spotHeight-1, fill, ink)
	c.say(`<text class="hash" x="%d" y="%d" font-size="%d" text-anchor="middle" font-family="ui-monospace, monospace" fill="#14191c">%s</text>`, x, y+base, size, text(hash))
}
