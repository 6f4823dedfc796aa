package draw

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
