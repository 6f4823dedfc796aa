package console

import "net/http"

// start leads everybody to the page that is theirs first.
func (s *Site) start(v *visit) (view, error) {
	first := "/console/transfers"
	if v.who.SeesAll() {
		first = "/console/flow"
	}
	http.Redirect(v.w, v.r, first, http.StatusSeeOther)
	return view{}, errAnswered
}
