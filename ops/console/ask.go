package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Desk takes requests and decisions. LedgerDesk is one.
type Desk interface {
	Ask(ctx context.Context, maker string, plan request.Plan) (id int64, err error)
	Decide(ctx context.Context, id int64, checker string, approved bool, reason string) error
}

// LedgerDesk keeps requests in a ledger.
type LedgerDesk struct{ Books *store.Ledger }

// Ask keeps what somebody wants done.
func (d LedgerDesk) Ask(ctx context.Context, maker string, plan request.Plan) (int64, error) {
	return request.Ask(ctx, d.Books, maker, plan)
}

// Decide keeps what another made of it.
func (d LedgerDesk) Decide(ctx context.Context, id int64, checker string, approved bool, reason string) error {
	return request.Decide(ctx, d.Books, id, checker, approved, reason)
}

// askView is a form of an act, or what it will do before it is asked for.
type askView struct {
	act
	Filled       url.Values
	Field        string // that is wrong
	Fault        string
	Participants []string // that fields suggest
	Currencies   []string
	Will         *prospect // what will happen; nil while the form is filled in
}

// Get is what was filled into a field.
func (a askView) Get(name string) string { return a.Filled.Get(name) }

// Bounds of what is filled into a field of an act, in bytes: into a line, and into one that takes many.
const (
	maxFilled = 1000
	maxLong   = 256 << 10
)

// Most is how much a field takes.
func (f actField) Most() int {
	if f.Long {
		return maxLong
	}
	return maxFilled
}

// Shut tells whether the page that led here said what a field is, so that nobody fills it in.
func (a askView) Shut(f actField) bool { return f.Fixed && a.Fault == "" && a.Get(f.Name) != "" }

// ask shows the form of an act, with what the address says already.
func (s *Site) ask(v *visit) (view, error) {
	return s.askForm(v, v.r.URL.Query(), nil)
}

func (s *Site) askForm(v *visit, given url.Values, wrong error) (view, error) {
	a, err := actOf(v.r.PathValue("kind"))
	if err != nil {
		return view{}, err
	}
	form := askView{act: a, Filled: a.keep(given)}
	shown := view{name: "ask", title: a.Title, at: "Requests", data: &form}
	if wrong != nil {
		shown.status = http.StatusUnprocessableEntity
		form.Field, form.Fault = said(wrong)
	}
	form.Participants, form.Currencies, err = s.names(v, "")
	return shown, err
}

// askable leads to every form.
func (s *Site) askable(*visit) (view, error) {
	return view{name: "askable", title: "Ask for something", at: "Requests", data: catalogue()}, nil
}

// keep takes what a form has fields for, shortened to what a field takes.
func (a act) keep(given url.Values) url.Values {
	kept := url.Values{"reason": {plain(given.Get("reason"), maxFilled)}}
	for _, f := range a.Fields {
		kept.Set(f.Name, plain(given.Get(f.Name), f.Most()))
	}
	return kept
}

// asked takes a form: the first time it says what will happen, the second time it asks for it.
func (s *Site) asked(v *visit) (view, error) {
	if err := v.r.ParseForm(); err != nil {
		return view{}, errNoPage
	}
	a, err := actOf(v.r.PathValue("kind"))
	if err != nil {
		return view{}, err
	}
	given := filled{a.keep(v.r.PostForm)}
	plan, err := a.plan(given)
	if err == nil && plan.Reason == "" {
		err = &fieldError{"reason", "Say why: who decides reads it, and it is kept for ever."}
	}
	if _, fault := said(err); fault != "" {
		return s.askForm(v, v.r.PostForm, err)
	}
	if err != nil {
		return view{}, err
	}
	if v.r.PostForm.Get("sure") == "" {
		will, err := s.foresee(v.r.Context(), plan)
		form := askView{act: a, Filled: given.Values, Will: will}
		return view{name: "sure", title: a.Title, at: "Requests", data: &form}, err
	}
	id, err := s.Desk.Ask(v.r.Context(), v.who.Subject, plan)
	if _, fault := said(err); fault != "" {
		return s.askForm(v, v.r.PostForm, err)
	}
	if err != nil {
		return view{}, err
	}
	s.attention.forget()
	http.Redirect(v.w, v.r, "/console/requests/"+text64(id), http.StatusSeeOther)
	return view{}, errAnswered
}

// decided takes a decision on a request.
func (s *Site) decided(v *visit) (view, error) {
	if err := v.r.ParseForm(); err != nil {
		return view{}, errNoPage
	}
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	answer, reason := v.r.PostForm.Get("answer"), plain(v.r.PostForm.Get("reason"), maxFilled)
	if answer != "approve" && answer != "refuse" {
		return view{}, errNoPage
	}
	if reason == "" || len(reason)+len(v.who.Subject) > maxReason {
		return s.requestPage(v, id, "Say why in a sentence: it is kept beside the request.")
	}
	err = s.Desk.Decide(v.r.Context(), id, v.who.Subject, answer == "approve", reason)
	faults := map[error]string{
		ledger.ErrSamePerson: "You asked for this. Somebody else decides.", ledger.ErrDecided: "Somebody decided on this before you.",
		ledger.ErrExpired: "It waited too long and can no longer be approved; it can be asked for again.",
	}
	for known, fault := range faults {
		if errors.Is(err, known) {
			return s.requestPage(v, id, fault)
		}
	}
	if errors.Is(err, ledger.ErrNoRequest) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	s.attention.forget()
	http.Redirect(v.w, v.r, "/console/requests/"+text64(id), http.StatusSeeOther)
	return view{}, errAnswered
}

// maxReason bounds who decides and why, in bytes.
const maxReason = 300
