package web

// The pages that are read: each asks the node for its view.

func (s *Site) public(v *visit) (page, error) {
	view, err := s.Node.Public(v.r.Context())
	return page{name: "public", data: view}, err
}

func (s *Site) report(v *visit) (page, error) {
	view, err := s.Node.Report(v.r.Context(), v.member)
	return page{name: "report", data: view}, err
}

func (s *Site) overview(v *visit) (page, error) {
	view, err := s.Node.Overview(v.r.Context(), v.member)
	return page{name: "home", data: view}, err
}

func (s *Site) contributions(v *visit) (page, error) {
	view, err := s.Node.Contributions(v.r.Context(), v.member)
	return page{name: "contributions", data: view}, err
}

func (s *Site) turns(v *visit) (page, error) {
	view, err := s.Node.Turns(v.r.Context(), v.member)
	return page{name: "turn", data: view}, err
}

func (s *Site) proposals(v *visit) (page, error) {
	view, err := s.Node.Proposals(v.r.Context(), v.member)
	return page{name: "proposals", data: view}, err
}

func (s *Site) proposal(v *visit) (page, error) {
	view, err := s.Node.Proposal(v.r.Context(), v.member, v.r.PathValue("id"))
	return page{name: "proposal", data: view}, err
}

func (s *Site) board(v *visit) (page, error) {
	view, err := s.Node.Board(v.r.Context(), v.member)
	return page{name: "board", data: view}, err
}

func (s *Site) book(v *visit) (page, error) {
	view, err := s.Node.Book(v.r.Context(), v.member, clip(v.r.URL.Query().Get("before"), 64))
	return page{name: "book", data: view}, err
}

func (s *Site) members(v *visit) (page, error) {
	view, err := s.Node.Members(v.r.Context(), v.member)
	return page{name: "members", data: view}, err
}

// device is the page of the browser's own key, which only the browser can show.
func (s *Site) device(*visit) (page, error) { return page{name: "device"}, nil }

// filled is a form as it was filled in, and what is wrong with it.
type filled struct {
	Fields     map[string]string
	Categories []string
	Wrong      *FormError
}

// Is tells whether a field is the one that is wrong.
func (f filled) Is(field string) bool { return f.Wrong != nil && f.Wrong.Field == field }

func (s *Site) join(v *visit) (page, error) {
	code := clip(v.r.URL.Query().Get("code"), 64)
	return page{name: "join", data: filled{Fields: map[string]string{"code": code}}}, nil
}

func (s *Site) posting(v *visit) (page, error) {
	kind := "need"
	if v.r.URL.Query().Get("kind") == "offer" {
		kind = "offer"
	}
	return s.postingForm(v, filled{Fields: map[string]string{"kind": kind, "urgency": "2"}})
}

func (s *Site) postingForm(v *visit, form filled) (page, error) {
	board, err := s.Node.Board(v.r.Context(), v.member)
	form.Categories = board.Categories
	return page{name: "posting", data: form}, err
}
