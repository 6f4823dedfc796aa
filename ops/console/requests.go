package console

import (
	"errors"
	"net/http"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// asking is a request as people read it.
type asking struct {
	ledger.Request
	Consequence string
	Why         string
}

// read has a request say what it will do. One that no longer reads says so.
func read(r ledger.Request) asking {
	plan, err := request.Read(r)
	if err != nil {
		return asking{Request: r, Consequence: "This request no longer reads; it can only be refused."}
	}
	return asking{Request: r, Consequence: plan.Consequence(), Why: plan.Reason}
}

// Where is the state of a request for people: one that waited too long is that.
func (a asking) Where() string {
	if a.Expired && a.State() == ledger.RequestOpen {
		return "expired"
	}
	return string(a.State())
}

// requestsView is the inbox of what one person asks and another decides on.
type requestsView struct {
	List
	Ask    bool // who reads may ask for something
	Rows   []asking
	Holds  []ledger.OpenHold
	States []ledger.RequestState
	Me     string
}

func (s *Site) requests(v *visit) (view, error) {
	shown := requestsView{
		List: listOf(v, "state", "subject"), Me: v.who.Subject, Ask: v.who.Is(auth.Operator),
		States: []ledger.RequestState{ledger.RequestOpen, ledger.RequestApproved, ledger.RequestDone, ledger.RequestRefused, ledger.RequestFailed},
	}
	after := v.r.URL.Query().Get("after")
	filter := ledger.RequestFilter{State: ledger.RequestState(shown.Query.Get("state")), Subject: shown.Query.Get("subject"), Cursor: after}
	if v.asCSV() {
		return view{}, s.requestsCSV(v, filter)
	}
	page, err := s.Books.FindRequests(v.r.Context(), filter)
	if errors.Is(err, ledger.ErrCursor) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	for _, r := range page.Requests {
		shown.Rows = append(shown.Rows, read(r))
	}
	if shown.Holds, err = s.Books.Holds(v.r.Context(), alarmsRead); err != nil {
		return view{}, err
	}
	shown.List = shown.paged(after, page.Next)
	return view{name: "requests", title: "Requests", at: "Requests", data: &shown}, nil
}

// requestView is one request, and whether who reads it may decide.
type requestView struct {
	asking
	Decide bool
	Mine   bool
	Fault  string    // of a decision that was not taken
	Plan   string    // exactly what is to be done
	Will   *prospect // what it will do now; nil where it was decided on, or no longer reads
}

func (s *Site) request(v *visit) (view, error) {
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	return s.requestPage(v, id, "")
}

func (s *Site) requestPage(v *visit, id int64, fault string) (view, error) {
	r, err := s.Books.Request(v.r.Context(), id)
	if errors.Is(err, ledger.ErrNoRequest) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	shown := requestView{asking: read(r), Mine: r.Maker == v.who.Subject, Fault: fault, Plan: indented(r.Body)}
	shown.Decide = v.who.Is(auth.Approver) && !shown.Mine && r.Checker == ""
	if plan, err := request.Read(r); err == nil && r.Checker == "" {
		if shown.Will, err = s.foresee(v.r.Context(), plan); err != nil {
			return view{}, err
		}
	}
	page := view{name: "request", title: "Request " + text64(id), at: "Requests", data: &shown}
	if fault != "" {
		page.status = http.StatusUnprocessableEntity
	}
	return page, nil
}
