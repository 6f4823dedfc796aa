package schedule

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Hours is when a currency's transfers are taken for settlement on the same day.
type Hours struct {
	currency     fx.Currency
	calendar     zoned
	opens, until int // minutes of the day
	late         Late
}

func newHours(c CutOff, calendar zoned) *Hours {
	return &Hours{
		currency: c.Currency, calendar: calendar, late: c.Late,
		opens: c.Opens.minutes(), until: c.Until.minutes(),
	}
}

// Late says what becomes of a transfer outside the hours.
func (h *Hours) Late() Late { return h.late }

// Open tells whether a transfer of the given moment is taken. The opening is inside the hours, the cut-off
// is not.
func (h *Hours) Open(at time.Time) bool {
	at, ok := moment(at)
	if !ok {
		return false
	}
	opening, ok := h.NextOpening(at)
	return ok && opening.Equal(at)
}

// NextOpening returns the first moment, not before the given one, at which the currency is open, in UTC:
// the given one itself where it is open. It is false where there is none within HorizonDays, or the moment
// is before 1970 or after 9998.
func (h *Hours) NextOpening(at time.Time) (time.Time, bool) {
	at, ok := moment(at)
	if !ok {
		return time.Time{}, false
	}
	// Hours of earlier days are over: their end is before the first moment of this day or at it.
	day := civil(at.In(h.calendar.zone))
	for range HorizonDays + 1 {
		opens, until := firstAt(day, h.opens, h.calendar.zone), firstAt(day, h.until, h.calendar.zone)
		// Hours that the clocks skip whole are empty.
		if h.calendar.business(day) && opens.Before(until) && at.Before(until) {
			if opens.Before(at) {
				return at, true
			}
			return opens, true
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}
