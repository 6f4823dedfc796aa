package schedule

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Windows is when the windows of currencies that close together do so.
type Windows struct {
	currencies []fx.Currency // in order of code
	calendars  []zoned       // of all of them, each once
	zone       *time.Location
	on         [len(weekdays)]bool
	minutes    []int // of the day, ascending
	following  bool
}

func newWindows(g Group, members []Member, zone *time.Location, calendars map[string]zoned) *Windows {
	w := &Windows{zone: zone, following: g.Convention == Following}
	var names []string
	for _, m := range members {
		w.currencies = append(w.currencies, m.Currency)
		names = append(names, m.Calendars...)
	}
	slices.SortFunc(w.currencies, byCode)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		w.calendars = append(w.calendars, calendars[name])
	}
	for i, day := range weekdays {
		w.on[i] = slices.Contains(g.On, day)
	}
	for _, at := range g.times() {
		w.minutes = append(w.minutes, at.minutes())
	}
	return w
}

// Currencies returns whose windows these are, in order of code.
func (w *Windows) Currencies() []fx.Currency { return slices.Clone(w.currencies) }

// NextClose returns the first closing after the given moment, in UTC; false where there is none within
// HorizonDays, or the moment is before 1970 or after 9998.
//
// Ask it with the last closing, not with the present: what it returns has been missed where it is past.
func (w *Windows) NextClose(after time.Time) (time.Time, bool) {
	after, ok := moment(after)
	if !ok {
		return time.Time{}, false
	}
	// Local times are in the order of their moments, so the first one that is later is the next one.
	day := civil(after.In(w.zone))
	for range HorizonDays + 1 {
		for _, minute := range w.minutes {
			if at := firstAt(day, minute, w.zone); at.After(after) && w.closesOn(day, minute) {
				return at, true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// closesOn tells whether a closing takes place at that time: it was due and everybody works, or it was due
// on an earlier day and had to follow.
func (w *Windows) closesOn(day time.Time, minute int) bool {
	if !w.business(day, minute) {
		return false
	}
	due := w.on[day.Weekday()]
	for back := 1; w.following && !due && back < len(weekdays); back++ { // in a week one is due
		earlier := day.AddDate(0, 0, -back)
		if w.business(earlier, minute) {
			return false // what was due until then took place by then
		}
		due = w.on[earlier.Weekday()]
	}
	return due
}

// business tells whether the time is on a business day for all. On a day that the zone's clocks skip it is
// on none.
func (w *Windows) business(day time.Time, minute int) bool {
	at := firstAt(day, minute, w.zone)
	if !civil(at.In(w.zone)).Equal(day) {
		return false
	}
	for _, c := range w.calendars {
		if !c.businessAt(at) {
			return false
		}
	}
	return true
}
