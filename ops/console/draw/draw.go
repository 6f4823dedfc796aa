// Package draw makes the console's pictures: SVG from numbers, the same bytes for the same numbers.
//
// A picture stands alone: it has a title and a description for those who do not see it, every figure that it shows is
// written beside its shape, shapes differ by lightness and pattern and not by colour alone, and attributes carry all
// of its look, so that it prints. On a page, classes give it the page's colours. Coordinates are whole pixels.
package draw

import (
	"fmt"
	"html"
	"math/bits"
	"strings"
)

// Tone is what a shape is filled with: its place in the palette, from 1.
type Tone int

// The tones.
const (
	Main   Tone = iota + 1 // what it is about
	Second                 // what is left
	Third
	Fourth
	Faint // what cancelled itself out
)

// tones is how the shapes look where no page colours them.
var tones = map[Tone]string{Main: "#0b6152", Second: "#d98a2b", Third: "#6fa8c9", Fourth: "#9b4a63", Faint: "#a9b1ad"}

// About is what a picture says to those who do not see it. ID is unique on its page.
type About struct{ ID, Title, Desc string }

// canvas is a picture on its way.
type canvas struct{ strings.Builder }

// open begins a picture of a size; class adds to "picture".
func open(a About, width, height int, class string) *canvas {
	c := &canvas{}
	class = strings.TrimSpace("picture " + class)
	c.say(`<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d" font-family="system-ui, sans-serif">`,
		text(class), width, height, width, height, text(a.ID), text(a.ID))
	c.say(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, text(a.ID), text(a.Title), text(a.ID), text(a.Desc))
	return c
}

func (c *canvas) close() string {
	c.WriteString("</svg>")
	return c.String()
}

func (c *canvas) say(format string, args ...any) {
	fmt.Fprintf(c, format, args...) //nolint:errcheck // a builder takes everything
}

// rect draws a box with a hint of what it is; no box is drawn where nothing would be seen.
func (c *canvas) rect(x, y, width, height int, tone Tone, hint string) {
	if width <= 0 || height <= 0 {
		return
	}
	c.say(`<rect class="tone-%d" x="%d" y="%d" width="%d" height="%d" fill="%s">`, tone, x, y, width, height, tones[tone])
	c.say(`<title>%s</title></rect>`, text(hint))
}

// hatch lays a pattern over a box, so that it is told apart without colour.
func (c *canvas) hatch(x, y, width, height int) {
	const step = 6
	if width <= 0 || height <= 0 {
		return
	}
	c.say(`<path class="hatch" stroke="#fff" stroke-width="1" fill="none" d="`)
	for d := step; d < width+height; d += step {
		fromX, fromY := x+min(d, width), y+max(0, d-width)
		toX, toY := x+max(0, d-height), y+min(d, height)
		c.say("M%d %dL%d %d", fromX, fromY, toX, toY)
	}
	c.say(`"/>`)
}

// anchor is where a text begins from.
type anchor string

const (
	fromStart  anchor = "start"
	fromMiddle anchor = "middle"
	fromEnd    anchor = "end"
)

// write writes a line of text; class is "" or "minor" or "axis".
func (c *canvas) write(x, y, size int, at anchor, class, line string) {
	fill := "#14191c"
	if class != "" {
		fill = "#535d63"
	}
	c.say(`<text x="%d" y="%d" font-size="%d" text-anchor="%s" fill="%s"`, x, y, size, at, fill)
	if class != "" {
		c.say(` class="%s"`, class)
	}
	c.say(`>%s</text>`, text(line))
}

func (c *canvas) line(x1, y1, x2, y2 int, class, stroke string) {
	c.say(`<path class="%s" stroke="%s" d="M%d %dL%d %d"/>`, class, stroke, x1, y1, x2, y2)
}

// text is what a name or figure is in XML, which has no word for most control characters.
func text(s string) string {
	return html.EscapeString(strings.Map(func(c rune) rune {
		if c < ' ' || c == '\uFFFE' || c == '\uFFFF' {
			return '\uFFFD'
		}
		return c
	}, s))
}

// Share is part of whole in units of size, rounded down; whatever is beyond whole is whole.
func Share(part, whole int64, size int) int {
	if part <= 0 || whole <= 0 || size <= 0 {
		return 0
	}
	if part >= whole {
		return size
	}
	high, low := bits.Mul64(uint64(part), uint64(size))
	quotient, _ := bits.Div64(high, low, uint64(whole)) // high < whole, because part < whole
	return int(quotient)                                //nolint:gosec // less than size
}

// clipped shortens a text to what fits into a width.
func clipped(s string, width, size int) string {
	most := max(3, width*10/(size*6)) // letters are about 0.6 of their size wide
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
