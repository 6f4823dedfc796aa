package people

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"github.com/ayni-switch/ayni/ops/auth"
)

//go:embed pages.html
var source string

// page is what a page shows.
type page struct {
	Name, Nonce, FormToken string
	Style                  template.CSS
	Who                    string // is signed in; "" nobody
	Issuer                 bool
	ReturnTo               string
	Code                   string
}

// choose shows how one signs in here.
func (s *Site) choose(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, "choose", page{ReturnTo: auth.ReturnTo(r.URL.Query().Get("return_to"))})
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, name string, p page) {
	ctx := r.Context()
	p.Name, p.Nonce, p.FormToken, p.Who, p.Issuer = s.Name, auth.Nonce(ctx), auth.FormToken(ctx), auth.From(ctx).Name, s.Issuer != nil
	p.Style = template.CSS(auth.Style()) //nolint:gosec // it is ours
	var text bytes.Buffer
	if !s.did(w, r, pages.ExecuteTemplate(&text, name, p)) {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = text.WriteTo(w) // the client is gone: there is nobody to tell
}

// pages are parsed once; that they can be is known when it is built.
var pages = template.Must(template.New("pages").Parse(source))
