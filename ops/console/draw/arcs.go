package draw

import (
	"cmp"
	"slices"
)

// Stop is a place in a picture of ties, one in each row.
type Stop struct{ Name, Note string }

// Stroke is how a tie is drawn.
type Stroke int

// The strokes: from the surest to the loosest.
const (
	Solid Stroke = iota
	Dashed
	Dotted
)

var dashes = map[Stroke]string{Dashed: "7 5", Dotted: "1 5"}

// Arc ties two stops, by their places. One with a head points at To.
type Arc struct {
	From, To int
	Note     string // what ties them, as it is read: an amount
	Hint     string // the same in a sentence
	Stroke   Stroke
	Headless bool
}

// Arcs shows who is tied to whom: names in a column, ties as arcs beside them, and beside those, in the row where each
// begins, what it is.
type Arcs struct {
	About
	Class string
	Width int
	Stops []Stop
	Arcs  []Arc
}

const (
	stopRow  = 46 // from one name to the next
	stopDot  = 5
	arcLine  = 15 // of what is written beside arcs
	arcLeast = 48 // how far the shortest reaches, and each row more
	arcMore  = 26
)

// label is what is written beside an arc.
type label struct {
	y    int
	text string
}

// SVG draws it.
func (a Arcs) SVG() string {
	column, labels := a.Width*9/20, a.labels()
	height := stopRow * max(1, len(a.Stops))
	if last := len(labels) - 1; last >= 0 {
		height = max(height, labels[last].y+arcLine)
	}
	c := open(a.About, a.Width, height, a.Class)
	for _, arc := range a.Arcs {
		c.arc(column, row(arc.From), row(arc.To), a.reach(arc), arc)
	}
	for i, s := range a.Stops {
		c.say(`<circle class="tone-1" cx="%d" cy="%d" r="%d" fill="%s"/>`, column, row(i), stopDot, tones[Main])
		c.write(column-14, row(i)-2, 13, fromEnd, "", clipped(s.Name, column-14, 13))
		c.write(column-14, row(i)+13, 11, fromEnd, "minor", clipped(s.Note, column-14, 11))
	}
	beside := column + a.furthest()*3/4 + 10
	for _, l := range labels {
		c.write(beside, l.y+4, 11, fromStart, "minor", clipped(l.text, a.Width-beside, 11))
	}
	return c.close()
}

// row is how far down a stop is.
func row(place int) int { return stopRow*place + stopRow/2 }

// reach is how far an arc is drawn out.
func (a Arcs) reach(arc Arc) int {
	return min(arcLeast+arcMore*max(arc.From-arc.To, arc.To-arc.From), a.Width/4)
}

func (a Arcs) furthest() (reach int) {
	for _, arc := range a.Arcs {
		reach = max(reach, a.reach(arc))
	}
	return reach
}

// labels are what is written beside arcs, from the top, none over another.
func (a Arcs) labels() []label {
	all := make([]label, len(a.Arcs))
	for i, arc := range a.Arcs {
		all[i] = label{y: row(arc.From), text: arc.Note}
	}
	slices.SortStableFunc(all, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	for i := 1; i < len(all); i++ {
		all[i].y = max(all[i].y, all[i-1].y+arcLine)
	}
	return all
}

// arc draws a tie from one row to another, with a head where it has one.
func (c *canvas) arc(x, from, to, reach int, a Arc) {
	const gap, head = stopDot + 3, 8
	end := x + gap
	if !a.Headless {
		end += head
	}
	c.say(`<path class="stroke-1" stroke="%s" stroke-width="2" fill="none" stroke-linecap="round"`, tones[Main])
	if dash := dashes[a.Stroke]; dash != "" {
		c.say(` stroke-dasharray="%s"`, dash)
	}
	c.say(` d="M%d %dC%d %d %d %d %d %d"><title>%s</title></path>`, x+gap, from, x+reach, from, x+reach, to, end, to, text(a.Hint))
	if !a.Headless {
		c.say(`<path class="tone-1" fill="%s" d="M%d %dL%d %dL%d %dZ"/>`, tones[Main], x+gap, to, x+gap+head, to-5, x+gap+head, to+5)
	}
}
