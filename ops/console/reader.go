package console

import (
	"html/template"
	"net/http"
	"sync"
	"time"
)

// reader is how somebody reads: the numbers, the zone and the theme. The theme is "" where the device says.
type reader struct {
	style style
	zone  string
	theme string
}

// cookies that the browser's script sets: what is in them is a preference and nothing more.
const (
	themeCookie = "theme"
	zoneCookie  = "zone"
	maxZone     = 64 // bytes
)

func (s *Site) readerOf(r *http.Request) reader {
	read := reader{style: styleOf(r), zone: "UTC"}
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		read.theme = c.Value
	}
	if c, err := r.Cookie(zoneCookie); err == nil && len(c.Value) <= maxZone && c.Value != "Local" {
		if zone, err := time.LoadLocation(c.Value); err == nil {
			read.zone = zone.String()
		}
	}
	return read
}

// maxForms bounds how many ways of reading are kept ready; further readers read as UTC and plain numbers do.
const maxForms = 64

// forms keeps the templates of each way of reading.
type forms struct {
	mu   sync.Mutex
	made map[form]*template.Template
	now  func() time.Time
}

type form struct {
	style style
	zone  string
}

func (f *forms) of(pages *template.Template, read reader) (*template.Template, error) {
	key := form{read.style, read.zone}
	f.mu.Lock()
	defer f.mu.Unlock()
	if made := f.made[key]; made != nil {
		return made, nil
	}
	if len(f.made) >= maxForms {
		key = form{plainStyle(), "UTC"}
		if made := f.made[key]; made != nil {
			return made, nil
		}
	}
	zone, err := time.LoadLocation(key.zone)
	if err != nil {
		return nil, err
	}
	made, err := pages.Clone()
	if err != nil {
		return nil, err
	}
	if f.made == nil {
		f.made = map[form]*template.Template{}
	}
	f.made[key] = made.Funcs(functions(key.style, clock{zone: zone, now: f.now}))
	return f.made[key], nil
}
