package console

import (
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Guard mounts routes so that only who may use them reaches them. *auth.Guard is one.
type Guard interface {
	Mount(mux *http.ServeMux, pattern string, need auth.Need, h http.Handler)
}

// Config is what a console is made of.
type Config struct {
	Guard Guard
	Now   func() time.Time
	Log   *slog.Logger
}

// Site is the console. Mount puts it onto a server.
type Site struct {
	Config
	pages *template.Template
	files map[string]file
	forms forms
}

// New makes a console.
func New(config Config) (*Site, error) {
	if config.Guard == nil || config.Now == nil || config.Log == nil {
		return nil, errors.New("console: guard, clock and log are needed")
	}
	s := &Site{Config: config, forms: forms{now: config.Now}}
	var err error
	if s.files, err = readFiles(); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(); err != nil {
		return nil, err
	}
	return s, nil
}

// Mount mounts every page under /console/.
func (s *Site) Mount(mux *http.ServeMux) {
	page := func(pattern string, need auth.Need, do action) { s.Guard.Mount(mux, pattern, need, s.page(do)) }
	page("GET /console/{$}", auth.Need{Roles: auth.Roles()}, s.start)
	page("GET /console/", auth.Need{Roles: auth.Roles()}, func(*visit) (view, error) { return view{}, errNoPage })
	s.Guard.Mount(mux, "GET /console/assets/{name}", auth.Need{Public: true}, http.HandlerFunc(s.file))
}
