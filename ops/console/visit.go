package console

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement/store"
)

// errNoPage says that there is no such page.
var errNoPage = errors.New("console: no such page")

// visit is one request of somebody for a page.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	who    auth.Principal
	reader reader
}

// view is what a page shows.
type view struct {
	name   string // of its template
	title  string
	at     string // the entry of the navigation that it belongs to
	status int    // 0: it is well
	data   any
}

// action finds out what a page shows. One that answered by itself returns errAnswered.
type action func(*visit) (view, error)

// errAnswered says that an action has answered already.
var errAnswered = errors.New("console: answered")

// page answers with what an action shows.
func (s *Site) page(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, who: auth.From(r.Context()), reader: s.readerOf(r)}
		shown, err := do(v)
		if errors.Is(err, errAnswered) {
			return
		}
		if err != nil {
			shown = s.failure(v, err)
		}
		s.show(r.Context(), v, shown)
	})
}

// show writes a page: whole, or not at all.
func (s *Site) show(ctx context.Context, v *visit, shown view) {
	var body bytes.Buffer
	pages, err := s.forms.of(s.pages, v.reader)
	if err == nil {
		err = pages.ExecuteTemplate(&body, shown.name, s.shell(ctx, v, shown))
	}
	if err != nil {
		s.Log.Error("a page could not be written", "page", shown.name, "error", err)
		http.Error(v.w, "This page could not be written. It was logged; try again.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Vary", "Cookie, Accept-Language")
	if shown.status != 0 {
		v.w.WriteHeader(shown.status)
	}
	_, _ = v.w.Write(body.Bytes()) // a browser that left is nobody's failure
}

// trouble is what a page of failure says.
type trouble struct {
	What, Advice string
	Retry        bool // the page tries again by itself
}

// awayRetry is after how many seconds who found the ledger away may look again.
const awayRetry = "5"

// failure turns an error into a page that says what can be done about it.
func (s *Site) failure(v *visit, err error) view {
	shown := view{name: "trouble", status: http.StatusInternalServerError, title: "This did not work",
		data: trouble{What: "Something failed here, and was logged.", Advice: "Nothing was changed. Try again; if it stays so, the switch’s log says why."}}
	switch {
	case errors.Is(err, errNoPage), errors.Is(err, auth.ErrNotYours):
		shown.status, shown.title = http.StatusNotFound, "There is no such thing"
		shown.data = trouble{What: "Nothing is kept under this address, or it is not yours to see.", Advice: "Look at the id again, or search for it."}
	case errors.Is(err, auth.ErrForbidden):
		shown.status, shown.title = http.StatusForbidden, "Not yours to do"
		shown.data = trouble{What: "Your role does not reach this page.", Advice: "Somebody with the role it needs can do it."}
	case store.Away(err):
		shown.status, shown.title = http.StatusServiceUnavailable, "The ledger is away"
		v.w.Header().Set("Retry-After", awayRetry)
		shown.data = trouble{
			What:   "The switch’s ledger cannot be read just now.",
			Advice: "Nothing was changed, and no money is lost: what was accepted waits. If it stays so, look at the database.", Retry: v.r.Method == http.MethodGet,
		}
		s.Log.Warn("the ledger is away", "path", v.r.URL.Path, "error", err)
	default:
		s.Log.Error("a page could not be shown", "path", v.r.URL.Path, "error", err)
	}
	return shown
}
