package schedule

import (
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Plan is a timetable ready to be asked. It does not change, so many may ask at once.
type Plan struct {
	windows []*Windows
	hours   []*Hours
}

// Plan checks the timetable and finds its zones. Errors are *RefusedError and *ZoneError.
func (t Timetable) Plan(load Zones) (*Plan, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	calendars := map[string]zoned{}
	for _, c := range t.Calendars {
		zone, err := load.find(c.Zone)
		if err != nil {
			return nil, err
		}
		calendars[c.Name] = zoned{c, zone}
	}
	p := &Plan{}
	for _, g := range t.Groups {
		zone, err := load.find(g.Zone)
		if err != nil {
			return nil, err
		}
		if g.Convention != Each {
			p.windows = append(p.windows, newWindows(g, g.Members, zone, calendars))
			continue
		}
		for i := range g.Members {
			p.windows = append(p.windows, newWindows(g, g.Members[i:i+1], zone, calendars))
		}
	}
	for _, c := range t.CutOffs {
		p.hours = append(p.hours, newHours(c, calendars[c.Calendar]))
	}
	return p, nil
}

// Windows returns the closings of a currency, false where it has none.
func (p *Plan) Windows(c fx.Currency) (*Windows, bool) {
	i := slices.IndexFunc(p.windows, func(w *Windows) bool { return slices.Contains(w.currencies, c) })
	if i < 0 {
		return nil, false
	}
	return p.windows[i], true
}

// Hours returns the hours of a currency, false where it is always open.
func (p *Plan) Hours(c fx.Currency) (*Hours, bool) {
	i := slices.IndexFunc(p.hours, func(h *Hours) bool { return h.currency == c })
	if i < 0 {
		return nil, false
	}
	return p.hours[i], true
}

// Closing is a moment at which windows close, and whose.
type Closing struct {
	At         time.Time     // UTC
	Currencies []fx.Currency // in order of code
}

// NextClose returns the first closing of any currency after the given moment, with all that close then;
// false where there is none within HorizonDays.
func (p *Plan) NextClose(after time.Time) (Closing, bool) {
	var next Closing
	for _, w := range p.windows {
		at, ok := w.NextClose(after)
		switch {
		case !ok || !next.At.IsZero() && at.After(next.At):
		case at.Equal(next.At):
			next.Currencies = append(next.Currencies, w.currencies...)
		default:
			next = Closing{At: at, Currencies: w.Currencies()}
		}
	}
	slices.SortFunc(next.Currencies, byCode)
	return next, !next.At.IsZero()
}

func byCode(a, b fx.Currency) int { return strings.Compare(a.String(), b.String()) }
