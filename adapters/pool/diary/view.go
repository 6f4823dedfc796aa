package diary

import "slices"

// View is whose eyes a copy of the log is for.
type View struct {
	Audience string // as the charter names it; "" for none
	Member   string // who may see what is about them; "" for nobody
}

// Shows returns which lines the view may see: those of sections that are visible to its audience, and those about its
// member. visible is the charter's word.
func (v View) Shows(visible func(section, audience string) bool) func(Line) bool {
	return func(line Line) bool {
		return v.Audience != "" && visible(line.Section, v.Audience) || v.Member != "" && slices.Contains(line.About, v.Member)
	}
}
