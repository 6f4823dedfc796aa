package fx

import (
	"fmt"
	"time"
)

// Date is a civil day, "2024-12-31". Dates compare with < and ==. The zero value is no date.
type Date string

// ParseDate reads a day of the Gregorian calendar in the form YYYY-MM-DD, and nothing else.
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Format(time.DateOnly) != text {
		return "", fmt.Errorf("fx: %q is no date YYYY-MM-DD", clip(text))
	}
	return Date(text), nil
}

// MustDate is ParseDate for dates written in the source. It panics on a malformed date.
func MustDate(text string) Date {
	d, err := ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// DaysSince counts the days from o to d, negative where o is later. Both must be set.
func (d Date) DaysSince(o Date) int {
	const day = 24 * time.Hour
	return int(d.start().Sub(o.start()) / day)
}

// start is the day's midnight in UTC, which has no hours missing or twice.
func (d Date) start() time.Time {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		panic("fx: " + string(d) + " is no date") // only ParseDate makes dates
	}
	return at
}
