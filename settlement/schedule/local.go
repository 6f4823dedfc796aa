package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Weekday is a day of the week by its English name in lower case, "monday".
type Weekday string

// weekdays are numbered as in package time.
var weekdays = [...]Weekday{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// checkWeekdays wants known days, none of them twice.
func checkWeekdays(where string, days []Weekday) error {
	for i, d := range days {
		if !slices.Contains(weekdays[:], d) {
			return refuse(where, "no day of the week %.40q", string(d))
		}
		if slices.Contains(days[:i], d) {
			return refuse(where, "%s twice", d)
		}
	}
	return nil
}

// TimeOfDay is a local time to the minute, "00:00" to "23:59", and "24:00" for the end of a day. Times of
// day compare with < and ==. The zero value is no time.
type TimeOfDay string

// endOfDay ends hours, but no window closes at it: 00:00 of the next day is the same moment.
const endOfDay TimeOfDay = "24:00"

var timeForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

func (t TimeOfDay) check(where string) error {
	if !timeForm.MatchString(string(t)) {
		return refuse(where, "%.40q is no time HH:MM", string(t))
	}
	return nil
}

// minutes counts from midnight. The time has been checked.
func (t TimeOfDay) minutes() int {
	digit := func(i int) int { return int(t[i] - '0') }
	return (digit(0)*10+digit(1))*60 + digit(3)*10 + digit(4)
}

func timeOfDay(minutes int) TimeOfDay {
	return TimeOfDay(fmt.Sprintf("%02d:%02d", minutes/60, minutes%60))
}

// civil is the day that a local time falls on, as midnight in UTC, which has no hours missing or twice.
func civil(local time.Time) time.Time {
	year, month, day := local.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// firstAt returns the first moment at which the zone's clocks show the given minute of the day or later.
func firstAt(day time.Time, minute int, zone *time.Location) time.Time {
	local := day.Add(time.Duration(minute) * time.Minute) // read as if it were UTC
	const farthest = 36 * time.Hour                       // no zone was ever farther from UTC
	for period := local.Add(-farthest).In(zone); ; {
		start, end := period.ZoneBounds()
		_, offset := period.Zone()
		at := local.Add(-time.Duration(offset) * time.Second)
		switch {
		case at.Before(start):
			return start.UTC() // the clocks jumped over it
		case end.IsZero() || at.Before(end):
			return at
		}
		period = end
	}
}

// moment cuts a moment to what the ledger keeps. It takes only those for which zones are known: the zone
// database vouches for its data since 1970, and dates have four digits.
func moment(at time.Time) (time.Time, bool) {
	at = at.UTC().Truncate(time.Microsecond)
	return at, at.Year() >= 1970 && at.Year() < 9999
}

// Zones finds a zone by its IANA name; time.LoadLocation does.
type Zones func(name string) (*time.Location, error)

// ZoneError says that a well-formed zone was not found. A retry helps where the zones are newer.
type ZoneError struct {
	Zone string
	Err  error
}

func (e *ZoneError) Error() string { return fmt.Sprintf("schedule: zone %s: %v", e.Zone, e.Err) }

// Unwrap returns what the search for the zone said.
func (e *ZoneError) Unwrap() error { return e.Err }

// zoneForm lets no name leave the zones' folder, and none of posix/ and right/, which count leap seconds.
var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]{0,31}(/[A-Z][A-Za-z0-9_+-]{0,31}){0,2}$`)

func checkZone(where, zone string) error {
	if !zoneForm.MatchString(zone) || zone == "Local" { // each machine's own
		return refuse(where, "%.40q is no IANA time zone", zone)
	}
	return nil
}

func (load Zones) find(zone string) (*time.Location, error) {
	found, err := load(zone)
	if err != nil {
		return nil, &ZoneError{Zone: zone, Err: err}
	}
	return found, nil
}
