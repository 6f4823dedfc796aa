package board

import "strings"

// Shown is the widest audience that may see a place.
type Shown string

// The audiences, from the narrowest.
const (
	Nobody  Shown = "nobody"
	Members Shown = "members"
	Public  Shown = "public"
)

// The limits of a place: coarse on purpose.
const (
	MaxCell = 6  // characters; such a cell is about 1.2 by 0.6 km at the equator
	MaxArea = 40 // characters
)

// Place is roughly where something is needed or offered, if anywhere. One that members may not see has no
// weight, because they could not check it.
type Place struct {
	Cell  string `json:"cell,omitzero"`  // geohash
	Area  string `json:"area,omitzero"`  // a name that members know
	Shown Shown  `json:"shown,omitzero"` // "" where there is no place
}

func (p Place) sound() bool {
	if p == (Place{}) {
		return true
	}
	known := p.Shown == Nobody || p.Shown == Members || p.Shown == Public
	_, _, ok := grid(p.Cell)
	return known && ok && len(p.Cell) <= MaxCell && isName(p.Area, MaxArea) && p.Cell+p.Area != ""
}

func (p Place) shownTo(by Shown) bool {
	return p.Shown == Public || p.Shown == Members && by == Members
}

// near tells how many characters of two cells are the same or a neighbour's: 0 is far, and MaxCell next door.
func near(a, b string) int {
	for n := min(len(a), len(b)); n > 0; n-- {
		ax, ay, _ := grid(a[:n])
		bx, by, _ := grid(b[:n])
		round := 1 << ((5*n + 1) / 2) // cells around the earth
		dx, dy := abs(ax-bx), abs(ay-by)
		if min(dx, round-dx) <= 1 && dy <= 1 {
			return n
		}
	}
	return 0
}

// grid is the column and the row of a geohash among those of its length: bits in turn, columns first.
func grid(cell string) (x, y int, ok bool) {
	const digits = "0123456789bcdefghjkmnpqrstuvwxyz"
	column := true
	for i := range len(cell) {
		digit := strings.IndexByte(digits, cell[i])
		if digit < 0 || i == MaxCell {
			return 0, 0, false
		}
		for bit := 4; bit >= 0; bit-- {
			if b := digit >> bit & 1; column {
				x = x<<1 | b
			} else {
				y = y<<1 | b
			}
			column = !column
		}
	}
	return x, y, true
}

func abs(n int) int { return max(n, -n) }
