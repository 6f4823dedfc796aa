package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
)

// visit is one request, and who makes it.
type visit struct {
	w        http.ResponseWriter
	r        *http.Request
	token    string // of the browser, new where it brought none
	member   string // "" for the public
	language string
}

// page is what a visit is answered with.
type page struct {
	name     string // of its template, and of its title's message ("title.<name>")
	template string // where it is another's
	data     any
	status   int    // 200 where it is 0
	to       string // where the browser is sent instead
}

// action answers a visit.
type action func(*visit) (page, error)

// errSignIn says that only members see a page.
var errSignIn = errors.New("pool: members only")

// members has an action answered to members alone.
func members(do action) action {
	return func(v *visit) (page, error) {
		if v.member == "" {
			return page{}, errSignIn
		}
		return do(v)
	}
}

// shell is what every template is given.
type shell struct {
	Name, Lang, Member, CSRF, Path string
	Pool, Title                    string
	Languages                      []string
	Data                           any
}

// page makes a handler of an action.
func (s *Site) page(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		answer, err := s.answer(v, do)
		if err != nil {
			answer = s.failure(r.Context(), v, err)
		}
		if answer.to != "" {
			http.Redirect(w, r, answer.to, http.StatusSeeOther)
			return
		}
		s.show(r.Context(), v, answer)
	})
}

// refusal answers every request with an error, and reads nothing of it.
func (s *Site) refusal(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		s.show(r.Context(), v, s.failure(r.Context(), v, err))
	})
}

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{w: w, r: r, token: s.cookies.token(r), language: s.languageOf(r)}
	v.member = s.memberOf(r, v.token)
	if v.token == "" {
		v.token = s.cookies.give(w)
	}
	return v
}

// answer does what a visit asks for, if the visit may: a form has to come from one of our pages, in time.
func (s *Site) answer(v *visit, do action) (page, error) {
	if v.member != "" && v.r.Method == http.MethodPost && !s.pace.member.allow(v.member) {
		return page{}, errTooFast
	}
	if v.r.Method == http.MethodPost {
		if err := readForm(v.w, v.r); err != nil {
			return page{}, err
		}
		if !s.cookies.mine(v.token, v.r.PostForm.Get("csrf")) {
			return page{}, errForeignForm
		}
	}
	return do(v)
}

// show writes a page, whole or not at all.
func (s *Site) show(ctx context.Context, v *visit, p page) {
	var body bytes.Buffer
	path := v.r.URL.RequestURI() // to come back to
	if v.r.Method == http.MethodPost {
		path = "/"
	}
	err := s.pages[v.language].ExecuteTemplate(&body, cmp.Or(p.template, p.name), shell{
		Name: p.name, Lang: v.language, Member: v.member, CSRF: s.cookies.csrf(v.token), Path: path,
		Pool: s.Pool, Title: s.Title, Languages: languages(), Data: p.data,
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "page not written", slog.String("page", p.name), slog.Any("error", err))
		http.Error(v.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := v.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.language)
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept-Language, Cookie")
	if p.status != 0 {
		v.w.WriteHeader(p.status)
	}
	_, _ = body.WriteTo(v.w) // a browser that left is nobody's failure
}

// failed is what the page of an error says.
type failed struct {
	Fault  string // a message's key
	Detail string // more, in English
}

// failure is the page of an error. What the node failed at is told to its keeper alone.
func (s *Site) failure(ctx context.Context, v *visit, err error) page {
	var form *FormError
	var large *http.MaxBytesError
	say := func(status int, fault string) page {
		return page{name: "error", status: status, data: failed{Fault: fault}}
	}
	switch {
	case errors.Is(err, errSignIn):
		return page{to: "/signin?next=" + url.QueryEscape(v.r.URL.Path)}
	case errors.Is(err, ErrUnknown):
		return say(http.StatusNotFound, "unknown")
	case errors.Is(err, ErrNotShown):
		return say(http.StatusForbidden, "not_shown")
	case errors.Is(err, errTooFast):
		v.w.Header().Set("Retry-After", "60")
		return say(http.StatusTooManyRequests, "too_fast")
	case errors.Is(err, errForeignForm):
		return say(http.StatusForbidden, "foreign_form")
	case errors.As(err, &large):
		return say(http.StatusRequestEntityTooLarge, "too_large")
	case errors.As(err, &form):
		return say(http.StatusUnprocessableEntity, form.Fault)
	default:
		s.Log.ErrorContext(ctx, "page failed", slog.String("path", v.r.URL.Path), slog.Any("error", err))
		return say(http.StatusInternalServerError, "failed")
	}
}
