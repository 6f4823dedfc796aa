package schedule

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Calendar is the business days of one place: all that are neither weekend nor holiday.
type Calendar struct {
	Name     string    `json:"name"`
	Zone     string    `json:"zone"`     // IANA, "Africa/Nairobi": whose midnight begins a day
	Weekend  []Weekday `json:"weekend"`  // at most six; [] where every day of the week is worked
	Holidays []fx.Date `json:"holidays"` // in order, each once; [] where there is none
}

// Check tells whether the calendar can be used, but for whether its zone exists. Weekend and holidays must
// be said even where there are none, because forgetting them costs money. Errors are *RefusedError.
func (c Calendar) Check() error {
	if !nameForm.MatchString(c.Name) {
		return refuse("calendar", "%.40q cannot name one", c.Name)
	}
	where := "calendar " + c.Name
	if err := checkZone(where, c.Zone); err != nil {
		return err
	}
	if c.Weekend == nil || c.Holidays == nil {
		return refuse(where, "weekend and holidays must be said, [] where there is none")
	}
	if err := checkWeekdays(where+": weekend", c.Weekend); err != nil {
		return err
	}
	switch {
	case len(c.Weekend) == len(weekdays):
		return refuse(where, "the weekend takes the whole week")
	case len(c.Holidays) > MaxHolidays:
		return refuse(where, "%d holidays; the limit is %d", len(c.Holidays), MaxHolidays)
	}
	for i, day := range c.Holidays {
		if _, err := fx.ParseDate(string(day)); err != nil {
			return refuse(where, "holidays: %.40q is no date YYYY-MM-DD", string(day))
		}
		if i > 0 && day <= c.Holidays[i-1] {
			return refuse(where, "holidays: %s after %s; want them in order, each once", day, c.Holidays[i-1])
		}
	}
	return nil
}

// Business tells whether the day is a business day. What is no date is none.
func (c Calendar) Business(day fx.Date) bool {
	at, err := time.Parse(time.DateOnly, string(day))
	return err == nil && c.business(at)
}

// NextBusiness returns the first business day after the given one, false where there is none within
// HorizonDays or the given one is no date.
func (c Calendar) NextBusiness(day fx.Date) (fx.Date, bool) {
	at, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return "", false
	}
	for range HorizonDays {
		at = at.AddDate(0, 0, 1)
		if at.Year() > 9999 { // dates have four digits
			break
		}
		if c.business(at) {
			return fx.Date(at.Format(time.DateOnly)), true
		}
	}
	return "", false
}

// business takes a day as civil makes it.
func (c Calendar) business(day time.Time) bool {
	if slices.Contains(c.Weekend, weekdays[day.Weekday()]) {
		return false
	}
	_, holiday := slices.BinarySearch(c.Holidays, fx.Date(day.Format(time.DateOnly)))
	return !holiday
}

// zoned is a calendar whose zone was found.
type zoned struct {
	Calendar
	zone *time.Location
}

// businessAt tells whether a moment falls on a business day by the calendar's own midnights.
func (c zoned) businessAt(at time.Time) bool { return c.business(civil(at.In(c.zone))) }
