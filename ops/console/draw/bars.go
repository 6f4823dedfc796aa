package draw

// Bar is one amount beside others. Part is how much of it is of the first kind; the rest is hatched.
type Bar struct {
	Name        string
	Value, Part int64
	Note        string // the amounts, as they are read
}

// Bars shows amounts of one unit, one under another, to one scale.
type Bars struct {
	About
	Class string
	Width int
	Bars  []Bar
}

const (
	barRow    = 34
	barHeight = 10
)

// SVG draws it.
func (b Bars) SVG() string {
	c := open(b.About, b.Width, max(1, len(b.Bars))*barRow, b.Class)
	var most int64
	for _, bar := range b.Bars {
		most = max(most, bar.Value)
	}
	for i, bar := range b.Bars {
		y := i * barRow
		c.write(0, y+12, 12, fromStart, "", clipped(bar.Name, b.Width/2, 12))
		c.write(b.Width, y+12, 11, fromEnd, "minor", clipped(bar.Note, b.Width/2, 11))
		whole, part := Share(bar.Value, most, b.Width), Share(bar.Part, most, b.Width)
		part = min(part, whole)
		c.rect(0, y+18, part, barHeight, Main, bar.Name+": "+bar.Note)
		c.rect(part, y+18, whole-part, barHeight, Faint, bar.Name+": "+bar.Note)
		c.hatch(part, y+18, whole-part, barHeight)
	}
	return c.close()
}

// Spark is a small line of what something was, oldest first.
type Spark struct {
	About
	Class         string
	Width, Height int
	Values        []int64
}

// SVG draws it: from zero to the greatest value, with a mark on the newest.
func (s Spark) SVG() string {
	c := open(s.About, s.Width, s.Height, s.Class)
	var most int64 = 1
	for _, v := range s.Values {
		most = max(most, v)
	}
	const edge = 3
	x, y := 0, 0
	for i, v := range s.Values {
		x = edge + i*(s.Width-2*edge)/max(1, len(s.Values)-1)
		y = s.Height - edge - Share(v, most, s.Height-2*edge)
		switch i {
		case 0:
			c.say(`<path class="stroke-1" stroke="%s" stroke-width="1.5" stroke-linejoin="round" fill="none" d="M%d %d`, tones[Main], x, y)
		default:
			c.say("L%d %d", x, y)
		}
	}
	if len(s.Values) > 0 {
		c.say(`"/><circle class="tone-1" cx="%d" cy="%d" r="2.5" fill="%s"/>`, x, y, tones[Main])
	}
	return c.close()
}

// Cap is how much of what an account may use is used. Both are of one unit.
type Cap struct {
	About
	Class      string
	Width      int
	Used, Most int64
	MarkBP     int // where the alarm is, in hundredths of a percent; 0 for none
}

// SVG draws it: what is used is full, what is free is empty, and what is close to the cap is hatched.
func (u Cap) SVG() string {
	const height, edge = 14, 2
	c := open(u.About, u.Width, height, u.Class)
	c.say(`<rect class="track" x=".5" y="%d.5" width="%d" height="%d" rx="2" fill="#eef0ed" stroke="#e0e3df"/>`, edge, u.Width-1, height-2*edge-1)
	used := Share(u.Used, max(1, u.Most), u.Width)
	mark := u.Width * u.MarkBP / 10_000
	tone := Main
	if u.MarkBP > 0 && used >= mark {
		tone = Second
	}
	c.rect(0, edge, used, height-2*edge, tone, u.Desc)
	if tone == Second {
		c.hatch(0, edge, used, height-2*edge)
	}
	if u.MarkBP > 0 {
		c.line(mark, 0, mark, height, "mark", "#14191c")
	}
	return c.close()
}
