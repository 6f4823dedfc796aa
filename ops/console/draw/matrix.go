package draw

// Cell is what went from one to another.
type Cell struct {
	Value int64  // decides how full it is drawn; 0 for an empty cell
	Short string // as it is read in the cell
	Note  string // as it is read in full
}

// Matrix shows corridors: from the rows' names to the columns'. Values are of one unit.
type Matrix struct {
	About
	Class         string
	Width         int
	Rows, Columns []string
	Cells         [][]Cell // by row, then by column
}

const (
	cellHeight = 28
	tiltRoom   = 72
)

// SVG draws it.
func (m Matrix) SVG() string {
	names := min(150, m.Width/3)
	cell := (m.Width - names) / max(1, len(m.Columns))
	c := open(m.About, m.Width, tiltRoom+len(m.Rows)*cellHeight+2, m.Class)
	var most int64
	for _, row := range m.Cells {
		for _, one := range row {
			most = max(most, one.Value)
		}
	}
	for i, name := range m.Columns {
		x := names + i*cell + cell/2
		c.say(`<g transform="rotate(-38 %d %d)">`, x, tiltRoom-8)
		c.write(x, tiltRoom-8, 11, fromStart, "", clipped(name, 84, 11))
		c.say(`</g>`)
	}
	for i, name := range m.Rows {
		y := tiltRoom + i*cellHeight
		c.write(0, y+cellHeight/2+4, 12, fromStart, "", clipped(name, names-6, 12))
		c.line(0, y, m.Width, y, "rule", "#e0e3df")
		for j, one := range m.Cells[i] {
			m.cell(c, names+j*cell, y, cell, most, one, name+" → "+m.Columns[j])
		}
	}
	return c.close()
}

// cell is a column that stands as high as its value, with the figure over it.
func (m Matrix) cell(c *canvas, x, y, width int, most int64, one Cell, corridor string) {
	if one.Value <= 0 {
		c.write(x+width/2, y+cellHeight/2+4, 11, fromMiddle, "minor", "·")
		return
	}
	height := max(2, Share(one.Value, most, cellHeight-15))
	c.rect(x+3, y+cellHeight-1-height, width-6, height, Third, corridor+": "+one.Note)
	c.write(x+width/2, y+11, 10, fromMiddle, "", clipped(one.Short, width+6, 10))
}
