package schedule

import (
	"fmt"
	"regexp"
)

// Limits of a timetable.
const (
	MaxCalendars       = 64
	MaxHolidays        = 1000 // in one calendar
	MaxGroups          = 64
	MaxCurrencies      = 256 // in all groups together, and with cut-offs
	MaxMemberCalendars = 4   // of one currency in a group
	MaxClosings        = 96  // a day
)

// HorizonDays is how many days ahead an answer is looked for. No settlement rests for longer, so a
// calendar without a business day in that time has none.
const HorizonDays = 100

// nameForm is how calendars and groups are called.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// RefusedError says where a timetable is wrong and why. A retry with the same timetable fails again.
type RefusedError struct{ Where, Why string }

func (e *RefusedError) Error() string { return fmt.Sprintf("schedule: %s: %s", e.Where, e.Why) }

func refuse(where, format string, args ...any) error {
	return &RefusedError{Where: where, Why: fmt.Sprintf(format, args...)}
}
