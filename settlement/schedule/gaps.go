package schedule

import "time"

// Gap is a time in which a currency is closed, the end not in it.
type Gap struct{ From, Until time.Time }

// Gaps lists the times between two moments in which the currency is closed, in order and in UTC. The first may
// begin before the first moment; it is cut there. The last runs to its opening, even past the last moment. It
// is false where something is closed for longer than HorizonDays, or a moment is before 1970 or after 9998.
func (h *Hours) Gaps(from, until time.Time) ([]Gap, bool) {
	from, ok := moment(from)
	until, alsoOK := moment(until)
	if !ok || !alsoOK {
		return nil, false
	}
	var gaps []Gap
	open, closedDays := from, 0 // everything before open has been looked at
	for day := civil(from.In(h.calendar.zone)); open.Before(until); day = day.AddDate(0, 0, 1) {
		opens, closes := firstAt(day, h.opens, h.calendar.zone), firstAt(day, h.until, h.calendar.zone)
		if !h.calendar.business(day) || !opens.Before(closes) || !open.Before(closes) {
			if closedDays++; closedDays > HorizonDays {
				return nil, false
			}
			continue
		}
		if open.Before(opens) {
			gaps = append(gaps, Gap{From: open, Until: opens})
		}
		open, closedDays = closes, 0
	}
	return gaps, true
}
