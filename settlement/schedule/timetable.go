package schedule

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// Timetable is when a scheme settles. A currency stands in at most one group and has at most one cut-off;
// one that stands nowhere has no windows of its own, and is always open.
type Timetable struct {
	Calendars []Calendar `json:"calendars"`
	Groups    []Group    `json:"groups"`
	CutOffs   []CutOff   `json:"cut_offs"`
}

// Group is currencies whose windows close at the same local times.
type Group struct {
	Name       string      `json:"name"`
	Members    []Member    `json:"members"`
	Convention Convention  `json:"convention"`
	Zone       string      `json:"zone"` // IANA, of the times below
	On         []Weekday   `json:"on"`   // when closings are due, on business days
	At         []TimeOfDay `json:"at,omitempty"`
	Every      Every       `json:"every,omitzero"` // instead of At
}

// Member is a currency of a group, and whose business days count for it.
type Member struct {
	Currency  fx.Currency `json:"currency"`
	Calendars []string    `json:"calendars"`
}

// Every makes a closing at From and each so many minutes later until Until, which is one where it fits.
type Every struct {
	Minutes int       `json:"minutes"`
	From    TimeOfDay `json:"from"`
	Until   TimeOfDay `json:"until"`
}

// Convention says what becomes of a closing that falls on a day that is no business day for everybody. Which
// day a moment falls on is told by each calendar's own midnights.
type Convention string

// The conventions.
const (
	Together  Convention = "together"  // it does not take place
	Following Convention = "following" // all close at the same time of the first later day that is one for all
	Each      Convention = "each"      // each currency closes by itself, by its own calendars alone
)

// CutOff is the hours of a currency: a transfer is taken for settlement on a business day from Opens until
// just before Until, local times of the calendar's zone.
type CutOff struct {
	Currency fx.Currency `json:"currency"`
	Calendar string      `json:"calendar"`
	Opens    TimeOfDay   `json:"opens"`
	Until    TimeOfDay   `json:"until"`
	Late     Late        `json:"late"`
}

// Late says what becomes of a transfer outside the hours.
type Late string

// The rules for late transfers.
const (
	Queue  Late = "queue"  // it waits for the next opening
	Refuse Late = "refuse" // it is refused
)

// Check tells whether the timetable can be used, but for whether its zones exist. Errors are *RefusedError.
func (t Timetable) Check() error {
	switch {
	case len(t.Calendars) > MaxCalendars:
		return refuse("calendars", "%d of them; the limit is %d", len(t.Calendars), MaxCalendars)
	case len(t.Groups) > MaxGroups:
		return refuse("groups", "%d of them; the limit is %d", len(t.Groups), MaxGroups)
	case len(t.CutOffs) > MaxCurrencies:
		return refuse("cut_offs", "%d of them; the limit is %d", len(t.CutOffs), MaxCurrencies)
	}
	calendars := map[string]bool{}
	for _, c := range t.Calendars {
		if err := c.Check(); err != nil {
			return err
		}
		if calendars[c.Name] {
			return refuse("calendar "+c.Name, "twice")
		}
		calendars[c.Name] = true
	}
	names, grouped := map[string]bool{}, map[fx.Currency]bool{}
	for _, g := range t.Groups {
		if err := g.check(calendars, grouped); err != nil {
			return err
		}
		if names[g.Name] {
			return refuse("group "+g.Name, "twice")
		}
		names[g.Name] = true
	}
	cut := map[fx.Currency]bool{}
	for _, c := range t.CutOffs {
		if err := c.check(calendars); err != nil {
			return err
		}
		if cut[c.Currency] {
			return refuse("cut-off of "+c.Currency.String(), "twice")
		}
		cut[c.Currency] = true
	}
	return nil
}

// check adds the group's currencies to those that are in a group already.
func (g Group) check(calendars map[string]bool, grouped map[fx.Currency]bool) error {
	if !nameForm.MatchString(g.Name) {
		return refuse("group", "%.40q cannot name one", g.Name)
	}
	where := "group " + g.Name
	if err := checkZone(where, g.Zone); err != nil {
		return err
	}
	if !slices.Contains([]Convention{Together, Following, Each}, g.Convention) {
		return refuse(where, "no convention %.40q", string(g.Convention))
	}
	if len(g.Members) == 0 {
		return refuse(where, "no members")
	}
	for _, m := range g.Members {
		if err := m.check(where, calendars); err != nil {
			return err
		}
		if grouped[m.Currency] {
			return refuse(where, "%s is in a group already", m.Currency)
		}
		if len(grouped) == MaxCurrencies {
			return refuse(where, "more than %d currencies in all groups", MaxCurrencies)
		}
		grouped[m.Currency] = true
	}
	if len(g.On) == 0 {
		return refuse(where, "on: no day of the week")
	}
	if err := checkWeekdays(where+": on", g.On); err != nil {
		return err
	}
	return g.checkTimes(where)
}

func (m Member) check(where string, calendars map[string]bool) error {
	if m.Currency.IsZero() {
		return refuse(where, "a member without currency")
	}
	if n := len(m.Calendars); n == 0 || n > MaxMemberCalendars {
		return refuse(where, "%s: %d calendars; want 1 to %d", m.Currency, n, MaxMemberCalendars)
	}
	for i, name := range m.Calendars {
		switch {
		case !calendars[name]:
			return refuse(where, "%s: no calendar %.40q", m.Currency, name)
		case slices.Contains(m.Calendars[:i], name):
			return refuse(where, "%s: calendar %s twice", m.Currency, name)
		}
	}
	return nil
}

func (g Group) checkTimes(where string) error {
	if (len(g.At) == 0) == (g.Every == Every{}) {
		return refuse(where, "want either at or every")
	}
	if len(g.At) > MaxClosings {
		return refuse(where, "%d closings a day; the limit is %d", len(g.At), MaxClosings)
	}
	for i, at := range g.At {
		if err := closingTime(where+": at", at); err != nil {
			return err
		}
		if i > 0 && at <= g.At[i-1] {
			return refuse(where, "at: %s after %s; want them in order, each once", at, g.At[i-1])
		}
	}
	if len(g.At) > 0 {
		return nil
	}
	if err := closingTime(where+": every: from", g.Every.From); err != nil {
		return err
	}
	if err := closingTime(where+": every: until", g.Every.Until); err != nil {
		return err
	}
	length := g.Every.Until.minutes() - g.Every.From.minutes()
	switch {
	case length < 0:
		return refuse(where, "every: until %s is before from %s", g.Every.Until, g.Every.From)
	case g.Every.Minutes < 1 || g.Every.Minutes > endOfDay.minutes() || length/g.Every.Minutes >= MaxClosings:
		return refuse(where, "every: %d minutes; want 1 to a day's, and at most %d closings a day", g.Every.Minutes, MaxClosings)
	}
	return nil
}

func closingTime(where string, at TimeOfDay) error {
	if at == endOfDay {
		return refuse(where, "%s is 00:00 of the next day", at)
	}
	return at.check(where)
}

// times are the group's closings of a day, in order. The group has been checked.
func (g Group) times() []TimeOfDay {
	if len(g.At) > 0 {
		return g.At
	}
	var times []TimeOfDay
	for m := g.Every.From.minutes(); m <= g.Every.Until.minutes(); m += g.Every.Minutes {
		times = append(times, timeOfDay(m))
	}
	return times
}

func (c CutOff) check(calendars map[string]bool) error {
	where := fmt.Sprintf("cut-off of %q", c.Currency)
	switch {
	case c.Currency.IsZero():
		return refuse(where, "no currency")
	case !calendars[c.Calendar]:
		return refuse(where, "no calendar %.40q", c.Calendar)
	case c.Late != Queue && c.Late != Refuse:
		return refuse(where, "late: no rule %.40q", string(c.Late))
	}
	if err := c.Opens.check(where + ": opens"); err != nil {
		return err
	}
	if err := c.Until.check(where + ": until"); err != nil {
		return err
	}
	if c.Opens >= c.Until {
		return refuse(where, "opens %s is not before until %s", c.Opens, c.Until)
	}
	return nil
}
